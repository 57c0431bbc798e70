"""Broken declarations: each gives one line that says where it is, what it is and what to do."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from batchwright import BatchApp
from batchwright_runner.contract.installed import requirement
from batchwright_runner.workbench.project.synth import mistake
from tests.kit.command import COMMAND, environment
from tests.library.batch_app.broken import CASES, CONTEXT, PRODUCTION, Case, called, write


def message(root: Path) -> str:
    with pytest.raises(SystemExit) as ended:
        BatchApp.run(root)
    assert isinstance(ended.value.code, str)
    return ended.value.code


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])
def test_one_line_says_where_what_and_what_to_do(root: Path, case: Case) -> None:
    line = write(root, case)

    text = message(root)

    place = case.place.format(line=line)
    assert text.startswith(f"batchwright: {place}"), text
    assert re.search(case.expected, text.removeprefix(f"batchwright: {place}")), text
    assert "\n" not in text
    assert mistake(f"noise\n{text}\nnoise\n", "python app.py", 1) == text.removeprefix("batchwright: ")


APP = """
from pathlib import Path

from batchwright import BatchApp

BatchApp.run(Path(__file__).parent)
"""


def run(*command: str, root: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=False, env=environment(**variables), timeout=120
    )


BATCHWRIGHT = str(COMMAND)


def test_a_local_run_says_the_same(tmp_path: Path) -> None:
    case = CASES["forgotten import"]
    place = case.place.format(line=write(tmp_path, case))
    (tmp_path / "app.py").write_text(APP)

    done = run(BATCHWRIGHT, "run", "report", "--local", root=tmp_path)

    assert done.returncode == 125
    assert f"batchwright: the batches cannot be synthesized: {place}batch report: the name Duration" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_whole_traceback_is_there_for_who_asks(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BATCHWRIGHT_DEBUG", "1")
    case = CASES["an exception in a helper"]

    place = case.place.format(line=write(root, case))

    assert message(root).startswith(f"batchwright: {place}")
    text = capsys.readouterr().err
    assert "Traceback (most recent call last)" in text
    assert "return 1 / n" in text


def test_without_the_cdk_it_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules['aws_cdk'] = None; import batchwright"

    done = run(sys.executable, "-c", code, root=tmp_path)

    assert (done.returncode, done.stderr) == (
        1,
        f"batchwright: aws_cdk is not installed, which declaring batches needs: pip install {requirement('cdk')}\n",
    )


def test_without_the_cdk_who_catches_the_error_goes_on(tmp_path: Path) -> None:
    code = """if True:
        import sys
        sys.modules["aws_cdk"] = None
        try:
            import batchwright
        except ModuleNotFoundError as error:
            assert error.name == "aws_cdk"
        raise ValueError("another")
    """

    done = run(sys.executable, "-c", code, root=tmp_path)

    assert done.stderr.endswith("ValueError: another\n")


def test_a_clone_without_its_environment_says_what_to_run(tmp_path: Path) -> None:
    write(tmp_path, CASES["syntax"])
    (tmp_path / "cdk.json").write_text('{"app": ".venv/bin/python app.py"}')

    done = run(BATCHWRIGHT, "run", "report", "--local", root=tmp_path)

    assert done.returncode == 125
    assert ".venv/bin/python does not exist yet: run python3 -m venv .venv && .venv/bin/pip install '/" in done.stderr

    (tmp_path / "Makefile").write_text("demo: .venv/.installed\n")
    done = run(BATCHWRIGHT, "run", "report", "--local", root=tmp_path)
    assert ".venv/bin/python does not exist yet: run make demo, which makes it" in done.stderr


def test_an_environment_in_which_nothing_was_installed_says_what_to_run(tmp_path: Path) -> None:
    write(tmp_path, CASES["syntax"])
    (tmp_path / "cdk.json").write_text('{"app": ".venv/bin/python app.py"}')
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    (tmp_path / "app.py").write_text("raise ModuleNotFoundError(\"No module named 'batchwright'\")\n")

    by_hand = run(BATCHWRIGHT, "run", "report", "--local", root=tmp_path).stderr
    (tmp_path / "Makefile").write_text("demo: .venv/.installed\n")
    by_make = run(BATCHWRIGHT, "run", "report", "--local", root=tmp_path).stderr
    (tmp_path / ".venv/.installed").touch()
    again = run(BATCHWRIGHT, "run", "report", "--local", root=tmp_path).stderr

    assert (
        'batchwright is not installed in the Python of ".venv/bin/python app.py". Install it there: .venv/' in by_hand
    )
    assert "Run make demo, which installs it" in by_make
    assert "Run rm -r .venv && make demo" in again
    assert "Traceback" not in by_hand + by_make + again


@pytest.mark.parametrize("stage", ["stagin", "stg"])
def test_a_stage_that_looks_misspelt_is_an_error(root: Path, stage: str) -> None:
    batch = called(f'owner="sre", environment={{"A": platform.choose(default="1", {stage}="2")}},')
    write(root, Case(batch, ""))

    assert f"choose: {stage!r} was given; known: local, staging; did you mean staging?" in message(root)


def test_each_mistake_that_the_end_finds_has_a_line(root: Path) -> None:
    write(root, CASES["a grant too wide, found at the end"])
    second = root / "batches" / "y" / "batch.py"
    second.parent.mkdir()
    second.with_name("__init__.py").touch()
    text = (root / "batches" / "x" / "batch.py").read_text()
    second.write_text(text.replace('"report"', '"second"'))

    lines = message(root).splitlines()

    assert [line.split(":")[1].strip() for line in lines] == ["batches/x/batch.py", "batches/y/batch.py"]
    assert all("a grant allows s3:GetObject on every resource" in line for line in lines)


def test_a_helper_that_a_batch_imports_needs_no_batch(root: Path) -> None:
    text = "from batches.common.days import DAYS\n" + called('owner="sre", timeout=Duration.days(DAYS),')
    files = {"batches/common/__init__.py": "", "batches/common/days.py": "DAYS = 1\n"}
    write(root, Case(text, "", files=files))

    assert BatchApp(root).batches


def test_what_git_ignores_is_no_folder_of_a_batch(root: Path) -> None:
    left = ("local.env", "__pycache__/batch.cpython-311.pyc", ".DS_Store")
    write(root, Case(called('owner="sre",'), "", files={f"batches/gone/{name}": "" for name in left}))

    assert BatchApp(root).batches


def test_a_class_may_hold_what_its_constructor_gives_on(root: Path) -> None:
    text = called(
        "owner=self.owner, image=self.image,", body='\n    owner = "sre"\n    image = "reports"\n    TABLES = ()\n'
    )
    write(root, Case(text, ""))

    assert BatchApp(root).batches


def test_a_secret_written_into_the_declaration_is_not_shown(root: Path) -> None:
    for name in ("secrets with values", "secrets of pairs"):
        write(root, CASES[name])

        assert "s3cret" not in message(root)


def test_a_mistake_of_a_stage_that_was_not_chosen_has_its_line_too(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "choose without default"
    line = write(root, CASES[name])
    (root / "cdk.json").write_text(
        json.dumps({"context": {**CONTEXT, "stages": {**CONTEXT["stages"], "production": PRODUCTION}}})
    )
    monkeypatch.setattr(sys, "argv", ["app.py", "-c", "stage=production"])

    assert message(root).startswith(f"batchwright: batches/x/batch.py:{line}: ")
