"""Starts a workflow's machine under the run's id, or joins the run that has that id: there is one of each."""

import json
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from batchwright_runner.contract.options import RUN
from batchwright_runner.contract.tasks import execution_arn
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.names import execution_name
from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import LATE_FOR, Patience, denied, ends_at_once, repeat
from batchwright_runner.host.aws.trying import Trying
from batchwright_runner.host.runs.signals import LeaveNow
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.workflows.end import come_back

PATIENCE = 300.0
"""Seconds for which a start that AWS refuses for a moment is tried."""
FATAL = "the workflow could not be started"
THERE = "ExecutionAlreadyExists"
_GONE = frozenset({"StateMachineDoesNotExist", "StateMachineDeleting"})


@dataclass(frozen=True, slots=True)
class StartedWorkflow:
    """A run that was started, or joined."""

    arn: str
    joined: bool


def start_request(workflow: WorkflowManifest, run: str, inputs: Mapping[str, Any]) -> dict[str, str]:
    """The StartExecution request. Pure.

    `inputs`: what is given to the run beside: options, and when it was due.
    """
    text = json.dumps({RUN: run, **inputs}, separators=(",", ":"))
    return {"stateMachineArn": workflow.machine, "name": execution_name(run), "input": text}


def arn_of(workflow: WorkflowManifest, run: str) -> str:
    """The execution of a run, by its id."""
    return execution_arn(workflow.machine, execution_name(run))


def start(stage: Stage, workflow: WorkflowManifest, run: str, inputs: Mapping[str, Any]) -> StartedWorkflow:
    """Starts it, or joins it. A request whose answer is lost is repeated: it joins what it has started."""
    waiter, request = stage.waiter, start_request(workflow, run, inputs)
    lost = False

    def attempt() -> StartedWorkflow:
        nonlocal lost
        # Once a request may have been carried out it is repeated, so that its run is known and can be stopped.
        if waiter.signals and not lost:
            raise InterruptedEarlyError(waiter.signals[0])
        try:
            answer = stage.aws.call("stepfunctions", "start_execution", **request)
        except ApiError as error:
            if error.code == THERE:
                return StartedWorkflow(arn_of(workflow, run), joined=not lost)
            lost = lost or error.lost
            raise
        return StartedWorkflow(str(answer["executionArn"]), joined=False)

    try:
        return repeat(
            attempt, waiter, Patience(PATIENCE, late_for=LATE_FOR), trying=Trying(FATAL, waiter, stage.tell.note)
        )
    except LeaveNow as left:
        why = f"left at once on a second signal, the first was {signal.Signals(left.first).name}"
        raise _maybe(workflow, run, f"{FATAL}: {why}") from left
    except ApiError as error:
        message = _refused(error)
        raise _maybe(workflow, run, str(message.args[0])) if lost else message from error


def _refused(error: ApiError) -> RunnerError:
    if ends_at_once(error):
        return denied(FATAL, error, hint="The caller's role needs what the workflow's grant_run grants")
    if error.code in _GONE:
        return RunnerError(f"{FATAL}: its machine is not there: {error}", hint="Deploy the workflow")
    return RunnerError(f"{FATAL}: {error}", hint="Try again later" if error.temporary else "", again="safe")


def _maybe(workflow: WorkflowManifest, run: str, message: str) -> RunnerError:
    """The error where a request may have been carried out whose answer was lost."""
    hint = "\n".join(come_back(workflow, run, "It may have been started all the same"))
    return RunnerError(message, hint=hint, again="ask")
