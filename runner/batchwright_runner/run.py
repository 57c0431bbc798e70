"""``batchwright run``: runs a batch, shows its log, and exits with its code."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from batchwright_runner.console import is_terminal
from batchwright_runner.duration import parse_duration
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.interrupts import SignalWaiter
from batchwright_runner.output import Output
from batchwright_runner.result import RunResult, write_result
from batchwright_runner.surroundings import Surroundings
from batchwright_runner.verdict import Verdict


class Duration(click.ParamType[int]):
    """``90s``, ``30m``, ``2h``, ``1h30m``."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Reads it, in seconds."""
        if isinstance(value, int):
            return value
        try:
            return parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.argument("name")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option("-s", "--stage", envvar="BATCHWRIGHT_STAGE", help="The stage to run in. --local alone means local.")
@click.option("--local", is_flag=True, help="Run on this machine what the project in this folder declares.")
@click.option("-e", "--env", "variables", multiple=True, metavar="KEY=VALUE", help="Set a variable for this run only.")
@click.option("--run-id", help="A name for this run.")
@click.option("--timeout", type=Duration(), help="Replaces the declared timeout: 90s, 30m, 2h, 1h30m.")
@click.option("--timestamps", is_flag=True, help="Begin each line of the log with its time.")
@click.option("--result", type=click.Path(dir_okay=False, path_type=Path), help="Write the result as JSON to a file.")
def run(
    name: str,
    command: tuple[str, ...],
    stage: str | None,
    local: bool,
    variables: tuple[str, ...],
    run_id: str | None,
    timeout: int | None,
    timestamps: bool,
    result: Path | None,
) -> int:
    """Runs the batch NAME, shows its log on stdout, and exits with its code.

    COMMAND, after --, replaces the declared command for this run.
    """
    if not local:
        raise UsageError("only local runs are possible in this version", hint="Add --local")
    from batchwright_runner.local.run import LocalRequest, run_here

    request = LocalRequest(
        name=name,
        stage=stage or "local",
        given=parse_variables(variables),
        command=command,
        timeout=timeout,
        arguments=["batchwright", *sys.argv[1:]],
    )
    output = standard_output(timestamps=timestamps)
    with SignalWaiter() as waiter, _recorded(result, request.name, request.stage, run_id or "") as keep:
        return keep(run_here(request, Surroundings.of(waiter, output)))


@contextmanager
def _recorded(path: Path | None, batch: str, stage: str, run_id: str) -> Iterator[Callable[[Verdict], int]]:
    """Writes the result to a file, also when there is none but an error."""

    def keep(found: Verdict) -> int:
        if path is not None:
            known = RunResult(
                code=found.code,
                row=found.row,
                why=found.why,
                retry=found.again,
                batch=batch,
                stage=stage,
                run_id=run_id,
            )
            write_result(path, known)
        return found.code

    try:
        yield keep
    except RunnerError as error:
        keep(error.verdict())
        raise


def parse_variables(entries: Iterable[str]) -> dict[str, str]:
    """Reads KEY=VALUE entries. KEY alone takes the value of this process's own variable, as in Docker.

    Raises:
        UsageError: An entry has no name, or names a variable that is not set here.
    """
    values: dict[str, str] = {}
    for entry in entries:
        name, sign, value = entry.partition("=")
        if not name:
            raise UsageError(f"-e {entry} cannot be read: it has no name", hint="Write -e KEY=VALUE")
        if not sign:
            if name not in os.environ:
                raise UsageError(f"-e {name} cannot be read: no variable {name} is set here", hint="Write -e KEY=VALUE")
            value = os.environ[name]
        values[name] = value
    return values


def standard_output(*, timestamps: bool) -> Output:
    """The log's way out."""
    try:
        os.fstat(1)
    except OSError:
        return Output(None)
    return Output(1, timestamps=timestamps, terminal=is_terminal(1))
