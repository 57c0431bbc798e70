"""What several verbs take on their command lines."""

import os
from collections.abc import Callable, Iterable
from datetime import datetime
from importlib import import_module
from typing import Any, Generic, TypeVar

import click

from batchwright_runner.contract.checks import TIMEOUTS
from batchwright_runner.contract.duration import parse_duration
from batchwright_runner.contract.moments import in_every_zone
from batchwright_runner.contract.project_pages import with_addresses
from batchwright_runner.contract.variables import BY_THE_CLOCK
from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.variables import HIDDEN
from batchwright_runner.host.terminal.console import Console

pass_console = click.make_pass_decorator(Console)
"""Gives a verb the process's console, as its first argument."""

T = TypeVar("T")
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def offered(kind: str) -> Callable[[click.Context, click.Parameter, str], Any]:
    """What the shell offers after a Tab, by its function in `completion`, which is loaded when a shell asks."""

    def complete(context: click.Context, parameter: click.Parameter, begun: str) -> Any:  # noqa: ANN401 - items
        completion = import_module("batchwright_runner.commands.completion")
        return getattr(completion, f"complete_{kind}")(context, parameter, begun)

    return complete


def stage_option_with(default: str) -> Decorator:
    """The stage."""
    return click.option(
        "-s",
        "--stage",
        metavar="STAGE",
        envvar="BATCHWRIGHT_STAGE",
        show_envvar=True,
        shell_complete=offered("stage"),
        help=f"The stage. {default}",
    )


stage_option = stage_option_with("There is no default.")
stage_or_local_option = stage_option_with("Default: the declaration for local runs.")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _be_quiet(context: click.Context, _parameter: click.Parameter, quiet: bool) -> None:
    if quiet:
        context.ensure_object(Console).quiet = True


quiet_option = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    expose_value=False,
    callback=_be_quiet,
    help="Say nothing on stderr but errors and what has failed.",
)


def with_console(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a verb the process's console, as its first argument, and the option that makes that quiet."""
    return quiet_option(pass_console(verb))


yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask, where the stage is protected.")


def batch_argument(name: str = "batch", *, required: bool = True) -> Decorator:
    """A batch's name."""
    return click.argument(
        name, metavar="BATCH" if required else "[BATCH]", required=required, shell_complete=offered("batch")
    )


run_argument = click.argument("run", metavar="RUN", shell_complete=offered("run"))
"""A run id, a task id or its beginning, an ARN, ``BATCH@RUN``, or ``BATCH@latest``."""


def on_signal_option(default: str) -> Decorator:
    """What a signal does to a run that is followed."""
    return click.option(
        "--on-signal",
        type=click.Choice(["stop", "leave"]),
        default=default,
        show_default=True,
        help="What SIGTERM, SIGINT, SIGQUIT and SIGHUP do: stop the batch, or leave it running.",
    )


def more(page: str, *examples: str) -> str:
    """The end of a verb's help: examples, and the page that explains it.

    `page`: the page, ``docs/local.md``.
    """
    lines = "\n".join(f"  $ {example}" for example in examples)
    return f"\b\nExamples:\n{lines}\n\n\b\nSee {with_addresses(page)}"


class Parsed(click.ParamType, Generic[T]):  # type: ignore[type-arg] # it takes an argument from click 8.4 on
    """What a function reads from a text."""

    def __init__(self, name: str, parse: Callable[[str], T]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> T:  # noqa: ANN401 - a text, or what was read already
        """Reads it."""
        if not isinstance(value, str):
            read: T = value
            return read
        try:
            return self._parse(value)
        except (ValueError, OverflowError) as error:
            self.fail(str(error), param, ctx)


def _timeout(text: str) -> int:
    seconds = parse_duration(text)
    if seconds > max(TIMEOUTS):
        raise ValueError(f"{text} is too long: 14d at most")
    return seconds


def _scheduled_time(text: str) -> str:
    moment = text.strip()
    if moment in (BY_THE_CLOCK, "user", "user-scheduled"):  # Rundeck's job.executionType
        return moment if moment == BY_THE_CLOCK else ""
    if not moment:
        return moment
    none = f"{moment!r} is not a time with an offset, such as 2026-11-25T02:30:00+09:00"
    try:
        at = datetime.fromisoformat(moment)
    except ValueError as error:
        raise ValueError(none) from error
    if at.tzinfo is None:
        raise ValueError(none)
    if not in_every_zone(at):
        raise ValueError(f"{moment!r} is beyond the calendar: write a nearer time")
    return moment


DURATION = Parsed("duration", parse_duration)
"""``90s``, ``30m``, ``2h``, ``1h30m``, in seconds."""
TIMEOUT = Parsed("duration", _timeout)
"""The same, no longer than a batch's timeout may be."""
SCHEDULED_TIME = Parsed("time", _scheduled_time)
"""ISO 8601 with an offset, or what Rundeck says; empty for none, as a scheduler's blank variable is."""


def parse_variables(entries: Iterable[str]) -> dict[str, str]:
    """Reads KEY=VALUE entries. KEY alone takes the value of this process's own variable, as in Docker."""
    values: dict[str, str] = {}
    for entry in entries:
        name, sign, value = entry.partition("=")
        if not name:
            # The entry itself is not shown: its value may be a secret.
            raise UsageError("a -e cannot be read: it has no name", hint="Write -e KEY=VALUE")
        if not sign:
            if name not in os.environ:
                raise UsageError(f"-e {name} cannot be read: no variable {name} is set here", hint="Write -e KEY=VALUE")
            value = os.environ[name]
        elif value == HIDDEN:
            problem = f"{HIDDEN} stands for a value that is not shown"
            raise UsageError(f"-e {entry} cannot be read: {problem}", hint="Write the value in its place")
        values[name] = value
    return values
