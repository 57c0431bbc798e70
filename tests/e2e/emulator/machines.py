"""Where the emulator differs from AWS when it starts batches by itself: schedules, machines, and their tasks."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module

from tests.e2e.emulator.patches import Data, Function, replaces

DUE = "<aws.scheduler.scheduled-time>"
ABORTED = "The Task state in AWS Step Functions execution [{}] which was managing this resource was aborted"


@replaces("ministack.services.eventbridge", "_invoke_target", "(target, event, rule, view=None)")
def due_time(invoke: Function, target: Data, event: Data, rule: Data, view: Data = None) -> Data:
    """A schedule's input says when it was due: at the minute before it fires.

    A schedule puts the due time into its input (EventBridge Scheduler user guide, context attributes, 2026-11).
    The emulator leaves the placeholder.
    """
    at = datetime.fromtimestamp(event["Time"], UTC).replace(second=0).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = str(target.get("Input", "")).replace(DUE, at)
    return invoke({**target, "Input": text} if DUE in str(target.get("Input")) else target, event, rule, view)


@replaces("ministack.services.stepfunctions", "_pascal_to_camel", "(d)")
def started_by(convert: Function, given: Data) -> Data:
    """A task that a machine starts says so.

    startedBy of a machine's task is 'AWS Step Functions' (recorded by others: docs/proof.md). The emulator's is
    empty.
    """
    converted = convert(given)
    if isinstance(converted, dict) and "taskDefinition" in converted:
        return {**converted, "startedBy": "AWS Step Functions"}
    return converted


@replaces("ministack.services.stepfunctions", "_poll_ecs_tasks", "(cluster, task_arns)")
def judged(poll: Function, cluster: str, task_arns: Data) -> Data:
    """The result is the task itself, in PascalCase; one that did not end with 0 is a failure.

    ecs:runTask.sync gives the task itself, in PascalCase, and fails with States.TaskFailed where a container
    did not end with 0 (recorded by others: docs/proof.md). The emulator gives a list in camelCase, and fails
    never.
    """
    task = _pascal(poll(cluster, task_arns)["tasks"][0])
    if any(container.get("ExitCode") != 0 for container in task["Containers"]):
        raise import_module("ministack.services.stepfunctions")._ExecutionError("States.TaskFailed", json.dumps(task))
    return task


@replaces("ministack.services.stepfunctions", "_invoke_resource_with_timeout", "(resource, input_data, timeout)")
def stopped_at_the_timeout(invoke: Function, resource: str, given: Data, timeout: Data) -> Data:
    """A state whose time is up stops its task.

    Step Functions stops the task of a state whose time is up (measured by others: docs/proof.md). The
    emulator's goes on.
    """
    try:
        return invoke(resource, given, timeout)
    except Exception as error:
        if resource.endswith("ecs:runTask.sync") and getattr(error, "error", "") == "States.Timeout":
            _stop_tasks(given["Group"])
        raise


@replaces("ministack.services.stepfunctions", "_stop_execution", "(data)")
def stopped_with_it(stop: Function, data: Data) -> Data:
    """A stop of an execution stops its task.

    Step Functions stops the task of an execution that is stopped (measured by others: docs/proof.md). The
    emulator's goes on.
    """
    answer = stop(data)
    _stop_tasks(str(data["executionArn"]).rpartition(":")[2])
    return answer


def _stop_tasks(group: str) -> None:
    """Stops the tasks of an execution."""
    ecs = import_module("ministack.services.ecs")
    for task in [task for task in ecs._tasks.values() if task.get("group") == group]:
        reason = ABORTED.format(group)
        ecs._stop_task({"cluster": task["clusterArn"], "task": task["taskArn"], "reason": reason})


def _pascal(value: Data) -> Data:
    if isinstance(value, list):
        return [_pascal(item) for item in value]
    if isinstance(value, Mapping):
        return {key[:1].upper() + key[1:]: _pascal(part) for key, part in value.items()}
    return value
