"""``batchwright logs``: shows the log of a run, or of a batch's last runs."""

import re
import time
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import Any

import click

from batchwright_runner.commands.completion import complete_batch_or_run
from batchwright_runner.commands.option_types import MOMENT, REGEX, Given
from batchwright_runner.commands.options import more, stage_option, with_console
from batchwright_runner.contract.command_lines import command_line
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import seconds
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.stop_reasons import advice
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.workflows.run import StepsRun
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.attach import (
    FollowedRun,
    known_attempts,
    perhaps_again,
    until_its_machine_starts,
    with_earlier,
)
from batchwright_runner.host.fargate.batch_logs import BatchLogs
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.fargate.log_view import LogView
from batchwright_runner.host.fargate.logs import LogReader
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.signals import SignalWaiter
from batchwright_runner.host.stage.session import Stage, Surroundings, open_stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.doing import doing
from batchwright_runner.host.terminal.text import sentence
from batchwright_runner.host.workflows.find import asked, find_run

LATELY = 3600
"""Seconds that are shown of a batch's log by default."""
WEEK = 7 * 86400
KEPT = 30 * 86400
"""Seconds within which the last lines of a batch are looked for."""


@click.command(
    "logs",
    epilog=more(
        "docs/exit-codes.md",
        "batchwright logs daily-report@latest -s staging",
        "batchwright logs daily-report -s staging --since 2h -f",
        "batchwright logs daily-report@latest -s staging --tail 50",
        "batchwright logs daily-report -s staging --since 1d --grep 'ERROR|WARN'",
    ),
)
@click.argument("name", metavar="BATCH|RUN", shell_complete=complete_batch_or_run)
@stage_option
@click.option("-f", "--follow", is_flag=True, help="Go on until the run has ended; for a batch, until a signal.")
@click.option(
    "--since",
    type=MOMENT,
    metavar="MOMENT",
    help="From when on: 2h ago, or a date or time such as 2026-11-24T10:30. Default for a batch: 1h, or as far as "
    "--tail needs.",
)
@click.option("--until", type=MOMENT, metavar="MOMENT", help="Until when, in the same forms.")
@click.option("--tail", type=click.IntRange(1), metavar="N", default=None, help="Only the last N lines.")
@click.option(
    "--grep", type=REGEX, metavar="REGEX", help="Only lines that match a regular expression of Python, anywhere."
)
@click.option("--timestamps", is_flag=True, help="Begin each line with its time.")
@click.option("--step", metavar="STEP", default="", help="Of a workflow's run: the log of this step, without labels.")
@with_console
def logs(
    console: Console,
    /,
    name: str,
    stage: str | None,
    follow: bool,
    timestamps: bool,
    step: str,
    **wanted: Any,  # noqa: ANN401 - click gives them by name
) -> int:
    """Show the log of RUN, whole, or what the runs of BATCH have written lately.

    RUN is BATCH@ID, as every message names a run, BATCH@latest, or an ARN. The exit code says whether the log could be
    read. Of a workflow's run, each line begins with its step.
    """
    if follow and wanted["until"] is not None:
        raise UsageError("--until cannot be combined with --follow", hint="Give one of them")
    with SignalWaiter(console.note) as waiter:
        around = Surroundings.of(waiter, console, timestamps=timestamps)
        at = open_stage(stage, around)
        with doing(console, f"looking for {name}"):
            batch = asked(at, name)
            found = batch if isinstance(batch, BatchManifest) else find_run(at, name, patient=follow)
        if isinstance(found, StepsRun):
            from batchwright_runner.commands.workflow_runs import logs_of_workflow

            logs_of_workflow(at, around, found, view=_view(**wanted), follow=follow, step=step)
        elif step:
            raise UsageError(f"--step cannot be used: {name} is no run of a workflow", hint="Leave it out")
        elif isinstance(found, BatchManifest):
            _show_batch(at, around, found, _view(**wanted), follow=follow)
        else:
            _show_run(at, around, found, _view(**wanted), follow=follow)
    return 0


