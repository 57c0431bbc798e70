"""The folder of a catalog: it is the catalog's own, or refused."""

import json
from contextlib import suppress
from pathlib import Path

import pytest

from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.atomic_file import UNFINISHED, write_atomically
from batchwright_runner.workbench import files
from batchwright_runner.workbench.files import LIST, write_folder

PAGES = {"index.html": "one", "batch/a.html": "a"}


def content(folder: Path) -> dict[str, str]:
    """All files but the list: path to text."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != LIST)
    return {str(path.relative_to(folder)): path.read_text() for path in paths}


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    write_folder(tmp_path / "new" / "site", PAGES)

    assert content(tmp_path / "new" / "site") == PAGES


def test_a_second_catalog_replaces_the_first_and_removes_what_is_gone(tmp_path: Path) -> None:
    write_folder(tmp_path, PAGES)
    write_folder(tmp_path, {"index.html": "two", "owner/x.html": "x"})

    assert content(tmp_path) == {"index.html": "two", "owner/x.html": "x"}
    assert not (tmp_path / "batch").exists()


@pytest.mark.parametrize("name", ["CNAME", "batch/notes.txt", "calendar.html", ".git/HEAD", "owner"])
def test_a_folder_that_holds_more_than_the_catalog_is_refused_before_anything_is_written(
    tmp_path: Path, name: str
) -> None:
    write_folder(tmp_path, PAGES)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")

    with pytest.raises(UsageError, match=rf"it holds {name}, which no catalog wrote\. Move it elsewhere"):
        write_folder(tmp_path, {"index.html": "two", "calendar.html": "two", "owner/x.html": "x"})

    assert content(tmp_path) == {**PAGES, name: "mine"}


def test_a_page_that_was_edited_is_replaced(tmp_path: Path) -> None:
    write_folder(tmp_path, PAGES)
    (tmp_path / "index.html").write_text("edited")
    write_folder(tmp_path, PAGES)

    assert content(tmp_path) == PAGES


@pytest.mark.parametrize("name", ["index.html", "readme.txt", ".git"])
def test_a_folder_that_holds_other_things_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")

    with pytest.raises(UsageError, match=rf"it holds {name}, which no catalog wrote"):
        write_folder(tmp_path, PAGES)

    assert content(tmp_path) == {name: "mine"}
    assert not (tmp_path / LIST).exists()


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/hostname", "a/../../outside.txt", ""])
def test_a_list_that_names_files_outside_the_folder_deletes_none_of_them(tmp_path: Path, name: str) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (tmp_path / "outside.txt").write_text("mine")
    (site / LIST).write_text(json.dumps({"files": [name]}))

    write_folder(site, PAGES)

    assert (tmp_path / "outside.txt").read_text() == "mine"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 1}', "\0"])
def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / LIST).write_text(text)

    with pytest.raises(UsageError, match="cannot be read"):
        write_folder(tmp_path, PAGES)


def test_a_link_is_not_followed_out_of_the_folder(tmp_path: Path) -> None:
    site, outside = tmp_path / "site", tmp_path / "outside"
    write_folder(site, PAGES)
    (site / "batch").rename(outside)
    (site / "batch").symlink_to(outside)

    with pytest.raises(UsageError, match=r"it holds batch, which no catalog wrote"):
        write_folder(site, {"index.html": "two"})

    assert (outside / "a.html").read_text() == "a"


def test_a_file_in_the_place_of_the_folder_and_a_link_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")

    with pytest.raises(UsageError, match="it is not a folder"):
        write_folder(tmp_path / "file", PAGES)
    with pytest.raises(UsageError, match=r"a link to what does not exist\. \w"):
        write_folder(tmp_path / "link", PAGES)
    with pytest.raises(RunnerError, match="cannot be read: Not a directory"):
        write_folder(tmp_path / "file" / "below", PAGES)

    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("done", range(6))
def test_a_write_that_was_killed_at_any_file_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: int
) -> None:
    after = {"index.html": "two", "batch/b.html": "b"}
    write_folder(tmp_path, PAGES)
    written: list[Path] = []

    def killed(path: Path, data: bytes) -> None:
        if len(written) == done:
            path.with_name(f"{UNFINISHED}1a2b").write_bytes(data[:1])
            raise KeyboardInterrupt
        written.append(path)
        write_atomically(path, data)

    with monkeypatch.context() as patched:
        patched.setattr(files, "write_atomically", killed)
        with suppress(KeyboardInterrupt):
            write_folder(tmp_path, after)
    write_folder(tmp_path, after)

    assert content(tmp_path) == after
