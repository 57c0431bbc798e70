"""Step Functions: executions that a test has begun. Their tasks are those of ECS here; no machine is executed."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.world import World, iso

RUNNING = "RUNNING"


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
    given: str = "{}"

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


def begin(world: World, machine: str, name: str) -> Execution:
    """Begins an execution, as StartExecution does."""
    found = Execution(f"{machine.replace(':stateMachine:', ':execution:')}:{name}", machine, world.clock())
    world.executions[found.arn] = found
    return found


def end(world: World, found: Execution, status: str, error: str = "", cause: str = "") -> None:
    """Ends an execution: its task is stopped as Step Functions stops it, and its end is in the history."""
    found.status, found.error, found.cause, found.stopped = status, error, cause, world.clock()
    sentence = (
        f"The Task state in AWS Step Functions execution [{found.arn}] which was managing this resource was aborted"
    )
    for task in world.tasks.values():
        family = str(task.request.get("taskDefinition", "")).rpartition("/")[2].partition(":")[0]
        if task.request.get("group") == found.name and family in ("", found.machine.rpartition(":")[2]):
            task.stop(world.clock(), sentence, by="states")
    if world.history_group:
        world.put_event(world.history_group, str(uuid.uuid4()), json.dumps(_event(world, found)))


def start_execution(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """StartExecution, of a machine that a test has given an end."""
    arn = body["stateMachineArn"]
    if arn not in world.machines:
        raise AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    found = begin(world, arn, body["name"])
    found.given = body.get("input", "{}")
    end(world, found, *world.machines[arn])
    return {"executionArn": found.arn, "startDate": found.started}


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
    found = _found(world, body["executionArn"])
    told = {"error": found.error, "cause": found.cause}
    return {**found.shown(), "input": found.given, **{name: text for name, text in told.items() if text}}


def list_executions(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """ListExecutions, the newest first."""
    wanted = body.get("statusFilter")
    found = [
        one
        for one in world.executions.values()
        if one.machine == body["stateMachineArn"] and wanted in (None, one.status)
    ]
    return {"executions": [one.shown() for one in sorted(found, key=lambda one: one.started, reverse=True)]}


def stop_execution(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """StopExecution."""
    found = _found(world, body["executionArn"])
    if found.status == RUNNING:
        end(world, found, "ABORTED", body.get("error", ""), body.get("cause", ""))
    return {"stopDate": found.stopped}


def _found(world: World, arn: str) -> Execution:
    if arn not in world.executions:
        raise AwsError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
    found: Execution = world.executions[arn]
    return found


def _event(world: World, found: Execution) -> dict[str, Any]:
    """The event of its end (EventBridge events reference, "Step Functions Execution Status Change", 2026-11)."""
    at = found.stopped
    detail = {**found.shown(), "startDate": int(found.started * 1000), "stopDate": int(at * 1000), "input": "{}"}
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": world.account,
        "time": iso(at),
        "region": world.region,
        "resources": [found.arn],
        "detail": detail,
    }
