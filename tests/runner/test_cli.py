import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from batchwright_runner.cli import batchwright
from tests.kit.command import COMMAND, call, environment

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


def sub_commands() -> Iterator[tuple[str, str, click.Command]]:
    for name, group in verbs().items():
        if isinstance(group, click.Group):
            yield from ((name, sub, command) for sub, command in group.commands.items())


@pytest.mark.parametrize("group", [name for name, command in verbs().items() if isinstance(command, click.Group)])
def test_a_line_of_a_group_s_list_is_whole_at_80_columns(group: str) -> None:
    said = {sub: command.short_help or "" for name, sub, command in sub_commands() if name == group}

    assert [sub for sub, text in said.items() if not text or text.endswith(".") or len(text) > LONGEST] == []


@pytest.mark.parametrize(
    ("verb", "usage", "failed", "interrupted"),
    [
        (
            "run",
            "usage (nothing was started)",
            "no result (nothing was started)",
            "stopped on SIGINT (nothing was started)",
        ),
        ("list", "usage", "failed", "stopped on SIGINT"),
    ],
)
def test_the_last_line_speaks_of_runs_where_a_run_was_to_begin(
    tmp_path: Path, verb: str, usage: str, failed: str, interrupted: str
) -> None:
    code = (
        "import signal, sys\n"
        "from batchwright_runner import cli\n"
        "cli.batchwright.get_command = lambda *asked: signal.raise_signal(signal.SIGINT)\n"
        "cli.main(sys.argv[1:])\n"
    )
    (tmp_path / "cdk.json").write_text("not JSON")
    batch = ["hello"] if verb == "run" else []
    stopped = subprocess.run([sys.executable, "-c", code, verb], stderr=subprocess.PIPE, timeout=60, check=False)

    assert call(tmp_path, verb, "--no-such-option").last == f"batchwright: exit 2: {usage}"
    assert call(tmp_path, verb, *batch, "--local").last == f"batchwright: exit 125: {failed}"
    assert stopped.stderr.decode().splitlines()[-1] == f"batchwright: exit 130: {interrupted}"


@pytest.mark.parametrize(("verb", "rest"), [("run", " (nothing was started)"), ("attach", "")])
def test_an_account_that_init_has_filled_in_ends_a_command_at_once(tmp_path: Path, verb: str, rest: str) -> None:
    place = {"account": "000000000000", "region": "eu-west-1"}
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "true", "context": {"stages": {"staging": place}}}))
    done = call(tmp_path, verb, "hello", "-s", "staging")

    assert "stage staging has no account yet: " in done.err
    assert "cdk.json says 000000000000, which is nobody's. Write the real one into it" in done.err
    assert done.last == f"batchwright: exit 125: no result{rest}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--tiemout"], "no such option"),
        (["run"], "missing argument 'BATCH'\n"),
        (["pasue"], "no such command 'pasue'. Did you mean pause or "),
        (["retry", "nightly"], "no such command 'retry'. A failed run is run again with batchwright run NAME -s STAGE"),
    ],
)
def test_errors_of_the_command_line_begin_and_end_as_all_do(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = call(tmp_path, *arguments)

    assert f"\nbatchwright: {said}" in done.err
    assert done.err.startswith("Usage: batchwright")
    assert "Error" not in done.err


def test_a_group_without_a_verb_prints_its_help(tmp_path: Path) -> None:
    done = call(tmp_path, "params")

    assert "\nCommands:\n  check  Check that all declared values are stored\n" in done.err + done.out.decode()
    if hasattr(click.exceptions, "NoArgsIsHelpError"):  # click 8.2 took it for an error
        assert (done.code, done.last) == (2, "batchwright: exit 2: usage")


def test_a_thread_that_still_waits_does_not_hold_up_the_end() -> None:
    code = (
        "import threading, time; from batchwright_runner import cli; "
        "threading.Thread(target=time.sleep, args=(300,)).start(); cli.main(['--version'])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    closed = subprocess.run(["sh", "-c", '"$0" -c "$1" >&-', sys.executable, code], timeout=60, check=False)

    assert done.stdout.startswith("batchwright, version")
    assert closed.returncode == 0


@pytest.mark.parametrize("module", ["click", "tomllib"], ids=["loading the command", "loading a verb"])
def test_an_interrupt_while_it_is_loading_is_no_traceback(tmp_path: Path, module: str) -> None:
    (tmp_path / f"{module}.py").write_text(
        "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)\n"
    )
    command = [sys.executable, "-m", "batchwright_runner", "list", "-s", "staging"]

    done = subprocess.run(
        command,
        env={**environment(), "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "batchwright: exit 130: stopped on SIGINT"


def test_the_installed_command_begins_to_listen_before_it_loads() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["scripts"] == {"batchwright": "batchwright_runner.__main__:main"}


def test_an_interrupt_that_is_ignored_stays_ignored() -> None:
    code = "import signal; from batchwright_runner import early; early.listen(); print(signal.getsignal(2).name)"

    done = subprocess.run(
        ["sh", "-c", 'trap "" INT; "$0" -c "$1"', sys.executable, code], capture_output=True, text=True, check=True
    )

    assert done.stdout == "SIG_IGN\n"


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