def _show_batch(at: Stage, around: Surroundings, manifest: BatchManifest, view: LogView, *, follow: bool) -> None:
    """Shows the log of a batch's last runs."""
    name = manifest.batch
    at.say_where(manifest.account, name)
    with nullcontext() if follow else doing(around.console, f"reading the log of {name}"):
        view = of_a_batch(view, now := time.time())
        any_line = BatchLogs(at, LogReader(at, around.output)).show(manifest, view, follow=follow)
    if at.waiter.signals:
        around.console.fresh_line()
    elif not any_line:
        see = command_line("runs", name, at.target.stage)
        further = "; look further back: --since 7d" if view.since > now - WEEK else ""
        around.console.note(f"no line was found. See its runs: {see}{further}")


def _show_run(at: Stage, around: Surroundings, attempt: Attempt, view: LogView, *, follow: bool) -> None:
    """Shows the log of a run of a batch."""
    if follow:
        attempt = until_its_machine_starts(at, attempt)
    at.say_where(attempt.manifest.account, attempt.manifest.batch)
    none = _without_log(attempt)
    if none is None:
        _show_one(at, around, attempt, view, follow=follow)
    _say_others(at, attempt)
    if none is not None:
        raise none


def _without_log(attempt: Attempt) -> RunnerError | None:
    """The error of an attempt that has no log; none where it has one."""
    if not attempt.has_task:
        attach = command_line("attach", attempt.name, attempt.manifest.stage)
        return RunnerError(f"run {attempt.name} has no log: no task of it is known", hint=f"See how it is: {attach}")
    if attempt.verdict is not None and attempt.verdict.row is Row.NEVER_STARTED:
        hint = sentence(advice(attempt.verdict, attempt.state.reason))
        return RunnerError(f"run {attempt.name} has no log: {attempt.verdict.why}", hint=hint)
    return None


def _show_one(at: Stage, around: Surroundings, attempt: Attempt, view: LogView, *, follow: bool) -> None:
    """Shows the log of one attempt of a run."""
    if follow and attempt.in_ecs:
        end = FollowedRun(at, around.output, around.console).attempt(attempt, view)
        if not at.waiter.signals:
            _refuse_what_is_not_whole(end)
            if follows := _perhaps_again(at, attempt, end):
                around.console.note("\n".join(follows))
    else:
        with doing(around.console, f"reading the log of {attempt.name}"):
            LogReader(at, around.output).whole(
                attempt.manifest, attempt.arn, view, over=attempt.state.began and attempt.state.ended
            )


def _perhaps_again(stage: Stage, attempt: Attempt, end: RunEnd) -> Sequence[str]:
    known = [] if end.succeeded else known_attempts(stage, attempt)
    return perhaps_again(stage, with_earlier(attempt, known), end, end).goes_on


def _say_others(stage: Stage, attempt: Attempt) -> None:
    """Says how the logs of a run's other attempts are shown; of a run that is not retried, nothing is asked."""
    with suppress(ApiError, RunnerError):  # it is advice alone
        runs = Runs(stage, [attempt.manifest])
        for other in runs.whole(attempt).attempts if attempt.manifest.retries else ():
            if other.state.began and other.arn != attempt.arn:
                see = command_line("logs", other.name, stage.target.stage)
                stage.tell.note(f"attempt {other.number} of this run has a log of its own: {see}")


def _refuse_what_is_not_whole(end: RunEnd) -> None:
    """Raises where a log that was followed may lack lines."""
    if end.incomplete or (end.ending is not None and not end.ending.ended):
        raise RunnerError(
            f"lines may be missing: {end.incomplete or end.verdict.why}", hint=f"See all: {end.whole_log}"
        )


def _view(*, since: Given | None, until: Given | None, tail: int | None, grep: re.Pattern[str] | None) -> LogView:
    first, last = seconds(since), None if until is None else seconds(until)
    if last is not None and last <= first:
        raise UsageError("--until is before --since: no line can be between them", hint="Swap them")
    return LogView(since=first, until=last, tail=tail or 0, grep=grep)


def of_a_batch(view: LogView, now: float) -> LogView:
    """What is shown of a batch: by default, the last hour, or as far back as the last lines are. Pure."""
    if view.since:
        return view
    back = KEPT if view.tail else LATELY
    return replace(view, since=(view.until or now) - back)
