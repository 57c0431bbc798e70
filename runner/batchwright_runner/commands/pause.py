"""``batchwright pause`` and ``batchwright resume``: keep a batch from being started, whoever starts it."""

import time

import click

from batchwright_runner.commands.option_types import FUTURE, Given, to_come
from batchwright_runner.commands.options import batch_argument, more, stage_option, with_console
from batchwright_runner.contract.command_lines import again_line, command_line
from batchwright_runner.contract.pauses import REASON_LIMIT
from batchwright_runner.contract.run import Run, runs_from
from batchwright_runner.contract.verdicts import Verdict
from batchwright_runner.contract.workflows.run import StepsRun
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.fargate.executions import again_of
from batchwright_runner.host.fargate.leaving import in_progress
from batchwright_runner.host.runs.run_id import LATEST
from batchwright_runner.host.stage.pauses import end_pause, find_or_left, pause_of, put_pause
from batchwright_runner.host.stage.session import Stage, enter_stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.text import one_line
from batchwright_runner.host.workflows.find import find_run


@click.command(
    epilog=more(
        "docs/schedules.md",
        "batchwright pause daily-report -s production --reason 'new schema'",
        "batchwright pause daily-report -s staging --reason 'new schema' --until 2h",
    )
)
@batch_argument()
@stage_option
@click.option("--reason", required=True, metavar="TEXT", help="Why. Whoever starts it meanwhile is told.")
@click.option("--until", type=FUTURE, metavar="TIME", help="End the pause by itself: in 2h, or 2026-11-26T09:00.")
@with_console
def pause(console: Console, batch: str, stage: str | None, reason: str, until: Given | None) -> int:
    """Keep BATCH, or a workflow, from being started, by any scheduler or person.

    A run in progress goes on. A start meanwhile is refused with exit code 123. No deployment ends the pause. A workflow
    fails at a step whose batch is paused.
    """
    reason = one_line(reason)
    if not reason or len(reason) > REASON_LIMIT:
        raise UsageError(
            f"--reason cannot be used: it has {len(reason)} characters, and 1 to {REASON_LIMIT} are allowed"
        )
    with enter_stage(console, stage) as at:
        machine = at.find(batch).machine
        now, before = time.time(), pause_of(at, batch)
        record = put_pause(at, batch, reason, None if until is None else to_come(until, now), now)
        if before is not None and before.holds(now):
            console.note(f"it was paused already {before.words()}")
        console.note(f"{batch} is paused {record.words()}")
        if not record.until:
            console.note(f"until batchwright resume {batch} -s {at.target.stage}")
        for line in in_progress(at, batch, machine):
            console.note(line)
    return 0


@click.command(epilog=more("docs/schedules.md", "batchwright resume daily-report -s production"))
@batch_argument()
@stage_option
@with_console
def resume(console: Console, batch: str, stage: str | None) -> int:
    """Let BATCH, or a workflow, be started again. What was due meanwhile is not made up for.

    Where nothing is paused, it says how the last run has ended, and what runs it again.
    """
    with enter_stage(console, stage) as at:
        manifest = find_or_left(at, batch)
        before = pause_of(at, batch)
        if before is None:
            console.note("\n".join([f"{batch} is not paused", *_instead(at, batch)]))
            return 0
        end_pause(at, batch)
        held = "it was paused" if before.holds(time.time()) else "its pause had ended by itself: it was paused"
        console.note(f"{batch} can be started again; {held} {before.words()}")
        if manifest is not None and manifest.schedule:
            console.note(f"what was due meanwhile: batchwright runs {batch} -s {at.target.stage} --missed")
    return 0


def _instead(stage: Stage, name: str) -> list[str]:
    """What to do, by how the last run of a batch or a workflow has ended."""
    at = stage.target.stage
    try:
        found, run, again = _last(stage, name)
    except RunnerError:  # it has none, or it may not be seen
        return [f"a failed run of it is run again with: {again_line(name, at, 'latest')}"]
    if found is None:
        return [f"its last run is in progress: {command_line('attach', run, at)}"]
    return [f"its last run, {run}, ended with {found.said}", *([f"run it again: {again}"] if again else [])]


def _last(stage: Stage, name: str) -> tuple[Verdict | None, str, str]:
    """How the last run has ended, its name, and the command that runs it again if it has failed."""
    found = find_run(stage, f"{name}{LATEST}")
    run = found if isinstance(found, Run) else runs_from([found])[0]
    called = f"{name}@{found.whole.run_id}" if isinstance(found, StepsRun) else run.last.name
    return run.verdict, called, again_of(stage.aws, run)
