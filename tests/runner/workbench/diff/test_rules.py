"""Two policies compared: a table, and a search for a request that one allows and no difference shows."""

import itertools
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.workbench.diff.rules import Whose, compare, rules_of, stands_for
from tests.runner.workbench.diff.support import Row, each_of, rows

Statement = dict[str, Any]
BUCKET = "arn:aws:s3:::sales"


def allow(action: object, resource: object = "*", **more: object) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: object, resource: object = "*", **more: object) -> Statement:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def differences(before: list[Statement], after: list[Statement], whose: Whose = "identity") -> list[str]:
    """The sentences, the broader with a ``+`` before it."""
    old, new = ([rule for statement in policy for rule in rules_of(statement, whose)] for policy in (before, after))
    return [f"{'+' if difference.broader else '-'} {difference}" for difference in compare(old, new)]


@each_of(rows("rules"))
def test_what_is_said(row: Row) -> None:
    was, now = ([json.loads(line) for line in lines] for lines in (row.was, row.now))

    assert differences(was, now) == row.said


def test_a_statement_that_only_a_deployment_knows_may_allow_anything() -> None:
    old, new = (rules_of(statement) for statement in (allow("s3:GetObject"), '<If ["Live", {}]>'))

    assert [str(difference) for difference in compare(old, [*old, *new]) if difference.broader] == [
        'may now also do what <If ["Live", {}]> says'
    ]


def test_the_line_and_the_reason_of_a_grant_are_said() -> None:
    (difference,) = compare([], rules_of(allow("s3:GetObject", BUCKET), at="batch.py:3", reason="the report"))

    assert str(difference).endswith(f"on {BUCKET} (granted at batch.py:3; reason: the report)")


@pytest.mark.parametrize(
    ("operator", "words"),
    [
        ("StringEquals", "aws:TagKeys is a or b"),
        ("ForAnyValue:StringEquals", "one of aws:TagKeys is a or b"),
        ("ForAllValues:StringLike", "each of aws:TagKeys is like a or b"),
    ],
)
def test_a_condition_in_words(operator: str, words: str) -> None:
    (text,) = differences([], [allow("s3:GetObject", Condition={operator: {"aws:TagKeys": ["b", "a"]}})])

    assert text == f"+ may now also read S3: s3:GetObject on every resource only if {words}"


@pytest.mark.parametrize(("value", "words"), [("false", "aws:TagKeys is given"), ("true", "aws:TagKeys is not given")])
def test_a_condition_on_whether_a_key_is_given_in_words(value: str, words: str) -> None:
    (text,) = differences([], [allow("s3:GetObject", Condition={"Null": {"aws:TagKeys": value}})])

    assert text == f"+ may now also read S3: s3:GetObject on every resource only if {words}"


TASKS = {"Service": "ecs-tasks.amazonaws.com"}
A, B = "arn:aws:iam::111111111111:role/a", "arn:aws:iam::111111111111:role/b"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([TASKS], [TASKS, {"AWS": "*"}], ["can now also be taken by everyone"]),
        ([TASKS], [{**TASKS, "AWS": A}], [f"can now also be taken by {A} and the service ecs-tasks.amazonaws.com"]),
        ([{"AWS": A}], [{"AWS": A}, {"AWS": "111111111111"}], ["can now also be taken by the account 111111111111"]),
        ([{"AWS": "111111111111"}], [{"AWS": "arn:aws:iam::111111111111:root"}], []),
        ([{"AWS": [A, B]}], [{"AWS": [B, A]}], []),
        ([TASKS], [TASKS, {"Federated": "x"}], ["can now also be taken by Federated x"]),
    ],
)
def test_who_may_take_a_role(before: list[object], after: list[object], expected: list[str]) -> None:
    old, new = (
        [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal} for principal in principals]
        for principals in (before, after)
    )

    assert [text[2:] for text in differences(old, new, "trust") if text.startswith("+")] == expected


