"""What is made for a batch that AWS starts, through cfn-lint, the policy linter and cdk-nag."""

from pathlib import Path

import pytest
from aws_cdk import App, Environment, Stack

from batchwright import Schedule
from batchwright.cdk import known_options
from tests.library.automation.test_resources import kept
from tests.library.nag import nagged_rules
from tests.library.policy_linter import findings, statements
from tests.library.support import batch, platform
from tests.library.test_cfn_lint import faults

ACCEPTED = {
    "SQS3": "the queue is the last stop of what was not started",
    "SF1": "the runs' ends are in the history; a log of every state would cost and name inputs",
    "SF2": "ECS sends nothing into X-Ray",
    "IAM5": "tasks and machines are named by a prefix, and some actions have no resource",
    "ECS4": "container_insights= is a switch",
    "ECS2": "environment is for what is no secret",
}


def test_neither_template_has_a_fault() -> None:
    assert [faults(template) for template in kept(overlap="forbid")] == [[], []]


def test_every_action_acts_on_its_resource_under_conditions_that_it_has() -> None:
    ours = [
        (path, finding)
        for template in kept(overlap="forbid")
        for path, statement in statements(template)
        if "Machine" in path or "Schedules" in path
        for finding in findings(statement)
        if not (finding == "wildcard resource" and statement["Action"] == "ecs:ListTasks")
    ]

    assert ours == []


def test_cdk_nag_finds_what_was_weighed_and_no_more(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    home = App(
        outdir=str(tmp_path), analytics_reporting=False, **known_options(builtin_cloud_formation_validation=False)
    )
    ours = Stack(home, "stack", env=Environment(account="111111111111", region="ap-northeast-1"))
    batch(ours, platform(ours), scheduler="aws", schedule=Schedule.daily("02:30"))

    rules = nagged_rules(home)

    capfd.readouterr()
    assert rules - ACCEPTED.keys() == set()
    assert {"SF1", "SF2", "SQS3"} <= rules
