"""Step Functions: executions that a test has begun, or a machine that plays. Their tasks are those of ECS here."""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.world import World, iso, page_of

RUNNING = "RUNNING"
_WORDS = {"TIMED_OUT": "TimedOut"}


@dataclass
class Execution:
    """An execution of a machine."""

    arn: str
    machine: str
    started: float
    status: str = RUNNING
    stopped: float = 0.0
    error: str = ""
    cause: str = ""
    output: str = ""
    given: str = "{}"
    events: list[dict[str, Any]] = field(default_factory=list)

    def event(self, kind: str, at: float, previous: int | None = None, **details: Any) -> int:  # noqa: ANN401 - any shape
        """Adds an event to its history; gives its number."""
        number = len(self.events) + 1
        before = number - 1 if previous is None else previous
        self.events.append({"id": number, "previousEventId": before, "type": kind, "timestamp": at, **details})
        return number

    @property
    def name(self) -> str:
        """Its name."""
        return self.arn.rpartition(":")[2]

    def shown(self) -> dict[str, Any]:
        """As ListExecutions shows it."""
        shown: dict[str, Any] = {
            "executionArn": self.arn,
            "stateMachineArn": self.machine,
            "name": self.name,
            "status": self.status,
            "startDate": self.started,
        }
        return shown if self.status == RUNNING else {**shown, "stopDate": self.stopped}


def arn_of(machine: str, name: str) -> str:
    """The ARN of an execution."""
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


def begin(world: World, machine: str, name: str, given: str = "{}", at: float | None = None) -> Execution:
    """Begins an execution, as StartExecution does."""
    execution = Execution(arn_of(machine, name), machine, world.clock() if at is None else at, given=given)
    execution.event("ExecutionStarted", execution.started)
    world.executions[execution.arn] = execution
    if machine in world.players:
        world.playing[execution.arn] = world.players[machine](execution)
    return execution


def end(
    world: World,
    execution: Execution,
    status: str,
    error: str = "",
    cause: str = "",
    at: float | None = None,
    task: str = "",
) -> None:
    """Ends an execution: its task is stopped as Step Functions stops it, and its end is in the history."""
    execution.status, execution.error, execution.cause = status, error, cause
    execution.output = json.dumps({"code": 0, "task": task}) if task else ""
    execution.stopped = world.clock() if at is None else at
    execution.event(f"Execution{_WORDS.get(status, status.capitalize())}", execution.stopped)
    world.playing.pop(execution.arn, None)
    sentence = (
        f"The Task state in AWS Step Functions execution [{execution.arn}] which was managing this resource was aborted"
    )
    for running in world.tasks.values():
        family = str(running.request.get("taskDefinition", "")).rpartition("/")[2].partition(":")[0]
        if running.request.get("group") == execution.name and family in ("", execution.machine.rpartition(":")[2]):
            running.stop(world.clock(), sentence, by="states")
    if world.history_group:
        world.put_event(world.history_group, str(uuid.uuid4()), json.dumps(_event(world, execution)))


def start_execution(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """StartExecution, of a machine that plays, or that a test has given an end. One of a name is started once."""
    machine, given = body["stateMachineArn"], body.get("input", "{}")
    if machine not in world.machines and machine not in world.players:
        raise AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{machine}'")
    execution = world.executions.get(arn_of(machine, body["name"]))
    if execution is not None and (execution.status != RUNNING or execution.given != given):
        raise AwsError("ExecutionAlreadyExists", f"Execution Already Exists: '{execution.arn}'")
    if execution is None:
        execution = begin(world, machine, body["name"], given)
        if machine in world.machines:
            end(world, execution, *world.machines[machine])
    return {"executionArn": execution.arn, "startDate": execution.started}


def get_execution_history(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetExecutionHistory, page by page."""
    events = _existing(world, body["executionArn"]).events
    events = events[::-1] if body.get("reverseOrder") else events
    page, more = page_of(events, body, body.get("maxResults", 100))
    return {"events": page, **more}


def describe_state_machine(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeStateMachine, as far as a caller looks whether it is there."""
    arn = body["stateMachineArn"]
    if arn not in world.machine_states:
        raise AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    return {
        "stateMachineArn": arn,
        "name": arn.rpartition(":")[2],
        "status": world.machine_states[arn],
        "type": "STANDARD",
    }


def describe_execution(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeExecution."""
    execution = _existing(world, body["executionArn"])
    told = {"error": execution.error, "cause": execution.cause, "output": execution.output}
    return {**execution.shown(), "input": execution.given, **{name: text for name, text in told.items() if text}}


def list_executions(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """ListExecutions, the newest first."""
    wanted = body.get("statusFilter")
    executions = [
        execution
        for execution in world.executions.values()
        if execution.machine == body["stateMachineArn"] and wanted in (None, execution.status)
    ]
    newest_first = sorted(executions, key=lambda execution: execution.started, reverse=True)
    return {"executions": [execution.shown() for execution in newest_first]}


def stop_execution(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """StopExecution."""
    execution = _existing(world, body["executionArn"])
    if execution.status == RUNNING:
        end(world, execution, "ABORTED", body.get("error", ""), body.get("cause", ""))
        for child in _children(world, execution) if world.stops_children else ():
            end(world, child, "ABORTED")
    return {"stopDate": execution.stopped}


def _children(world: World, parent: Execution) -> list[Execution]:
    """The executions that an execution has started and that run."""
    requests = (event.get("taskScheduledEventDetails", {}).get("parameters", "{}") for event in parent.events)
    names = {json.loads(parameters).get("Name") for parameters in requests}
    running = (execution for execution in world.executions.values() if execution.status == RUNNING)
    return [execution for execution in running if execution.name in names]


def _existing(world: World, arn: str) -> Execution:
    if arn not in world.executions:
        raise AwsError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
    execution: Execution = world.executions[arn]
    return execution


def _event(world: World, execution: Execution) -> dict[str, Any]:
    """The event of its end (EventBridge events reference, "Step Functions Execution Status Change", 2026-11)."""
    at = execution.stopped
    dates = {"startDate": int(execution.started * 1000), "stopDate": int(at * 1000)}
    detail = {**execution.shown(), **dates, "input": "{}"}
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": world.account,
        "time": iso(at),
        "region": world.region,
        "resources": [execution.arn],
        "detail": detail,
    }
