"""Which events start the alerts machine: the rules of the template, as moto reads patterns of events.

moto is written by others, after the documents and AWS's own answers; it is not EventBridge itself (docs/proof.md).
"""

import json
from typing import Any

import pytest

from tests.kit.scripted_ecs import End
from tests.library.alerts.support import FAMILY, MACHINE, execution_event, task_event
from tests.library.alerts.test_resources import alerts_stack
from tests.library.support import of_type

HERE, THERE = ":eu-west-1:", ":ap-northeast-1:"


def in_the_stages_region(event: dict[str, Any]) -> Any:  # noqa: ANN401 - moto has a type of its own
    """An event of the support's region, in that of the template."""
    return json.loads(json.dumps(event).replace(HERE, THERE))


@pytest.fixture(scope="module")
def patterns() -> dict[str, Any]:
    from moto.events.models import EventPattern  # which takes a second

    found = of_type(alerts_stack(), "AWS::Events::Rule")
    return {
        one["Properties"]["Name"].rpartition("-")[2]: EventPattern.load(json.dumps(one["Properties"]["EventPattern"]))
        for one in found
    }


def started_by(patterns: dict[str, Any], event: dict[str, Any]) -> set[str]:
    return {name for name, one in patterns.items() if one.matches_event(in_the_stages_region(event))}


@pytest.mark.parametrize(
    "end",
    [
        End(),
        End(exit_code=3),
        End(others={"router": 143}),
        End(exit_code=None, began=False, stop_code="TaskFailedToStart"),
        End(stop_code="SpotInterruption"),
        End(stop_code="UserInitiated"),
        End(stop_code=""),
    ],
)
@pytest.mark.parametrize("by", ["", "AWS Step Functions"])
def test_every_end_of_a_task_of_the_stage_starts_it(patterns: dict[str, Any], end: End, by: str) -> None:
    assert started_by(patterns, task_event(end, by=by)) == {"tasks"}


@pytest.mark.parametrize(
    ("status", "starts"),
    [("FAILED", True), ("TIMED_OUT", True), ("ABORTED", True), ("SUCCEEDED", False), ("RUNNING", False)],
)
def test_executions_that_did_not_end_well_do(patterns: dict[str, Any], status: str, starts: bool) -> None:
    assert started_by(patterns, execution_event(status)) == ({"executions"} if starts else set())


def changed(event: dict[str, Any], **detail: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {**event, "detail": {**event["detail"], **detail}}


@pytest.mark.parametrize(
    "event",
    [
        changed(task_event(End()), lastStatus="RUNNING"),
        changed(task_event(End()), lastStatus="DEPROVISIONING"),
        changed(task_event(End()), clusterArn="arn:aws:ecs:eu-west-1:111111111111:cluster/other"),
        task_event(End(), family=FAMILY.replace("batches-staging-", "batches-production-")),
        task_event(End(), family=FAMILY.replace("batches-staging-", "batches-stagings-")),
        task_event(End(), family=FAMILY.replace("111111111111", "222222222222")),
        {**task_event(End()), "detail-type": "ECS Container Instance State Change"},
        execution_event("FAILED", machine=MACHINE.replace("batches-staging-daily-report", "batches_staging_alerts")),
        execution_event("FAILED", machine=MACHINE.replace("batches-staging-", "batches-production-")),
        {**execution_event("FAILED"), "source": "aws.ecs"},
    ],
)  # fmt: skip
def test_nothing_else_does(patterns: dict[str, Any], event: dict[str, Any]) -> None:
    assert started_by(patterns, event) == set()
