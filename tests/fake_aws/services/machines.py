"""State machines that play: a batch's, which starts tasks, and a workflow's, which starts batches' by its rules.

Each is a generator that is resumed with every request, and yields while nothing more can happen. What it does bears the
time of its cause, not that of the request.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from batchwright_runner.contract.ends import STEP_FUNCTIONS
from batchwright_runner.contract.executions import Execution as Seen
from batchwright_runner.contract.executions import verdict_of
from batchwright_runner.contract.judgment.ending import ending_of
from batchwright_runner.contract.judgment.retries import why_again
from batchwright_runner.contract.judgment.state import state_of
from batchwright_runner.contract.judgment.verdict import verdict
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.options import BACKFILL_ID, DONE, SCHEDULED, STARTED_BY
from batchwright_runner.contract.variables import BACKFILL, SCHEDULED_DATE, SCHEDULED_TIME
from batchwright_runner.contract.verdicts import Row, name
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.names import child_name
from batchwright_runner.contract.workflows.rules import (
    FAILED_VARIABLE,
    PASSED_OVER,
    RUNNING,
    StepState,
    decide,
    failed_steps,
)
from batchwright_runner.contract.workflows.structure import WorkflowStep
from tests.fake_aws.services import states
from tests.fake_aws.services.run_task import start
from tests.fake_aws.services.states import Execution
from tests.fake_aws.services.tasks import Task
from tests.fake_aws.world import World, iso

GATE, LAG = 0.05, 0.05
"""Seconds from an execution's start to its task's; and from a task's end to the execution's."""


def batch(world: World, manifest: BatchManifest, execution: Execution) -> Iterator[None]:
    """A batch's machine. What ``world.machine_ends`` has for the batch is its end, whatever its task's was."""
    row = world.machine_ends.get(manifest.batch)
    at, failed, retried = execution.started + GATE, 0, 0
    if StageNames.of(manifest).paused(manifest.batch) in world.parameters:
        yield from _until(world, at)
        _fail(world, execution, manifest.batch, name(Row.PAUSED, 123), "paused by someone", at)
        return
    if manifest.overlap == "forbid" and (other := _in_progress(world, execution, manifest)):
        yield from _until(world, at)
        _fail(world, execution, manifest.batch, name(Row.OVERLAP, 123), f"run {other} is in progress", at)
        return
    if row in (Row.USAGE, Row.PAUSED, Row.OVERLAP):
        yield from _until(world, at)
        _fail(world, execution, manifest.batch, name(row, 0), f"it is {row.value}", at)
        return
    while True:
        yield from _until(world, at)
        task = _task(world, execution, manifest, at)
        while world.clock() < task.times.stopped:
            yield
        at = task.times.stopped + LAG
        ending = ending_of(manifest.container, state_of(task.describe(task.times.stopped), manifest.container))
        result = verdict(ending)
        failed = failed + 1 if result.row is Row.NEVER_STARTED else 0
        if not why_again(manifest, result, ending, failed_starts=failed, retried=retried):
            break
        retried += not failed
        at += manifest.retry_delay_seconds
    yield from _until(world, at)
    if row is not None:
        _fail(world, execution, manifest.batch, name(row, 0), f"it is {row.value}", at)
    elif (result.row, result.code) == (Row.OWN, 0):
        states.end(world, execution, "SUCCEEDED", at=at, task=task.arn)
    else:
        why = ending.reason or ending.stop_code
        _fail(world, execution, manifest.batch, name(result.row, result.code), why, at, task=task.arn)


def workflow(
    world: World, record: WorkflowManifest, machines: Mapping[str, str], execution: Execution
) -> Iterator[None]:
    """A workflow's machine.

    Args:
        world: The account.
        record: The workflow.
        machines: Batch to the machine that runs it.
        execution: Its execution.
    """
    if row := world.machine_ends.get(record.name):
        _fail(world, execution, record.name, name(row, 0), f"it is {row.value}", execution.started)
        return
    inputs = json.loads(execution.given)
    known = dict[str, StepState].fromkeys(inputs.get(DONE, ()), PASSED_OVER)
    due = inputs.get(SCHEDULED) or iso(execution.started)
    day = datetime.fromisoformat(due).astimezone(ZoneInfo(record.zone)).date().isoformat()
    handed = {SCHEDULED: due, SCHEDULED_DATE: day, STARTED_BY: execution.arn}
    handed |= {BACKFILL: inputs[BACKFILL_ID]} if BACKFILL_ID in inputs else {}
    at, children, requests = execution.started, dict[str, Execution](), dict[str, int]()
    while True:
        decision = decide(record, known)
        for step in decision.start:
            last = {FAILED_VARIABLE: " ".join(failed_steps(record, known))} if step in record.always else {}
            known[step.name] = RUNNING
            children[step.name], requests[step.name] = _child(
                world, execution, step, machines[step.batch], {**handed, **last}, at
            )
        if decision.verdict is not None:
            break
        while not (ended := [step for step in known if known[step] == RUNNING and children[step].status != "RUNNING"]):
            yield
        first = min(ended, key=lambda step: children[step].stopped)
        at = children[first].stopped + LAG
        yield from _until(world, at)
        result = verdict_of(Seen.of({**children[first].shown(), "error": children[first].error}))
        known[first] = StepState.of(result.row, result.code)
        execution.event("TaskSucceeded" if result.code == 0 else "TaskFailed", at, previous=requests[first])
    if decision.verdict.code == 0:
        states.end(world, execution, "SUCCEEDED", at=at)
    else:
        why = f"step {decision.verdict.step} has failed"
        _fail(world, execution, record.name, decision.verdict.error, why, at)


def _child(
    world: World, parent: Execution, step: WorkflowStep, machine: str, handed: Mapping[str, str], at: float
) -> tuple[Execution, int]:
    called = child_name(step.name, parent.arn)
    request = {"StateMachineArn": machine, "Name": called, "Input": {**handed, **step.options}}
    number = parent.event(
        "TaskScheduled",
        at,
        taskScheduledEventDetails={
            "resourceType": "states",
            "resource": "startExecution.sync:2",
            "region": world.region,
            "parameters": json.dumps(request),
        },
    )
    for kind in ("TaskStarted", "TaskSubmitted"):
        number = parent.event(kind, at, previous=number)
    arn = states.arn_of(machine, called)
    inputs = json.dumps(request["Input"])
    return world.executions.get(arn) or states.begin(world, machine, called, inputs, at=at), number


def _task(world: World, execution: Execution, manifest: BatchManifest, at: float) -> Task:
    family = world.families[manifest.task_definition.rpartition("/")[2].partition(":")[0]]
    inputs = json.loads(execution.given)
    variables = [{"name": SCHEDULED_TIME, "value": inputs.get(SCHEDULED, "")}]
    also = (SCHEDULED_DATE, FAILED_VARIABLE, BACKFILL, *(option.name for option in manifest.options))
    variables += [{"name": option, "value": inputs[option]} for option in also if option in inputs]
    body: dict[str, Any] = {
        "startedBy": STEP_FUNCTIONS,
        "group": execution.name,
        "tags": [{"key": "batchwright:batch", "value": manifest.batch}],
        "overrides": {"containerOverrides": [{"name": manifest.container, "environment": variables}]},
    }
    return start(world, manifest.cluster, body, manifest.task_definition, family, at=at)


def _in_progress(world: World, execution: Execution, manifest: BatchManifest) -> str:
    """Another run of a batch that is in progress; empty for none."""
    now = world.clock()
    for run in world.executions.values():
        if run.machine == execution.machine and run is not execution and run.status == "RUNNING":
            return str(run.name)
    family = manifest.task_definition.rpartition("/")[2].partition(":")[0]
    busy = (task for task in world.tasks.values() if task.family == family and task.times.stopped > now)
    return next((str(task.request.get("startedBy")) for task in busy), "")


def _fail(world: World, execution: Execution, subject: str, error: str, why: str, at: float, **task: str) -> None:
    cause = json.dumps({"batch": subject, "run": execution.name, "why": why, **task})
    states.end(world, execution, "FAILED", error, cause, at=at)


def _until(world: World, at: float) -> Iterator[None]:
    while world.clock() < at:
        yield
