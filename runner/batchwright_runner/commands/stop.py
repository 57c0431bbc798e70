"""``batchwright stop``: stops a run."""

import time

import click

from batchwright_runner.commands.options import json_option, more, run_argument, stage_option, with_console
from batchwright_runner.contract.ends import STOP_REASON
from batchwright_runner.contract.judgment.ending import ending_of
from batchwright_runner.contract.judgment.verdict import verdict
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.workflows.run import StepsRun
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import CALL, FORBIDDEN_FOR, RUN_HINT, Patience, patiently
from batchwright_runner.host.fargate.executions import machine_goes_on, stop_execution
from batchwright_runner.host.fargate.task import NOT_STOPPED, stop_task
from batchwright_runner.host.fargate.tasks import ForbiddenError
from batchwright_runner.host.runs.caller import this_caller
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.signals import SignalWaiter
from batchwright_runner.host.stage.session import Stage, Surroundings, open_stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.doing import doing
from batchwright_runner.host.workflows.find import find_run


@click.command(
    epilog=more(
        "docs/exit-codes.md",
        "batchwright stop daily-report@latest -s staging",
        "batchwright stop daily-report@latest -s production --reason 'wrong input'",
    )
)
@run_argument
@stage_option
@click.option(
    "--reason",
    metavar="TEXT",
    default="by hand",
    show_default=True,
    help="Why. Whoever follows the run sees it, and who stopped it.",
)
@json_option
@with_console
def stop(console: Console, run: str, stage: str | None, reason: str, as_json: bool) -> int:
    """Stop RUN: SIGTERM, then SIGKILL after the batch's stop timeout. Does not wait for the end of a batch's run.

    A workflow's run is stopped with all its steps in progress, and waited for. The steps of always= are not started.

    RUN is BATCH@ID, as every message names a run, BATCH@latest, or an ARN. BATCH alone is its only run in progress.
    Only runs of this project and stage are found.
    """
    with SignalWaiter(console.note) as waiter:
        around = Surroundings.of(waiter, console)
        at = open_stage(stage, around)
        with doing(console, f"looking for {run}"):
            attempt = find_run(at, run, patient=True)
        if isinstance(attempt, StepsRun):
            from batchwright_runner.commands.workflow_runs import stop_workflow

            return stop_workflow(at, around, attempt, reason, as_json=as_json)
        reason = f"{STOP_REASON}: {reason}, by {this_caller()}"
        at.say_where(attempt.manifest.account, attempt.manifest.batch)
        run = attempt.name
        stopped = _stop(at, run, attempt, reason)
        if stopped:
            console.note(f"stopping: {run}")
        else:
            console.note(f"it has ended already: {run}")
            _warn_of_another(console, at, attempt)
        if as_json:
            data = {
                "batch": attempt.manifest.batch,
                "run": run,
                "run_id": attempt.started_by,
                "task": attempt.arn if attempt.has_task else "",
                "stopping": stopped,
            }
            console.print_json(data)
    return 0


def _stop(stage: Stage, run: str, attempt: Attempt, reason: str) -> bool:
    """Stops what there is of a run: its task, or its machine that has none just now. Gives whether there was any."""
    if attempt.state.status == "STOPPED" or not attempt.has_task:
        runs = attempt.execution and (not attempt.has_task or machine_goes_on(stage.aws, stage.waiter, attempt))
        return bool(runs) and _stop_execution(stage, run, attempt, reason)
    problem = stop_task(
        stage.aws,
        attempt.manifest,
        attempt.arn,
        reason,
        stage.waiter,
        stopping=attempt.stopping,
        execution=attempt.execution,
    )
    if problem is not None:
        hint = RUN_HINT if isinstance(problem, ForbiddenError) else "It goes on: stop it again"
        raise RunnerError(f"run {run}: {NOT_STOPPED}: {problem}", hint=hint)
    return True


def _stop_execution(stage: Stage, run: str, attempt: Attempt, reason: str) -> bool:
    """Stops a run whose machine has no task just now, or pauses before the next one. Gives whether it went on."""
    what = f"run {run} could not be stopped"
    try:
        return patiently(
            lambda: stop_execution(stage.aws, attempt.execution, reason),
            what,
            stage.waiter,
            patience=Patience(CALL.seconds, forbidden_for=FORBIDDEN_FOR),
            but=None,
        )
    except ApiError as error:
        raise RunnerError(f"{what}: {error}", hint=RUN_HINT) from error


def _warn_of_another(console: Console, stage: Stage, attempt: Attempt) -> None:
    """Says that another attempt may follow on a run that has ended, where that may be."""
    from batchwright_runner.host.fargate.attach import known_attempts, may_go_on, with_earlier  # most go on

    manifest, state = attempt.manifest, attempt.state
    ending = ending_of(manifest.container, state)
    end = RunEnd(verdict=verdict(ending), manifest=manifest, task=attempt.arn, state=state, ending=ending)
    again = attempt.has_task and may_go_on(with_earlier(attempt, known_attempts(stage, attempt)), end, time.time())
    if again and machine_goes_on(stage.aws, stage.waiter, attempt) is not False:
        starter = "machine" if attempt.execution else "runner"
        console.note(f"its {starter} may make another attempt, which this does not stop: stop that, or the {starter}")