def test_another_way_to_take_a_role_is_named() -> None:
    tagged = {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Principal": TASKS}

    assert differences([], [tagged], "trust") == [
        "+ can now also be taken by the service ecs-tasks.amazonaws.com (sts:AssumeRole and sts:TagSession)"
    ]


def test_a_resources_policy_says_who() -> None:
    denial = deny("s3:*", Principal={"AWS": "111111111111"})
    everyone = allow("s3:GetObject", NotPrincipal={"AWS": [B, A]})

    assert differences([denial], [everyone], "resource") == [
        f"+ everyone but {A} and {B} may now also read S3: s3:GetObject on every resource",
        "+ is no longer denied to the account 111111111111: s3:* on every resource",
    ]
    assert differences([everyone], [allow("s3:GetObject", NotPrincipal={"AWS": [A, B]})], "resource") == []


def test_what_everyone_may_is_not_what_an_identity_may() -> None:
    """A role that may do everything is not one that everyone may take."""
    identity, trust = rules_of(allow("*")), rules_of(allow("sts:AssumeRole", Principal="*"), "trust")

    assert [difference.rule.whose for difference in compare(identity, [*identity, *trust])] == ["trust"]


ACTIONS = ["a:x", "a:y", "b:x"]
RESOURCES = ["r1", "r2"]
NETWORKS = ["in", "out"]
STATEMENTS = st.lists(
    st.fixed_dictionaries(
        {"Effect": st.sampled_from(["Allow", "Allow", "Deny"])},
        optional={
            "Condition": st.builds(
                lambda operator, values: {operator: {"net": values}},
                st.sampled_from(["StringEquals", "StringNotEquals"]),
                st.lists(st.sampled_from(NETWORKS), min_size=1, max_size=2, unique=True),
            )
        },
    ).flatmap(
        lambda values: st.builds(
            lambda negated, actions, resources: {
                **values,
                ("NotAction" if negated else "Action"): actions,
                "Resource": resources,
            },
            st.booleans(),
            st.lists(st.sampled_from([*ACTIONS, "a:*", "*"]), min_size=1, max_size=2),
            st.lists(st.sampled_from([*RESOURCES, "r?", "*"]), min_size=1, max_size=2),
        )
    ),
    max_size=3,
)


def requests() -> list[tuple[str, str, str]]:
    return [(action, resource, net) for action in ACTIONS for resource in RESOURCES for net in NETWORKS]


def is_allowed(statements: list[Statement], request: tuple[str, str, str]) -> bool:
    effects = {statement["Effect"] for statement in statements if _fits(statement, *request)}
    return effects == {"Allow"}


def _fits(statement: Statement, action: str, resource: str, net: str) -> bool:
    actions = statement.get("Action") or statement["NotAction"]
    acts = any(_like(pattern, action) for pattern in actions) is not ("NotAction" in statement)
    for operator, keys in statement.get("Condition", {}).items():
        if (net in keys["net"]) is (operator == "StringNotEquals"):
            return False
    return acts and any(_like(pattern, resource) for pattern in statement["Resource"])


def _like(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern.replace("*", ".*").replace("?", "."), text) is not None


@given(STATEMENTS, STATEMENTS)
def test_no_request_becomes_allowed_without_a_word(before: list[Statement], after: list[Statement]) -> None:
    found = {text[0] for text in differences(before, after)}
    more = [request for request in requests() if is_allowed(after, request) and not is_allowed(before, request)]
    less = [request for request in requests() if is_allowed(before, request) and not is_allowed(after, request)]

    assert "+" in found or not more
    assert "-" in found or not less


@given(STATEMENTS)
def test_nothing_differs_from_itself(statements: list[Statement]) -> None:
    assert differences(statements, statements[::-1]) == []


PATTERN = st.text(alphabet="ab*?", max_size=5)
TEXTS = ["".join(letters) for length in range(6) for letters in itertools.product("ab", repeat=length)]


@given(PATTERN, PATTERN)
def test_a_pattern_that_stands_for_another_fits_all_that_that_fits(wide: str, narrow: str) -> None:
    if stands_for(wide, narrow):
        assert {text for text in TEXTS if _like(narrow, text)} <= {text for text in TEXTS if _like(wide, text)}


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("*", "s3:*", True),
        ("s3:Get*", "s3:GetObject*", True),
        ("s3:GetObject*", "s3:Get*", False),
        ("s3:?etObject", "s3:GetObject", True),
        ("s3:?etObject", "s3:*etObject", False),
        ("<Sales.Arn>/*", "<Sales.Arn>/2026/*", True),
        ("arn:aws:s3:::*", "arn:aws:s3:::<Name>", True),
        ("???", "<X>", False),
        ("arn:aws:iam::1:user/????????????????", "arn:aws:iam::1:user/${aws:username}", False),
        ("arn:aws:s3:::a/*", "arn:aws:s3:::a", False),
    ],
)
def test_patterns_that_stand_for_others(wide: str, narrow: str, expected: bool) -> None:
    assert stands_for(wide, narrow) is expected
