"""Two policies compared, line by line: a table, and a search for a request that one allows and no line shows."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.workbench.diff.changes import ChangeList, ChangeSubject
from batchwright_runner.workbench.diff.declared import permission_changes
from batchwright_runner.workbench.permissions.statements import Statement as PolicyPart
from tests.runner.workbench.diff.support import Row, each_of, rows

Statement = dict[str, Any]


def differences(before: list[Any], after: list[Any]) -> list[str]:
    """The sentences, those that fail ``--fail-on permissions`` with a ``+`` before them."""
    changes = ChangeList(ChangeSubject(kind="batch", name="report"))
    old, new = (
        {line: "" for statement in policy for line in PolicyPart.of(statement, "it").parts()}
        for policy in (before, after)
    )
    permission_changes(old, new, changes)
    return [f"{'+' if change.gates else '-'} {change.text.removeprefix('it: ')}" for change in changes.entries]


@each_of(rows("rules"))
def test_what_is_said(row: Row) -> None:
    was, now = ([json.loads(line) for line in lines] for lines in (row.was, row.now))

    assert differences(was, now) == row.said


A, B = "arn:aws:iam::111111111111:role/a", "arn:aws:iam::111111111111:role/b"


@pytest.mark.parametrize(
    ("principal", "who"),
    [
        ("*", "everyone"),
        ({"AWS": "*"}, "everyone"),
        ({"AWS": A}, A),
        ({"AWS": [A, B]}, f"{A}"),
        ({"Service": "ecs-tasks.amazonaws.com"}, "the service ecs-tasks.amazonaws.com"),
        ({"Federated": "x"}, "Federated x"),
    ],
)
def test_who_may_is_shown(principal: object, who: str) -> None:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}

    assert f"+ now allows sts:AssumeRole to {who}" in differences([], [statement])


def test_a_removed_denial_counts_and_a_removed_allowance_does_not() -> None:
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}

    assert differences([allow], []) == ["- no longer allows s3:* on every resource"]
    assert differences([{**allow, "Effect": "Deny"}], []) == ["+ no longer denies s3:* on every resource"]


def test_a_condition_that_the_template_chooses_is_shown_as_it_is() -> None:
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": '<If ["Live", {}, {}]>'}

    assert differences([], [statement]) == ['+ now allows s3:* on every resource only if <If ["Live", {}, {}]>']


ACTIONS, RESOURCES, NETWORKS = ["a:x", "a:y", "b:x"], ["r1", "r2"], ["in", "out"]
STATEMENTS = st.lists(
    st.fixed_dictionaries(
        {
            "Effect": st.sampled_from(["Allow", "Allow", "Deny"]),
            "Action": st.lists(st.sampled_from([*ACTIONS, "a:*", "*"]), min_size=1, max_size=2),
            "Resource": st.lists(st.sampled_from([*RESOURCES, "r?", "*"]), min_size=1, max_size=2),
        },
        optional={"Condition": st.sampled_from([{"StringEquals": {"net": [net]}} for net in NETWORKS])},
    ),
    max_size=3,
)


@given(STATEMENTS, STATEMENTS)
def test_what_two_policies_have_otherwise_is_never_silent(before: list[Statement], after: list[Statement]) -> None:
    def parts(policy: list[Statement]) -> set[str]:
        return {
            json.dumps([one["Effect"], action, resource, one.get("Condition")])
            for one in policy
            for action in one["Action"]
            for resource in one["Resource"]
        }

    found = differences(before, after)
    come, gone = parts(after) - parts(before), parts(before) - parts(after)

    assert bool(found) is bool(come | gone)
    assert any(text.startswith("+") for text in found) is any([*come, *(one for one in gone if '"Deny"' in one)])


@given(STATEMENTS)
def test_nothing_differs_from_itself(statements: list[Statement]) -> None:
    assert differences(statements, statements[::-1]) == []
