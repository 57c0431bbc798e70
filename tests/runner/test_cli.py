import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from batchwright_runner.cli import batchwright
from tests.kit.command import COMMAND, environment

LONGEST = 50
"""Characters of a verb's line in the list, so that nothing is cut at 80 columns."""


def listed() -> dict[str, str]:
    text = CliRunner().invoke(batchwright, ["--help"]).output
    lines = text[text.index("Start here:") :].splitlines()
    return {line.split()[0]: line.split(maxsplit=1)[1] for line in lines if line.startswith("  ")}


def verbs() -> dict[str, click.Command]:
    context = click.Context(batchwright)
    found = {name: batchwright.get_command(context, name) for name in batchwright.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def test_every_verb_is_listed_once_but_hidden_ones() -> None:
    assert set(listed()) == {name for name, command in verbs().items() if not command.hidden}


def test_a_verb_is_called_as_it_is_typed() -> None:
    assert {name: command.name for name, command in verbs().items()} == {name: name for name in verbs()}


@pytest.mark.parametrize("name", listed())
def test_a_line_of_the_list_is_whole_at_80_columns(name: str) -> None:
    text = listed()[name]

    assert len(text) <= LONGEST
    assert not text.endswith((".", "..."))


def test_a_thread_that_still_waits_does_not_hold_up_the_end() -> None:
    code = (
        "import threading, time; from batchwright_runner import cli; "
        "threading.Thread(target=time.sleep, args=(300,)).start(); cli.main(['--version'])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    closed = subprocess.run(["sh", "-c", '"$0" -c "$1" >&-', sys.executable, code], timeout=60, check=False)

    assert done.stdout.startswith("batchwright, version")
    assert closed.returncode == 0


def test_an_interrupt_writes_nothing_to_stdout_where_stderr_is_closed() -> None:
    code = (
        "import signal\n"
        "from batchwright_runner import cli\n"
        "cli.batchwright.get_command = lambda *asked: signal.raise_signal(signal.SIGINT)\n"
        "cli.main(['list'])\n"
    )
    closed = subprocess.run(
        ["sh", "-c", '"$0" -c "$1" 2>&-', sys.executable, code], stdout=subprocess.PIPE, timeout=60, check=False
    )

    assert (closed.returncode, closed.stdout) == (130, b"")


@pytest.mark.parametrize(
    "arguments",
    [("runs", "-s", "staging"), ("run", "hello", "--local"), ("catalog", "-o", "site"), ("doctor",)],
    ids=" ".join,
)
def test_a_working_directory_that_was_removed_is_no_defect(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = ["sh", "-c", 'rmdir "$PWD"; exec "$@"', "sh", str(COMMAND), *arguments]

    done = subprocess.run(command, cwd=gone, env=environment(), capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 125
    assert "the working directory cannot be read: it does not exist any more. Change into" in done.stderr
    assert "defect" not in done.stderr
