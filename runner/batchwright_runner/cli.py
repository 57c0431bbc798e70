"""The command ``batchwright``. The only module that exits."""

import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import click

from batchwright_runner import early
from batchwright_runner._version import __version__
from batchwright_runner.commands.group import Verbs, why_refused
from batchwright_runner.contract.moments import show_in
from batchwright_runner.contract.verdicts import ROWS, Row
from batchwright_runner.errors import InterruptedEarlyError, RunnerError, UsageError, no_folder
from batchwright_runner.host.runs.signals import STOP_SIGNALS, LeaveNow
from batchwright_runner.host.stage.zone import zone_here
from batchwright_runner.host.terminal.console import ClosedStdoutError, Console


@dataclass(frozen=True, slots=True)
class _Verb:
    """Where a verb is, and what the list of verbs says of it."""

    module: str
    function: str
    # What it does, in at most 50 characters, so that nothing is cut at 80 columns
    help: str


_SECTIONS: Mapping[str, Mapping[str, _Verb]] = {
    "Start here": {
        "init": _Verb("init", "init", "Make a new project"),
        "new": _Verb("new", "new", "Add a batch to a project"),
        "run": _Verb("run", "run", "Run a batch, on Fargate or on this machine"),
        "runs": _Verb("runs", "runs", "List the runs of a stage or a batch"),
        "logs": _Verb("logs", "logs", "Show the log of a run or a batch"),
    },
    "Runs": {
        "attach": _Verb("attach", "attach", "Follow a run that is in progress"),
        "stop": _Verb("stop", "stop", "Stop a run"),
        "pause": _Verb("pause", "pause", "Keep a batch from being started"),
        "resume": _Verb("pause", "resume", "Let a paused batch be started again"),
    },
    "Understand": {
        "list": _Verb("list", "list_batches", "List the batches of a stage"),
        "describe": _Verb("describe", "describe", "Show all that is known of a batch or a run"),
        "permissions": _Verb("permissions", "permissions", "Show what a batch may do"),
        "diff": _Verb("diff", "diff", "Show what a change does"),
        "catalog": _Verb("catalog", "catalog", "Write a site of all batches"),
    },
    "Values and images": {
        "params": _Verb("params", "params", "List, set and compare values of a stage"),
        "image": _Verb("image", "image", "Push and list images"),
        "release": _Verb("release", "release", "Release an image to a stage"),
        "rollback": _Verb("release", "rollback", "Run an earlier release of an image again"),
    },
    "Checks": {
        "doctor": _Verb("doctor", "doctor", "Look at this machine and this project"),
        "verify": _Verb("verify", "verify", "Say whether the batches of a stage would start"),
    },
    "Connect": {
        "alerts": _Verb("alerts", "alerts", "Try who is told of the runs of a stage"),
        "export": _Verb("export", "export", "Export schedules for Rundeck and cron"),
    },
}
PREVIEW = frozenset({"alerts", "catalog", "diff", "permissions"})
"""Verbs of which options and output may still change."""
FROZEN = frozenset({"export"})
"""Verbs to which nothing is added; all others are stable. ``docs/architecture.md`` says what each word promises."""
_HIDDEN = {"render-files": _Verb("render_files", "render_files", "Render a batch's config files inside its task")}
_OF_RUNS = frozenset({"run", "attach"})
_ONLY_HELP: tuple[type[click.ClickException], ...] = tuple(
    error for name, error in vars(click.exceptions).items() if name == "NoArgsIsHelpError"
)
"""What click 8.2 raises where a group is called without a verb; before, it printed the same and ended."""
_WIDEST = max(len(name) for verbs in _SECTIONS.values() for name in verbs)
_VERBS = {name: verb for verbs in (*_SECTIONS.values(), _HIDDEN) for name, verb in verbs.items()}


class _Lazy(Verbs):
    """A group that imports a verb's module when the verb is used, and none for its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        verb = _VERBS.get(cmd_name)
        if verb is None:
            return None
        module = importlib.import_module(f"batchwright_runner.commands.{verb.module}")
        early.over()
        command: click.Command = getattr(module, verb.function)
        return command

    def is_hidden(self, ctx: click.Context, name: str) -> bool:  # noqa: ARG002 - the same
        return name in _HIDDEN

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - the same
        for section, verbs in _SECTIONS.items():
            with formatter.section(section):
                words = {
                    name: f"{verb.help} (preview)" if name in PREVIEW else verb.help for name, verb in verbs.items()
                }
                formatter.write_dl([(f"{name:{_WIDEST}}", text) for name, text in words.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="batchwright")
def batchwright() -> None:
    """Run the batches that a project declares, on AWS Fargate or on this machine.

    Exit codes: a batch's own code as it is; 2 usage, 75 ended by AWS, 122 stopped by someone else, 123 another run is
    in progress or the batch is paused, 124 timeout, 125 no result, 126 never started, 129/130/131/143 stopped by
    SIGHUP/SIGINT/SIGQUIT/SIGTERM.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command and exits with its code."""
    _fill_standard_descriptors()
    try:
        code = run_command(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:  # in the moment after the result was known
        code = 130
    _leave(code)


def _leave(code: int) -> NoReturn:
    """Exits without the interpreter's own end: it takes time, and hangs while a thread waits (CPython 87135)."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # it is None where it was closed from the start
            stream.flush()
    os._exit(code)


