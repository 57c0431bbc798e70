"""The half of ``batchwright run`` that runs a workflow on AWS."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from batchwright_runner.commands.run_refusals import refuse_of_a_batch
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.options import BACKFILL_ID, DONE, SCHEDULED
from batchwright_runner.contract.schedules.due_variables import due_variables
from batchwright_runner.contract.variables import SCHEDULED_TIME
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.errors import PausedError, RunnerError
from batchwright_runner.host.runs.end import End
from batchwright_runner.host.runs.options import option_variables
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.runs.workflow_end import WorkflowEnd
from batchwright_runner.host.stage.pauses import read_pause
from batchwright_runner.host.stage.session import Stage, Surroundings
from batchwright_runner.host.workflows.end import come_back, end_of, execution_page
from batchwright_runner.host.workflows.find import described
from batchwright_runner.host.workflows.follow import Following, WorkflowFollower
from batchwright_runner.host.workflows.start import StartedWorkflow, arn_of, start, start_request


def run_workflow(options: RunOptions, around: Surroundings, stage: Stage, workflow: WorkflowManifest) -> End | None:
    """Starts it on AWS, or joins its run, and follows it to its end.

    Returns the end; ``None`` where the request was only to be printed.
    """
    refuse_of_a_batch(options, workflow.name)
    if options.leaves_out:
        from batchwright_runner.commands.run_again import again_of_workflow

        options = again_of_workflow(options, around.console, stage, workflow)
    if options.due:
        from batchwright_runner.commands.run_due import run_due  # few runs are of a backfill

        begin = partial(_follow, stage=stage, workflow=workflow)
        return run_due(options, around, workflow, begin, lambda run_options: _request(run_options, workflow), stage)
    if options.dry_run:
        around.console.print_json(_request(options, workflow))
        return None
    return _follow(options, around, stage=stage, workflow=workflow)


def _request(options: RunOptions, workflow: WorkflowManifest) -> dict[str, str]:
    return start_request(workflow, options.run.text, _inputs(options, workflow))


def _follow(options: RunOptions, around: Surroundings, *, stage: Stage, workflow: WorkflowManifest) -> WorkflowEnd:
    """Starts one run, or joins it, and follows it to its end."""
    stage = replace(stage, waiter=around.waiter, tell=around.console)
    given, run = _inputs(options, workflow), options.run.text
    started = _start(stage, workflow, run, given)
    if started.joined and options.leaves_out:
        from batchwright_runner.host.again.workflow import refuse_another

        refuse_another(stage, workflow, run, options.machine_input[DONE])
    how = "joined" if started.joined else "started"
    around.console.note(f"workflow {workflow.name}: {how} as {run}\nexecution: {execution_page(started.arn)}")
    if options.detach:
        around.console.note("\n".join(come_back(workflow, run)))
        outcome = Verdict(Row.OWN, 0, f"{how}, and not followed (--detach): this 0 is not the workflow's", "ask")
        extra = {"run_id": run, "execution": started.arn, "links": {"execution": execution_page(started.arn)}}
        return WorkflowEnd(verdict=outcome, manifest=workflow, steps=(), extra=extra)
    following = Following(on_signal=options.on_signal, log=options.log, all_containers=options.all_containers)
    follower = WorkflowFollower(stage, workflow, started.arn, around.output, around.console, following)
    try:
        return end_of(run, follower.follow())
    except RunnerError as error:
        error.began = True
        raise


def _inputs(options: RunOptions, workflow: WorkflowManifest) -> Mapping[str, Any]:
    """What its steps are given: the options, and when it was due."""
    due = due_variables(options.scheduled, workflow.schedule, datetime.now(UTC)) if options.scheduled else {}
    when = due.get(SCHEDULED_TIME, "")
    with suppress(ValueError):
        when = datetime.fromisoformat(when).isoformat()  # its machine reads fewer forms
    inputs = {SCHEDULED: when, BACKFILL_ID: options.backfill}
    values = option_variables(workflow, options.options, {})
    return {**{name: text for name, text in inputs.items() if text}, **values, **options.machine_input}


def _start(stage: Stage, workflow: WorkflowManifest, run: str, given: Mapping[str, Any]) -> StartedWorkflow:
    """Starts it, or joins it; one that is paused can only be joined."""
    path = StageNames.of(workflow).paused(workflow.name)
    pause = read_pause(stage.aws, path, f"whether {workflow.name} is paused cannot be seen", stage.waiter)
    if pause is None or not pause.holds(time.time()):
        return start(stage, workflow, run, given)
    arn = arn_of(workflow, run)
    if described(stage, arn) is not None:
        return StartedWorkflow(arn, joined=True)
    raise PausedError(
        f"{workflow.name} is paused {pause.words()}",
        hint=f"End it with batchwright resume {workflow.name} -s {workflow.stage}",
    )
