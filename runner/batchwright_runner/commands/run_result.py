"""Where the result of a run goes, beside the exit code: into a file, and behind the log for Rundeck."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from batchwright_runner.commands.result_file import RunResult, write_result
from batchwright_runner.commands.run_options import RunOptions
from batchwright_runner.commands.rundeck_result import rundeck_result
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.errors import RunnerError
from batchwright_runner.runs.end import RunEnd
from batchwright_runner.runs.signals import LeaveNow
from batchwright_runner.terminal.console import Console


@contextmanager
def recorded(asked: RunOptions, console: Console, known: Callable[[], None]) -> Iterator[Callable[[RunEnd], None]]:
    """Gives a function that writes the result; writes it also where that is an error. It never costs the exit code.

    Args:
        asked: The command line.
        console: Who is told that it cannot be written.
        known: Called when an error is the result: from then on a signal changes nothing.
    """
    try:
        yield lambda end: _write(asked, console, end.verdict, end.details())
    except RunnerError as error:
        known()
        _write(asked, console, error.verdict(), {})
        raise
    except LeaveNow as left:
        known()
        at_once = Verdict(Row.SIGNAL, 128 + left.first, "left at once on a second signal", "ask")
        _write(asked, console, at_once, {})
        raise
    except (click.ClickException, click.Abort):
        raise
    except Exception as error:
        known()
        defect = Verdict(Row.NO_RESULT, RunnerError.exit_code, f"{type(error).__name__}: {error}", "ask")
        _write(asked, console, defect, {})
        raise


def _write(asked: RunOptions, console: Console, found: Verdict, details: Mapping[str, Any]) -> None:
    result = RunResult(
        code=found.code,
        row=found.row,
        why=found.why,
        retry=found.again,
        batch=asked.name,
        stage=asked.stage or ("local" if asked.local else ""),
        run_id=asked.run.text,
        details=details,
    )
    if asked.rundeck:
        _show(rundeck_result(result), console)
    if asked.result is None:
        return
    try:
        write_result(asked.result, result)
    except OSError as error:
        console.note(f"the result cannot be written to {asked.result}: {error.strerror}. The exit code holds")


def _show(text: str, console: Console) -> None:
    """Writes it after the log, and waits within bounds for the reader. Nobody reading it is no reason to fail."""
    with console.above():
        console.out.put(text.encode("utf-8", "replace"))
        console.out.flush()
