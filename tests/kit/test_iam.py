from typing import Any

import pytest

from tests.kit.iam import allowed

BUCKET = "arn:aws:s3:::sales"
GRANT: dict[str, Any] = {"Effect": "Allow", "Action": ["s3:Get*", "s3:Put?bject"], "Resource": [f"{BUCKET}/*"]}


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("s3:GetObject", f"{BUCKET}/a/b", True),
        ("s3:getobject", f"{BUCKET}/a", True),
        ("s3:PutObject", f"{BUCKET}/a", True),
        ("s3:PutObjects", f"{BUCKET}/a", False),
        ("s3:DeleteObject", f"{BUCKET}/a", False),
        ("s3:GetObject", BUCKET, False),
        ("s3:GetObject", f"{BUCKET}-2/a", False),
    ],
)
def test_actions_and_resources(action: str, resource: str, expected: bool) -> None:
    assert allowed([GRANT], action, resource) == expected


def test_a_denial_wins() -> None:
    denial = {"Effect": "Deny", "Action": "s3:*", "Resource": f"{BUCKET}/secret/*"}

    assert allowed([GRANT, denial], "s3:GetObject", f"{BUCKET}/a")
    assert not allowed([GRANT, denial], "s3:GetObject", f"{BUCKET}/secret/a")
    assert not allowed([], "s3:GetObject", f"{BUCKET}/a")


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "expected"),
    [
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", "a", None, False),
        ("StringLike", "a*", "ab", True),
        ("ArnEquals", "arn:aws:ecs:*:1:cluster/x", "arn:aws:ecs:r:1:cluster/x", True),
        ("ArnLike", "arn:aws:iam::1:role/*/x", "arn:aws:iam::1:role/a/b/x", True),
        ("StringNotLike", "a*", "ab", False),
        ("StringNotLike", "a*", None, True),
        ("ForAnyValue:StringEquals", "alias/x", ["alias/y", "alias/x"], True),
        ("ForAnyValue:StringEquals", "alias/x", None, False),
        ("ForAllValues:StringEquals", "record", ["record", "record"], True),
        ("ForAllValues:StringEquals", "record", ["record", "outbox"], False),
        ("ForAllValues:StringEquals", "record", None, True),
        ("Null", "false", ["record"], True),
        ("Null", "false", None, False),
        ("Null", "true", None, True),
        ("Bool", "false", "false", True),
        ("Bool", "false", "true", False),
        ("NumericLessThanEquals", "1024", 1024, True),
        ("NumericLessThanEquals", "1024", "2048", False),
        ("NumericLessThanEqualsIfExists", "1024", None, True),
        ("NumericLessThanEqualsIfExists", "1024", 2048, False),
    ],
)
def test_conditions(operator: str, wanted: object, given: object, expected: bool) -> None:
    statement = {**GRANT, "Condition": {operator: {"k": wanted}}}
    context = {} if given is None else {"k": given}

    assert allowed([statement], "s3:GetObject", f"{BUCKET}/a", context) == expected


def test_an_operator_that_is_not_known_is_no_answer() -> None:
    statement = {**GRANT, "Condition": {"NumericEquals": {"k": 1}}}

    with pytest.raises(ValueError, match="NumericEquals is not judged here"):
        allowed([statement], "s3:GetObject", f"{BUCKET}/a", {"k": 1})
