import re
from typing import Any

import pytest

from batchwright import DeclarationError
from batchwright.iam.permissions import Allowance, bare_wildcards, permission

BUCKET = "arn:aws:s3:::sales/*"


def test_a_plain_permission() -> None:
    assert permission("batch x", "s3:GetObject", BUCKET, None) == Allowance(("s3:GetObject",), (BUCKET,))
    assert permission("batch x", ["s3:GetObject", "s3:PutObject"], [BUCKET], None).actions == (
        "s3:GetObject",
        "s3:PutObject",
    )


@pytest.mark.parametrize(
    ("actions", "on", "message"),
    [
        ([], BUCKET, "allow: .* allowed: at least one action"),
        ("GetObject", BUCKET, "allow: actions: 'GetObject' was given; allowed: service:Action"),
        ("s3:Get Object", BUCKET, "allow: actions: 's3:Get Object' was given"),
        (None, BUCKET, "allow: actions: None was given; allowed: service:Action"),
        ("s3:GetObject", None, "allow: on: None was given; allowed: an ARN, such as bucket.bucket_arn"),
        ("s3:GetObject", [BUCKET, 5], "allow: on: .*, 5] was given; allowed: an ARN"),
        ("s3:GetObject", "sales", "allow: on: 'sales' was given; allowed: ARNs"),
        ("s3:*", BUCKET, "allow: 's3:\\*' was given without reason="),
        ("*", BUCKET, "allow: '\\*' was given without reason="),
        ("s3:GetObject", "*", "allow: '\\*' was given without reason="),
        ("s3:GetObject", "arn:aws:s3:*", "allow: 'arn:aws:s3:\\*' was given without reason="),
        ("s3:GetObject", "arn:aws:s3:::*", "allow: 'arn:aws:s3:::\\*' was given without reason="),
        ("s3:GetObject", "arn:aws:s3:::*/*", "allow: 'arn:aws:s3:::\\*/\\*' was given without reason="),
        ("sqs:SendMessage", "arn:aws:*:x:1:queue", "allow: 'arn:aws:\\*:x:1:queue' was given without reason="),
        (["s3:GetObject", "s3:Put*"], [BUCKET, "*"], "allow: 's3:Put\\*', '\\*' was given without reason="),
    ],
)
def test_what_is_refused(actions: Any, on: Any, message: str) -> None:  # noqa: ANN401 - any argument
    with pytest.raises(DeclarationError, match=f"^batch x: {message}"):
        permission("batch x", actions, on, None)


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_empty_reason_is_none(reason: str) -> None:
    with pytest.raises(DeclarationError, match=re.escape("without reason=")):
        permission("batch x", "s3:*", BUCKET, reason)


def test_a_reason_is_kept() -> None:
    assert permission("batch x", "ce:GetCostAndUsage", "*", "has no resource").reason == "has no resource"


def allows(actions: object, on: object, effect: str = "Allow") -> dict[str, object]:
    return {"Effect": effect, "Action": actions, "Resource": on}


@pytest.mark.parametrize(
    ("statement", "faults"),
    [
        (allows("s3:GetObject*", BUCKET), []),
        (allows(["s3:GetObject", "s3:List*"], [BUCKET, "arn:aws:s3:::sales"]), []),
        (allows("*", "*", effect="Deny"), []),
        (allows("*", BUCKET), ["a grant allows every action (*)"]),
        (allows(["s3:A", "s3:B"], [BUCKET, "*"]), ["a grant allows s3:A, s3:B on every resource (*)"]),
        (allows("s3:GetObject", "arn:*"), ["a grant allows s3:GetObject on every resource (arn:*)"]),
        (allows("*:*", BUCKET), ["a grant allows every action (*:*)"]),
        (
            allows("s3:GetObject", {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::*"]]}),
            ["a grant allows s3:GetObject on every resource (arn:x:s3:::*)"],
        ),
        (allows("kms:Decrypt", {"Fn::Sub": "arn:${AWS::Partition}:kms:${AWS::Region}:1:key/*"}), []),
        (allows("s3:GetObject", {"Fn::GetAtt": ["Bucket", "Arn"]}), []),
        (allows("s3:GetObject", {"Fn::Join": ["", [{"Fn::ImportValue": "Bucket"}, "/*"]]}), []),
        (allows("s3:GetObject", "a*"), ["a grant allows s3:GetObject on every resource (a*)"]),
        (allows("ecr:GetAuthorizationToken", "*"), []),
        (allows("ecs:ListTasks", "*"), ["a grant allows ecs:ListTasks on every resource (*)"]),
        (
            allows(["ecr:GetAuthorizationToken", "ecr:BatchGetImage"], "*"),
            ["a grant allows ecr:GetAuthorizationToken, ecr:BatchGetImage on every resource (*)"],
        ),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": BUCKET}, ["a grant allows all but some (NotAction)"]),
        ({"Effect": "Allow", "Action": "s3:A", "NotResource": BUCKET}, ["a grant allows all but some (NotResource)"]),
    ],
)
def test_bare_wildcards_of_grants(statement: dict[str, object], faults: list[str]) -> None:
    assert list(bare_wildcards([statement], [])) == faults


def test_a_reason_explains_what_it_was_given_for_and_nothing_else() -> None:
    explained = [Allowance(("ce:GetCost", "x:List"), ("*",), "no resource"), Allowance(("s3:*",), (BUCKET,), "all")]

    assert not list(bare_wildcards([allows(["ce:GetCost", "x:List"], "*")], explained))
    assert not list(bare_wildcards([allows("s3:*", BUCKET)], explained))
    assert list(bare_wildcards([allows(["ce:GetCost", "ce:Other"], "*")], explained))
    # Explained on one bucket is not explained on everything.
    assert list(bare_wildcards([allows("s3:*", "*")], explained))
    # Without a reason it explains nothing.
    assert list(bare_wildcards([allows("ce:GetCost", "*")], [Allowance(("ce:GetCost",), ("*",))]))
