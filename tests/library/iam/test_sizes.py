"""How large a policy is, and statements cut to fit."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright.iam import sizes
from batchwright.iam.policies import allow
from tests.kit.iam import allowed

ARNS = [f"arn:aws:ssm:ap-northeast-1:111111111111:parameter/batches/staging/report/SETTING_{n}" for n in range(400)]


def test_white_space_does_not_count() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x/*"}

    assert sizes.size([statement]) == len(
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::x/*"}]}'
    )


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:s3:::${Token[TOKEN.1]}/x",
        {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", {"Ref": "Bucket"}, "/x"]]},
        {"Fn::Sub": "arn:${AWS::Partition}:s3:::${Bucket}/x"},
    ],
)
def test_what_only_a_deployment_knows_has_its_usual_length(arn: Any) -> None:  # noqa: ANN401 - any JSON
    known = sizes.size([allow(["s3:GetObject"], ["arn:aws:s3:::" + "b" * 24 + "/x"])])

    assert sizes.size([allow(["s3:GetObject"], [arn])]) == known


def test_what_fits_stays_as_it_is() -> None:
    statements = [allow(["ssm:GetParameters"], ARNS[:20], sid="A"), allow(["s3:GetObject"], ["arn:aws:s3:::x/*"])]

    assert sizes.split(statements, 10_240) == [statements]


@given(st.integers(0, 400), st.integers(0, 400), st.sampled_from([2_048, 5_120, 6_144, 10_240]))
def test_what_does_not_fit_is_cut_into_policies_that_do_and_allow_the_same(read: int, decrypt: int, first: int) -> None:
    key = "kms:EncryptionContext:PARAMETER_ARN"
    statements = [
        *([allow(["ssm:GetParameters"], ARNS[:read], sid="Read")] if read else []),
        *([allow(["kms:Decrypt"], ["arn:k"], {"StringEquals": {key: ARNS[:decrypt]}})] if decrypt else []),
    ]

    made = sizes.split(statements, first)

    assert all(sizes.size(policy) <= (sizes.MANAGED if n else first) for n, policy in enumerate(made))
    ids = [statement["Sid"] for policy in made for statement in policy if "Sid" in statement]
    assert ids == ["Read", *(f"Read{n}" for n in range(2, len(ids) + 1))][: len(ids)]
    everything = [statement for policy in made for statement in policy]
    for n in (0, read - 1, read, 399):
        if 0 <= n < 400:
            assert allowed(everything, "ssm:GetParameters", ARNS[n]) == (n < read)
    for n in (0, decrypt - 1, decrypt, 399):
        if 0 <= n < 400:
            assert allowed(everything, "kms:Decrypt", "arn:k", {key: ARNS[n]}) == (n < decrypt)


def test_values_that_are_no_alternatives_are_not_cut() -> None:
    statement = allow(["s3:GetObject"], ["arn:aws:s3:::x/*"], {"StringNotLike": {"aws:PrincipalArn": ARNS}})

    assert [piece for policy in sizes.split([statement], 2_048) for piece in policy] == [statement]
