"""Every policy that the library writes, through a linter; and the linter, on bad statements."""

import re
from typing import Any

import pytest

from batchwright.testing import Synthesized, Template
from tests.library.policy_linter import ACCEPTED, findings, statements
from tests.library.samples import Assembly


@pytest.fixture(scope="module")
def templates(samples: Assembly, adopted: Synthesized) -> dict[str, Template]:
    return {**samples.templates, "adopted": adopted.template}


def test_no_finding_without_a_reason(templates: dict[str, Template]) -> None:
    accepted = {finding[:2] for finding in ACCEPTED}
    used: set[tuple[str, str]] = set()
    unexpected: list[str] = []
    linted = 0
    for stack, template in templates.items():
        for path, statement in statements(template):
            linted += 1
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            for finding in findings(statement):
                pairs = {(finding, action) for action in actions}
                used |= pairs & accepted
                unexpected += [] if pairs <= accepted else [f"{stack}: {path}: {finding} in {statement}"]

    assert not unexpected
    assert linted > 100
    assert used == accepted, "accepted, and found no more"


def test_every_kind_of_policy_is_linted(templates: dict[str, Template]) -> None:
    kinds = {
        re.sub(r".*/Properties/|/.*", "", path) for template in templates.values() for path, _ in statements(template)
    }

    assert kinds == {
        "AssumeRolePolicyDocument",
        "KeyPolicy",
        "Policies",
        "PolicyDocument",
        "RepositoryPolicyText",
        "ResourcePolicyDocument",
    }


TASK = "arn:aws:ecs:eu-west-1:111111111111:task/c/*"


@pytest.mark.parametrize(
    ("planted", "expected"),
    [
        ({"Action": "*"}, ["wildcard action *"]),
        ({"Action": "ecs:Stop?ask"}, ["wildcard action ecs:Stop?ask"]),
        ({"Action": "ecs:StopTasks"}, ["unknown action ecs:StopTasks"]),
        ({"Resource": [TASK, "*"]}, ["wildcard resource"]),
        (
            {"Resource": "arn:aws:ecs:eu-west-1:111111111111:cluster/c"},
            [
                "ecs:StopTask: no resource of a type it acts on",
                "arn:aws:ecs:eu-west-1:111111111111:cluster/c: no action acts on it",
            ],
        ),
        ({"Resource": [TASK, "arn:aws:s3:::bucket"]}, ["arn:aws:s3:::bucket: no action acts on it"]),
        (
            {"Condition": {"StringEquals": {"ecs:subnet": "subnet-1"}}},
            ["ecs:StopTask: condition key ecs:subnet does not apply"],
        ),
        (
            {"Condition": {"StringEquals": {"kms:ViaService": "x"}, "ArnEquals": {"ecs:cluster": "y"}}},
            ["ecs:StopTask: condition key kms:ViaService does not apply"],
        ),
        ({"Action": "ecs:StopTask", "NotResource": "x"}, ["allows all but some"]),
    ],
)
def test_a_planted_fault_is_found(planted: dict[str, Any], expected: list[str]) -> None:
    good = {"Effect": "Allow", "Action": "ecs:StopTask", "Resource": TASK}

    assert findings(good) == []
    assert findings({**good, **planted}) == expected


def test_claims_of_a_token_are_keys_of_the_action_that_takes_one_and_of_no_other() -> None:
    claims = {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/reports:ref:refs/heads/main"}}
    assume = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Condition": claims}

    assert findings(assume) == []
    assert findings({**assume, "Action": "sts:AssumeRole"}) != []
    assert findings({**assume, "Condition": {"StringEquals": {"token.actions.githubusercontent.com": "x"}}}) != []
