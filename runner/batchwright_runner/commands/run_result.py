"""Where the result of a run goes, beside the exit code: into a file, and behind the log for Rundeck."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from batchwright_runner.commands.group import why_refused
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.runs.signals import LeaveNow
from batchwright_runner.host.terminal.console import Console

Keep = Callable[[Verdict, Mapping[str, Any]], None]


@dataclass(slots=True)
class ResultRecord:
    """Where the result of a run goes, and what it says of the command line, as far as that is read."""

    batch: str
    # Its stage; ``local`` on this machine, empty where none was given
    stage: str
    run_id: str
    # The file that the result is written to; ``None`` for none
    file: Path | None
    rundeck: bool


class RecordedCommand(click.Command):
    """A command whose result file is also written for a command line that click cannot read."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - as click has it
    ) -> click.Context:
        """Reads the command line."""
        given = list(args)
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            if parent is not None and isinstance(parent.obj, Console):
                from batchwright_runner.commands.result_file import unread

                if found := unread(self, given, parent):
                    _write(ResultRecord(**found), parent.obj, UsageError(why_refused(error)).verdict(), {})
            raise


@contextmanager
def recorded(record: ResultRecord, console: Console, known: Callable[[], None]) -> Iterator[Keep]:
    """Gives a function that writes the result; writes it also where that is an error. It never costs the exit code.

    `known`: Called when an error is the result: from then on a signal changes nothing.
    """
    try:
        yield partial(_write, record, console)
    except (RunnerError, LeaveNow) as error:
        known()
        _write(record, console, error.verdict(), {})
        raise
    except (click.ClickException, click.Abort):
        raise
    except Exception as error:
        known()
        defect = Verdict(Row.NO_RESULT, RunnerError.exit_code, f"{type(error).__name__}: {error}", "ask")
        _write(record, console, defect, {})
        raise


def _write(record: ResultRecord, console: Console, outcome: Verdict, details: Mapping[str, Any]) -> None:
    if record.file is None and not record.rundeck:
        return
    from batchwright_runner.commands.result_file import RunResult, write_result

    result = RunResult(verdict=outcome, batch=record.batch, stage=record.stage, run_id=record.run_id, details=details)
    if record.rundeck:
        from batchwright_runner.commands.rundeck_result import rundeck_result  # only Rundeck's jobs need it

        _show(rundeck_result(result), console)
    if record.file is None:
        return
    try:
        write_result(record.file, result)
    except OSError as error:
        console.note(f"the result cannot be written to {record.file}: {error.strerror}. The exit code holds")


def _show(text: str, console: Console) -> None:
    """Writes it after the log, and waits within bounds for the reader. That no one reads it is no reason to fail."""
    with console.above():
        console.out.put(text.encode("utf-8", "replace"))
        console.out.flush()
