"""A stage whose alerts were three machines is deployed again: nothing new takes the name of what is still there.

CloudFormation makes what is new before it deletes what is gone. `before.json` has the templates of such a stage, of
November 2026, without its machines' definitions.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Duration

from batchwright import Schedule
from batchwright.order import put_after
from batchwright.testing import Template
from tests.library.alerts.test_resources import ALL
from tests.library.support import app, batch, platform, stack, templates

BEFORE: Mapping[str, Template] = json.loads(Path(__file__).with_name("before.json").read_text(encoding="utf-8"))
NAMES = ("Name", "RoleName", "TopicName", "QueueName", "AlarmName", "StateMachineName", "TableName", "FunctionName")
"""Properties that name a resource; of its type there is one of that name."""


def deployed_again(alerts: Mapping[str, Any]) -> dict[str, Template]:
    """The same stage as it is now, by stack."""
    home = app()
    first, ours = stack(home, "platform"), stack(home)
    put_after(ours, first)
    on = platform(first, alerts=alerts)
    batch(ours, on, scheduler="aws", schedule=Schedule.daily("02:30"), expected=Duration.minutes(20))
    batch(ours, on, name="plain")
    return templates(home)


@pytest.fixture(scope="module")
def after() -> Mapping[str, Template]:
    return deployed_again(ALL)


def named(stacks: Mapping[str, Template]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Type and name of each resource that has one, and its stack and logical id."""
    for name, template in stacks.items():
        for logical_id, resource in template["Resources"].items():
            properties = resource["Properties"]
            for key in (*NAMES, "LogGroupName"):
                if isinstance(properties.get(key), str):
                    yield (resource["Type"], properties[key]), (name, logical_id)


def test_no_name_and_no_id_of_before_is_that_of_something_else(after: Mapping[str, Template]) -> None:
    then, now = dict(named(BEFORE)), dict(named(after))

    assert after.keys() == BEFORE.keys()
    assert len(then) > 30
    assert {key: (then[key], now[key]) for key in then.keys() & now.keys() if then[key] != now[key]} == {}
    for name, template in BEFORE.items():
        now_there = after[name]["Resources"]
        both = [
            (resource["Type"], now_there[id]["Type"])
            for id, resource in template["Resources"].items()
            if id in now_there
        ]
        assert [types for types in both if types[0] != types[1]] == []
    alerts = "batches-staging-alerts"
    assert BEFORE[alerts]["Resources"].keys() & after[alerts]["Resources"].keys() == set()
