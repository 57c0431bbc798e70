"""Every alerts machine through asl-validator; and asl-validator, on planted faults in the same machine."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batchwright.alerts.machine import alerts_machine
from batchwright.automation.machine import machine
from tests.library.alerts.support import facts
from tests.library.automation.support import facts as machine_facts
from tests.library.automation.test_asl import findings

MACHINES = [
    facts(),
    facts(topic=""),
    facts(slack=None, datadog=None),
    facts(topic="", datadog=None, metrics=False),
    facts(slack=None, topic="", lines=0),
]


def test_every_machine_is_valid(tmp_path: Path) -> None:
    machines = [
        *map(alerts_machine, MACHINES),
        machine(machine_facts(alerts="arn:aws:states:eu-west-1:1:stateMachine:x")),
    ]

    found = findings(machines, tmp_path)

    assert found == [[] for _ in found]


def wrong_expression(states: dict[str, Any]) -> None:
    states["Judge it"]["Assign"]["end"] = "{% $end.next = %}"


def without_target(states: dict[str, Any]) -> None:
    states["Tell Slack"]["Next"] = "Nowhere"


@pytest.mark.parametrize("plant", [wrong_expression, without_target])
def test_a_planted_fault_is_found(plant: Callable[[dict[str, Any]], None], tmp_path: Path) -> None:
    bad = copy.deepcopy(alerts_machine(facts()))
    plant(bad["States"])

    (found,) = findings([bad], tmp_path)

    assert found


def test_a_machine_is_small() -> None:
    assert max(len(json.dumps(alerts_machine(one))) for one in MACHINES) < 80_000


def test_every_call_is_one_that_the_policy_allows() -> None:
    resources = {
        state["Resource"].removeprefix("arn:aws:states:::").removeprefix("aws-sdk:")
        for state in alerts_machine(facts())["States"].values()
        if "Resource" in state
    }

    assert resources == {
        "ssm:getParameters",
        "ssm:putParameter",
        "sfn:describeExecution",
        "sfn:startExecution",
        "ecs:listTasks",
        "ecs:describeTasks",
        "cloudwatchlogs:getLogEvents",
        "cloudwatch:putMetricData",
        "sns:publish",
        "http:invoke",
    }