def _fill_standard_descriptors() -> None:
    """Opens /dev/null where stdin, stdout or stderr were closed, so that no pipe gets their numbers later.

    Python's own stderr is there then too: without one, click writes to stdout, which is the batch's.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < 3:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def run_command(arguments: Sequence[str]) -> int:
    """Runs the command.

    Returns the exit code. A defect in the runner is 125, so that it is never taken for a batch's own 1.
    """
    console = Console()
    show_in(zone_here)
    try:
        return _ran(console, arguments)
    finally:
        _flush(console)


def _flush(console: Console) -> None:
    """Lets a slow reader have the last lines. The result is known: a signal changes nothing any more."""
    if console.behind:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        console.flush()


def _ran(console: Console, arguments: Sequence[str]) -> int:
    verb = next((word for word in arguments if not word.startswith("-")), "")
    last_words = _of_runs if verb in _OF_RUNS else _of_others
    try:
        return _invoked(console, arguments)
    except click.ClickException as error:
        _explain(console, error)
        return _last(console, UsageError.exit_code, last_words(Row.USAGE))
    except click.Abort:
        return _last(console, 130, f"stopped on SIGINT{' (nothing was started)' if verb in _OF_RUNS else ''}")
    except RunnerError as error:
        nothing = verb == "run" and error.row is Row.NO_RESULT and error.again != "ask" and not error.began
        return _failed(console, error, last_words, " (nothing was started)" if nothing else "")
    except LeaveNow as left:
        return _last(console, 128 + left.first, "left at once on a second signal")
    except KeyboardInterrupt:
        return _last(console, 130, "stopped on SIGINT")
    except ClosedStdoutError:
        return 0
    except FileNotFoundError as error:
        return _defect(console, error, last_words) if _has_folder() else _failed(console, no_folder(), last_words)
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not look like a batch's own code
        return _defect(console, error, last_words)


def _failed(console: Console, error: RunnerError, last_words: Callable[[Row], str], more: str = "") -> int:
    console.note(str(error) if last_words is _of_runs else error.reason)
    return _last(console, error.exit_code, last_words(error.row) + more)


def _defect(console: Console, error: Exception, last_words: Callable[[Row], str]) -> int:
    if os.environ.get("BATCHWRIGHT_DEBUG"):
        console.raw(traceback.format_exc())
    what = str(error) or "no message"
    console.note(f"a defect in the runner: {type(error).__name__}: {what}. BATCHWRIGHT_DEBUG=1 shows where")
    return _last(console, RunnerError.exit_code, f"{last_words(Row.NO_RESULT)} (a defect in the runner)")


def _has_folder() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True


def _explain(console: Console, error: click.ClickException) -> None:
    """Says what click says, as our own errors begin and end, below how the command is called."""
    if isinstance(error, _ONLY_HELP):
        console.raw(f"{error.format_message()}\n")
        return
    if isinstance(error, click.UsageError) and error.ctx is not None:
        console.raw(f"{error.ctx.get_usage()}\nTry '{error.ctx.command_path} --help' for help.\n")
    console.note(why_refused(error))


def _invoked(console: Console, arguments: Sequence[str]) -> int:
    try:
        code = batchwright.main(list(arguments), prog_name="batchwright", standalone_mode=False, obj=console)
    except BaseException as error:
        console.quiet = False
        if isinstance(error, InterruptedEarlyError | KeyboardInterrupt | LeaveNow | click.Abort):
            console.fresh_line()
        raise
    finally:
        console.close()
    return code if isinstance(code, int) else 0


def _last(console: Console, code: int, why: str) -> int:
    console.note(f"exit {code}: {why}")
    return code


def _of_others(row: Row) -> str:
    """The last words of a verb that neither starts a run nor ends as one does."""
    return {Row.NO_RESULT: "failed"}.get(row, ROWS[row].phrase)


def _of_runs(row: Row) -> str:
    more = {
        Row.USAGE: " (nothing was started)",
        Row.OVERLAP: " (another run is in progress)",
        Row.PAUSED: " (it is paused)",
        Row.SIGNAL: " before anything was started",
    }
    return f"{ROWS[row].phrase}{more.get(row, '')}"
