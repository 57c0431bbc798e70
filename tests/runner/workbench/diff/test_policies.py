"""Two policies compared: a table, and a search for a request that one allows and nothing is said of."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.workbench.diff.permission_words import Whose, sentence
from batchwright_runner.workbench.diff.policies import compare
from batchwright_runner.workbench.diff.rules import rule_of

Statement = dict[str, Any]
BUCKET = "arn:aws:s3:::sales"


def allow(action: object, resource: object = "*", **more: object) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def said(before: list[Statement], after: list[Statement], where: Whose = "identity") -> list[tuple[bool, str]]:
    found = compare([rule_of(one) for one in before], [rule_of(one) for one in after])
    return [(one.broader, sentence(one, where)) for one in found]


VPC = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            [],
            [allow("s3:GetObject", f"{BUCKET}/*")],
            [(True, f"may now also read S3: s3:GetObject on {BUCKET}/*")],
            id="new",
        ),
        pytest.param(
            [allow("s3:GetObject", f"{BUCKET}/*")],
            [],
            [(False, f"may no longer read S3: s3:GetObject on {BUCKET}/*")],
            id="gone",
        ),
        pytest.param(
            [allow("s3:GetObject", f"{BUCKET}/2026/*")],
            [allow("s3:GetObject", f"{BUCKET}/*")],
            [(True, f"may now read S3: s3:GetObject on {BUCKET}/* (was: {BUCKET}/2026/*)")],
            id="a wider resource",
        ),
        pytest.param(
            [allow("s3:GetObject", f"{BUCKET}/*")],
            [allow("s3:GetObject", f"{BUCKET}/2026/*")],
            [(False, f"may no longer read S3: s3:GetObject on {BUCKET}/* (still: {BUCKET}/2026/*)")],
            id="a narrower resource",
        ),
        pytest.param(
            [allow("s3:GetObject", BUCKET)],
            [allow("s3:Get*", BUCKET)],
            [(True, f"may now read S3: s3:Get* on {BUCKET} (was: s3:GetObject)")],
            id="a wider action",
        ),
        pytest.param(
            [allow("s3:*", BUCKET)],
            [allow(["s3:GetObject", "s3:PutObject"], BUCKET)],
            [
                (
                    False,
                    (
                        "may no longer read, list, write to, tag and change who may use S3: "
                        f"s3:* on {BUCKET} (still: s3:GetObject and s3:PutObject)"
                    ),
                )
            ],
            id="named actions in place of a wildcard",
        ),
        pytest.param(
            [allow("s3:GetObject", BUCKET, Condition=VPC)],
            [allow("s3:GetObject", BUCKET)],
            [(True, f"may now read S3: s3:GetObject on {BUCKET} (without the condition aws:SourceVpc is vpc-1)")],
            id="a condition dropped",
        ),
        pytest.param(
            [allow("s3:GetObject", BUCKET)],
            [allow("s3:GetObject", BUCKET, Condition=VPC)],
            [
                (
                    False,
                    (
                        f"may no longer read S3: s3:GetObject on {BUCKET} "
                        "(because of the condition aws:SourceVpc is vpc-1)"
                    ),
                )
            ],
            id="a condition added",
        ),
        pytest.param(
            [allow("s3:GetObject", BUCKET, Condition=VPC)],
            [allow("s3:GetObject", BUCKET, Condition={"StringEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}})],
            [
                (
                    True,
                    (
                        f"may now read S3: s3:GetObject on {BUCKET} only if aws:SourceVpc is vpc-1 or vpc-2 "
                        "(without the condition aws:SourceVpc is vpc-1)"
                    ),
                )
            ],
            id="another value of a condition",
        ),
        pytest.param(
            [allow("s3:GetObject", BUCKET, Condition={"NumericLessThan": {"s3:max-keys": "10"}})],
            [allow("s3:GetObject", BUCKET, Condition={"NumericLessThanEquals": {"s3:max-keys": 9}})],
            [
                (
                    False,
                    (
                        f"may no longer read S3: s3:GetObject on {BUCKET} only if s3:max-keys NumericLessThan 10 "
                        "(because of the condition s3:max-keys NumericLessThanEquals 9)"
                    ),
                )
            ],
            id="a smaller number in a condition",
        ),
        pytest.param(
            [allow("s3:GetObject", BUCKET, Condition={"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}})],
            [allow("s3:GetObject", BUCKET, Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})],
            [
                (
                    True,
                    (
                        f"may now read S3: s3:GetObject on {BUCKET} only if aws:SourceIp IpAddress 10.0.0.0/8 "
                        "(without the condition aws:SourceIp IpAddress 10.1.0.0/16)"
                    ),
                )
            ],
            id="a wider network in a condition",
        ),
        pytest.param(
            [allow("s3:GetObject", BUCKET, Condition={"Bool": {"aws:SecureTransport": True}})],
            [allow("s3:GetObject", BUCKET, Condition={"Bool": {"aws:SecureTransport": "true"}})],
            [],
            id="a condition written otherwise",
        ),
        pytest.param(
            [allow("s3:GetObject", BUCKET), allow("s3:PutObject", BUCKET)],
            [allow(["s3:PutObject", "s3:GetObject"], [BUCKET], Sid="Both")],
            [],
            id="the same said otherwise",
        ),
        pytest.param(
            [allow("S3:getobject", BUCKET)], [allow("s3:GetObject", BUCKET)], [], id="capitals of actions do not count"
        ),
        pytest.param(
            [allow("s3:*")], [allow("s3:*"), allow("s3:GetObject", BUCKET)], [], id="included by what there was"
        ),
        pytest.param(
            [allow("s3:GetObject", BUCKET)],
            [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
            [(True, "may now also do everything but iam:* on every resource")],
            id="all but some",
        ),
        pytest.param(
            [{"Effect": "Allow", "NotAction": ["iam:*", "kms:*"], "Resource": "*"}],
            [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
            [(True, "may now do everything but iam:* on every resource (was: all but iam:* and all but kms:*)")],
            id="all but fewer",
        ),
        pytest.param(
            [allow("s3:*"), {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}],
            [allow("s3:*")],
            [(True, "is no longer denied: s3:Delete* on every resource")],
            id="a denial dropped",
        ),
        pytest.param(
            [allow("s3:*")],
            [allow("s3:*"), {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}],
            [(False, "is now denied: s3:DeleteBucket on every resource")],
            id="a denial added",
        ),
        pytest.param(
            [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}],
            [{"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}],
            [(True, "is no longer denied: s3:* on every resource (still: s3:Delete*)")],
            id="less denied",
        ),
        pytest.param(
            [{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": VPC}],
            [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}],
            [(False, "is now denied: s3:* on every resource (was only if aws:SourceVpc is vpc-1)")],
            id="denied on a condition before",
        ),
        pytest.param(
            [allow("s3:GetObject", BUCKET)],
            [allow("s3:GetObject", f"{BUCKET}-archive")],
            [
                (True, f"may now also read S3: s3:GetObject on {BUCKET}-archive"),
                (False, f"may no longer read S3: s3:GetObject on {BUCKET}"),
            ],
            id="one for another",
        ),
        pytest.param(
            [],
            [allow("iam:PassRole", {"unresolved": "Role.Arn"})],
            [(True, "may now also change who may use IAM: iam:PassRole on <Role.Arn>")],
            id="what only a deployment knows",
        ),
        pytest.param(
            [],
            [allow("*")],
            [(True, "may now also do everything on every resource")],
            id="everything",
        ),
        pytest.param(
            [allow("s3:GetObject", f"{BUCKET}/*")],
            [{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": f"{BUCKET}/secret"}],
            [
                (True, f"may now also read S3: s3:GetObject on everything but {BUCKET}/secret"),
                (False, f"may no longer read S3: s3:GetObject on {BUCKET}/*"),
            ],
            id="every resource but one",
        ),
    ],
)
def test_what_is_said(before: list[Statement], after: list[Statement], expected: list[tuple[bool, str]]) -> None:
    assert said(before, after) == expected


@pytest.mark.parametrize(
    ("operator", "words"),
    [
        ("StringEquals", "aws:TagKeys is a or b"),
        ("ForAnyValue:StringEquals", "one of aws:TagKeys is a or b"),
        ("ForAllValues:StringLike", "each of aws:TagKeys is like a or b"),
    ],
)
def test_a_condition_in_words(operator: str, words: str) -> None:
    given = allow("s3:GetObject", Condition={operator: {"aws:TagKeys": ["b", "a"]}})

    ((_, text),) = said([], [given])

    assert text == f"may now also read S3: s3:GetObject on every resource only if {words}"


def trust(principal: object, **more: object) -> Statement:
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            [trust({"Service": "ecs-tasks.amazonaws.com"})],
            [trust({"Service": "ecs-tasks.amazonaws.com"}), trust({"AWS": "*"})],
            [(True, "can now also be taken by everyone (was: the service ecs-tasks.amazonaws.com)")],
        ),
        (
            [trust({"AWS": "arn:aws:iam::111111111111:role/a"})],
            [trust({"AWS": "111111111111"})],
            [
                (
                    True,
                    "can now also be taken by the account 111111111111 (was: arn:aws:iam::111111111111:role/a)",
                )
            ],
        ),
        (
            [trust({"AWS": "111111111111"})],
            [trust({"AWS": "arn:aws:iam::111111111111:root"})],
            [],
        ),
        (
            [trust({"Service": "ecs-tasks.amazonaws.com"}, Condition={"StringEquals": {"aws:SourceAccount": "1"}})],
            [trust({"Service": "ecs-tasks.amazonaws.com"})],
            [
                (
                    True,
                    (
                        "can now also be taken by the service ecs-tasks.amazonaws.com "
                        "(without the condition aws:SourceAccount is 1)"
                    ),
                )
            ],
        ),
    ],
)
def test_who_may_take_a_role(before: list[Statement], after: list[Statement], expected: list[tuple[bool, str]]) -> None:
    assert said(before, after, "trust") == expected


A, B = "arn:aws:iam::111111111111:role/a", "arn:aws:iam::111111111111:role/b"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            {"NotPrincipal": "*"},
            {"Principal": {"AWS": A}},
            [True, False],
        ),
        ({"NotPrincipal": {"AWS": [A, B]}}, {"NotPrincipal": {"AWS": A}}, [True]),
        ({"NotPrincipal": {"AWS": A}}, {"NotPrincipal": {"AWS": [B, A]}}, [False]),
        ({"NotPrincipal": {"AWS": [A, B]}}, {"NotPrincipal": {"AWS": [B, A]}}, []),
        ({"Principal": {"AWS": ["*", A]}}, {"NotPrincipal": {"AWS": A}}, [False, False]),
    ],
)
def test_all_principals_but_some(before: Statement, after: Statement, expected: list[bool]) -> None:
    found = said([allow("s3:GetObject", **before)], [allow("s3:GetObject", **after)], "resource")

    assert [broader for broader, _ in found] == expected


def test_what_was_all_but_some_is_said_in_words() -> None:
    ((_, text),) = said(
        [allow("s3:GetObject", NotPrincipal={"AWS": [A, B]})],
        [allow("s3:GetObject", NotPrincipal={"AWS": A})],
        "resource",
    )

    assert text == (
        f"everyone but {A} may now read S3: s3:GetObject on every resource (was: all but {A} and all but {B})"
    )


def test_whom_a_resource_denies_something_no_longer() -> None:
    denial = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": {"AWS": "111111111111"}}

    assert said([denial], [], "resource") == [
        (True, "is no longer denied to the account 111111111111: s3:* on every resource")
    ]


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
        lambda one: st.builds(
            lambda negated, actions, resources: {
                **one,
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
    effects = {one["Effect"] for one in statements if _fits(one, *request)}
    return effects == {"Allow"}


def _fits(one: Statement, action: str, resource: str, net: str) -> bool:
    acts = any(_like(each, action) for each in one.get("Action") or one["NotAction"]) is not ("NotAction" in one)
    for operator, keys in one.get("Condition", {}).items():
        if (net in keys["net"]) is (operator == "StringNotEquals"):
            return False
    return acts and any(_like(each, resource) for each in one["Resource"])


def _like(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern.replace("*", ".*").replace("?", "."), text) is not None


@given(STATEMENTS, STATEMENTS)
def test_no_request_becomes_allowed_without_a_word(before: list[Statement], after: list[Statement]) -> None:
    found = compare([rule_of(one) for one in before], [rule_of(one) for one in after])
    more = [one for one in requests() if is_allowed(after, one) and not is_allowed(before, one)]
    less = [one for one in requests() if is_allowed(before, one) and not is_allowed(after, one)]

    assert any(one.broader for one in found) or not more
    assert any(not one.broader for one in found) or not less


@given(STATEMENTS)
def test_nothing_differs_from_itself(statements: list[Statement]) -> None:
    assert compare([rule_of(one) for one in statements], [rule_of(one, at="elsewhere:1") for one in statements]) == []
