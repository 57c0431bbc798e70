"""Which events the rules send to the queue, as moto reads patterns of events.

moto is written by others, after the documents and AWS's own answers; it is not EventBridge itself (docs/proof.md).
"""

import json
from typing import Any

import pytest

from batchwright_runner.contract.names import HANDED_TYPE, StageNames
from tests.library.alerts.stack import HERE, alerts_stack
from tests.library.support import of_type

FAMILY = f"arn:aws:ecs:{HERE}:task-definition/batches-staging-report:7"
MACHINE = f"arn:aws:states:{HERE}:stateMachine:batches-staging-report"


@pytest.fixture(scope="module")
def patterns() -> dict[str, Any]:
    from moto.events.models import EventPattern  # which takes a second

    rules = [rule["Properties"] for rule in of_type(alerts_stack(), "AWS::Events::Rule")]
    return {
        rule["Name"].rpartition("-")[2]: EventPattern.load(json.dumps(rule["EventPattern"]))
        for rule in rules
        if "EventPattern" in rule
    }


def event(source: str, kind: str, **detail: object) -> dict[str, Any]:
    return {"source": source, "detail-type": kind, "detail": detail, "account": "111111111111", "resources": []}


def task(**changes: object) -> dict[str, Any]:
    """A task that has stopped, by whatever it was started: a runner, a machine, a rule of someone."""
    detail = {
        "clusterArn": f"arn:aws:ecs:{HERE}:cluster/batches-staging",
        "taskDefinitionArn": FAMILY,
        "lastStatus": "STOPPED",
        "group": "9f1c",
        "stopCode": "EssentialContainerExited",
    }
    return event("aws.ecs", "ECS Task State Change", **{**detail, **changes})


def execution(status: str, machine: str = MACHINE, **more: object) -> dict[str, Any]:
    shown = {"status": status, "stateMachineArn": machine, **more}
    return event("aws.states", "Step Functions Execution Status Change", **shown)


def handed(source: str) -> dict[str, Any]:
    return event(source, HANDED_TYPE, execution="arn:aws:states:x")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (task(), "tasks"),
        (task(stopCode="SpotInterruption"), "tasks"),
        (task(stopCode="", group="family:batches-staging-report"), "tasks"),
        (task(lastStatus="RUNNING"), ""),
        (task(clusterArn=f"arn:aws:ecs:{HERE}:cluster/other"), ""),
        (task(taskDefinitionArn=FAMILY.replace("-staging-", "-production-")), ""),
        (task(taskDefinitionArn=FAMILY.replace("-staging-", "-stagings-")), ""),
        (task(taskDefinitionArn=FAMILY.replace("111111111111", "222222222222")), ""),
        ({**task(), "detail-type": "ECS Container Instance State Change"}, ""),
        *((execution(status), "executions") for status in ("FAILED", "TIMED_OUT", "ABORTED")),
        *((execution(status), "") for status in ("SUCCEEDED", "RUNNING")),
        (execution("SUCCEEDED", output='{"code":0,"ends":[{"step":"extract"}]}'), "executions"),
        (execution("FAILED", MACHINE.replace("-staging-", "-production-")), ""),
        ({**execution("FAILED"), "source": "aws.ecs"}, ""),
        (handed(StageNames("batches", "staging").handed_source), "handed"),
        (handed(StageNames("batches", "production").handed_source), ""),
        ({**handed(StageNames("batches", "staging").handed_source), "detail-type": "Another"}, ""),
    ],
)
def test_what_is_sent_to_the_queue_and_by_which_rule(
    patterns: dict[str, Any], given: dict[str, Any], sent: str
) -> None:
    assert {name for name, pattern in patterns.items() if pattern.matches_event(given)} == ({sent} if sent else set())
