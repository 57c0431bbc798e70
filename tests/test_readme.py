"""The README shows what the commands print, and its tables are what the docstrings say."""

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from batchwright_runner.host.terminal.text import columns
from docs import generate_picture as picture
from tests.command_lines import calls_of, parse
from tests.kit.pages import blocks, typed_in

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.ja.md")


@pytest.mark.parametrize("readme", READMES)
def test_it_names_both_tiers(readme: str) -> None:
    text = ROOT.joinpath(readme).read_text(encoding="utf-8")
    assert re.search(r"^\$ make test +# .*\bmake test-all\b", text, re.MULTILINE)


def test_each_guarantee_names_tests_that_exist() -> None:
    """None of them may go: a table of CONTRIBUTING.md says which they are."""
    readme, contributing = (
        ROOT.joinpath(page).read_text(encoding="utf-8") for page in ("README.md", "CONTRIBUTING.md")
    )
    section = readme.partition("## What it guarantees")[2].partition("\n## ")[0]
    guarantees = re.findall(r"^- \*\*(.+?)\*\*", section, re.MULTILINE)
    table = contributing.partition("<!-- guarantees -->")[2].partition("\n#")[0]
    rows = re.findall(r"^\| (\S.*?) \| (`.+) \|$", table, re.MULTILINE)

    assert [guarantee for guarantee, _ in rows] == guarantees
    named = [name.partition("::") for _, names in rows for name in re.findall(r"`(.+?)`", names)]
    defined = {path: (ROOT / path).read_text(encoding="utf-8") for path, _, _ in named}
    assert not [f"{path}::{test}" for path, _, test in named if f"\ndef {test}(" not in defined[path]]


def checked(script: str) -> tuple[int, str]:
    """The exit code and stderr of a script that compares what it would write with what there is."""
    done = subprocess.run([sys.executable, f"docs/{script}", "--check"], cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stderr


def printed_by(command: str) -> tuple[str, int]:
    """What a command prints, stdout and stderr as a terminal shows them, and its exit code."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["BATCHWRIGHT_BACKEND"] = "process"  # what an engine adds depends on the machine
    done = subprocess.run(
        command, shell=True, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return re.sub(r"python is \S+,", "python is .venv/bin/python,", done.stdout), done.returncode


def example(readme: str) -> tuple[str, str, int]:
    """The run that a README shows: the command, what it prints, its exit code."""
    text = ROOT.joinpath(readme).read_text(encoding="utf-8")
    typed = typed_in(text)
    run, code = next(pair for pair in pairwise(typed) if pair[1].command == "echo $?")
    return run.command, "".join(f"{line}\n" for line in run.shown), int(code.shown[0])


@pytest.mark.parametrize("readme", READMES)
def test_the_run_in_the_readme_prints_what_the_readme_shows(readme: str) -> None:
    command, shown, code = example(readme)
    printed_by(command)  # the first run may have to synthesize, and says so

    assert printed_by(command) == (shown, code)


@pytest.mark.parametrize("readme", READMES)
def test_every_command_of_a_readme_is_one_that_can_be_typed(readme: str) -> None:
    text = ROOT.joinpath(readme).read_text(encoding="utf-8")
    lines = [typed.command for typed in typed_in(text) if typed.command.startswith("batchwright ")]
    calls = [words for line in lines for words in calls_of("batchwright", line)]

    assert len(calls) > 4
    for words in calls:
        parse(words)


def test_the_picture_of_a_run_is_that_of_the_screens() -> None:
    assert checked("generate_picture.py") == (0, "")


@pytest.mark.parametrize("readme", READMES)
def test_the_picture_of_a_run_is_on_the_first_screen_and_fetches_nothing(readme: str) -> None:
    first, _, _ = ROOT.joinpath(readme).read_text(encoding="utf-8").partition("```")
    (name,) = re.findall(r"!\[.+\]\((docs/pictures/.*\.svg)\)", first)
    text = ROOT.joinpath(name).read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")

    assert fromstring(text).tag == "svg"
    assert re.findall(r"https?:|url\(|@import|href|<script|<image|<foreignObject", text) == []


def test_the_picture_of_a_run_has_the_live_line_the_log_and_the_advice_within_its_windows() -> None:
    (now, end) = picture.windows()
    rows = {
        "\n".join(now): "17 good rows, 3 bad\nrunning · ",
        "\n".join(end): "run it again: batchwright run sales-check",
    }

    assert all(wanted in text for text, wanted in rows.items())
    assert [row for row in (*now, *end) if columns(row) > picture.COLUMNS] == []
    assert not re.search(r"N\.N\.N|\b0\.0s|0{32}|time: \.\.\.|https:|\{\}", "\n".join([*now, *end]))
    assert end[-3:] == ["batchwright: exit 3: the container's own code (main ended by itself)", "$ echo $?", "3"]


def test_the_batch_in_the_readme_is_the_sample() -> None:
    sample = ROOT.joinpath("batches/sales_check/batch.py").read_text(encoding="utf-8")

    for readme in READMES:
        text = ROOT.joinpath(readme).read_text(encoding="utf-8")
        (shown,) = [block for block in blocks(text, "python") if block.startswith("class ")]
        assert normalized(shown) == normalized(sample.partition("\n\n\n")[2])


def normalized(source: str) -> str:
    return re.sub(r",\s*\)", ")", re.sub(r"\s+", " ", source)).replace("( ", "(").strip()


def test_the_tables_of_arguments_are_those_of_the_docstrings() -> None:
    assert checked("generate_tables.py") == (0, "")


def test_the_reference_has_what_a_batch_offers_and_nothing_that_is_the_librarys_own() -> None:
    page = ROOT.joinpath("docs/reference/declaration.md").read_text(encoding="utf-8")
    batch = page.partition("### FargateBatch")[2].partition("\n### ")[0].partition("| it has |")[2]

    for name in ("task_definition", "machine", "security_group", "task_role", "allow(actions, on, reason=)"):
        assert f"| `{name}` |" in batch
    assert re.findall(r"`(?:check|manifest_fields|need_schedules)\(", page) == []
