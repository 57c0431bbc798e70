import subprocess
from pathlib import Path

import pytest

from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.local.values import before_writing, read_env_file
from tests.kit.command import environment


def read(tmp_path: Path, text: str) -> dict[str, str]:
    path = tmp_path / "local.env"
    path.write_text(text, encoding="utf-8")
    return read_env_file(path, "batches/x/local.env")


def test_lines_comments_and_quotes(tmp_path: Path) -> None:
    text = "# secrets\n\nA=1\n B = two words # kept \nC='it # is'\nD=\"\"\nE=a=b\nF=日本\r\nG='\"'\n"

    assert read(tmp_path, text) == {
        "A": "1",
        "B": "two words # kept",
        "C": "it # is",
        "D": "",
        "E": "a=b",
        "F": "日本",
        "G": '"',
    }


def test_a_missing_file_is_an_empty_one(tmp_path: Path) -> None:
    assert read_env_file(tmp_path / "none", "none") == {}


@pytest.mark.parametrize("line", ["SECRET", "1A=SECRET", "=SECRET", "A-B=SECRET", "export A=SECRET"])
def test_a_line_of_another_form_is_named_but_not_shown(tmp_path: Path, line: str) -> None:
    with pytest.raises(RunnerError, match=r"batches/x/local\.env, line 2 cannot be read") as caught:
        read(tmp_path, f"A=1\n{line}\n")

    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("value", ["'a", '"', "\"a'"])
def test_an_open_quote_is_named(tmp_path: Path, value: str) -> None:
    with pytest.raises(RunnerError, match="line 1 cannot be read: the quote around the value of A is not closed"):
        read(tmp_path, f"A={value}\n")


def test_what_is_not_utf_8_is_an_error_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "local.env"
    path.write_bytes(b"A=\xff\n")

    with pytest.raises(RunnerError, match=r"batches/x/local\.env cannot be read: it is not UTF-8\. Save it as UTF-8"):
        read_env_file(path, "batches/x/local.env")


def test_a_folder_of_its_name_is_one_too(tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match=r"^local\.env cannot be read: Is a directory$"):
        read_env_file(tmp_path, "local.env")


def test_a_nul_is_an_error_that_names_the_line_and_not_the_value(tmp_path: Path) -> None:
    (tmp_path / "local.env").write_bytes(b"A=1\nPASSWORD=x\0secret\n")

    with pytest.raises(RunnerError) as caught:
        read_env_file(tmp_path / "local.env", "local.env")

    assert "local.env, line 2 cannot be read: the value of PASSWORD holds a NUL" in str(caught.value)
    assert "secret" not in str(caught.value)


def repository(folder: Path) -> Path:
    subprocess.run(["git", "-C", str(folder), "init", "--quiet"], env=environment(), check=True)
    return folder / "local.env"


def test_a_file_that_git_ignores_may_be_written(tmp_path: Path) -> None:
    path = repository(tmp_path)
    (tmp_path / ".gitignore").write_text("local.env\n")

    assert before_writing(path) == ", which git ignores"


def test_where_git_does_not_ignore_it_the_line_to_add_is_said(tmp_path: Path) -> None:
    path = repository(tmp_path)

    assert before_writing(path) == "; first add a line local.env to .gitignore, since git does not ignore it yet"


def test_a_file_that_git_has_is_not_called_ignored(tmp_path: Path) -> None:
    path = repository(tmp_path)
    path.write_text("A=1\n")
    subprocess.run(["git", "-C", str(tmp_path), "add", "local.env"], env=environment(), check=True)
    (tmp_path / ".gitignore").write_text("local.env\n")

    assert "take it out of git" in before_writing(path)


@pytest.mark.process
def test_without_a_repository_nothing_is_said_of_git(tmp_path: Path) -> None:
    assert before_writing(tmp_path / "local.env") == ""
