"""What a batch reads and writes is told from the permissions of its task role."""

from collections.abc import Sequence

import pytest

from batchwright_runner.catalog.touches import touches
from batchwright_runner.contract.access import Grant
from batchwright_runner.permissions.statements import permissions_of
from tests.runner.catalog.support import grant

ACCOUNT = "111111111111"
HERE = f"ap-northeast-1:{ACCOUNT}"


def found(*grants: Grant) -> dict[str, str]:
    """Id of a resource to ``r``, ``w`` or ``rw``."""
    every = touches(permissions_of(grants), ACCOUNT)
    return {thing.id: "r" * touch.reads + "w" * touch.writes for thing, touch in every.items()}


def given(*actions: str, on: Sequence[object], effect: str = "Allow") -> Grant:
    return Grant.from_dict(grant(*actions, on=on, effect=effect))


@pytest.mark.parametrize(
    ("action", "arn", "id", "how"),
    [
        ("s3:GetObject", "arn:aws:s3:::sales/2026/*", "s3:sales", "r"),
        ("s3:ListBucket", "arn:aws:s3:::sales", "s3:sales", "r"),
        ("s3:PutObject", "arn:aws-cn:s3:::sales/*", "s3:sales", "w"),
        ("s3:*", "arn:aws:s3:::sales*", "s3:sales*", "rw"),
        ("dynamodb:Query", f"arn:aws:dynamodb:{HERE}:table/orders/index/*", "dynamodb:orders", "r"),
        ("sqs:SendMessage", f"arn:aws:sqs:{HERE}:mails", "sqs:mails", "w"),
        ("sqs:SendMessage", "arn:aws:sqs:ap-northeast-1:999999999999:mails", "sqs:999999999999/mails", "w"),
        ("sns:Publish", f"arn:aws:sns:{HERE}:news", "sns:news", "w"),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{HERE}:secret:db-??????", "secretsmanager:db", "r"),
        ("ssm:GetParameter", f"arn:aws:ssm:{HERE}:parameter/shop/rate", "ssm:/shop/rate", "r"),
        ("kinesis:PutRecord", f"arn:aws:kinesis:{HERE}:stream/clicks", "kinesis:clicks", "w"),
        ("lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:resize", "lambda:resize", "w"),
        ("nobody:Knows", f"arn:aws:nobody:{HERE}:thing", "nobody:thing", "w"),
    ],
)
def test_a_permission_names_what_it_is_about(action: str, arn: str, id: str, how: str) -> None:
    assert found(given(action, on=[arn])) == {id: how}


@pytest.mark.parametrize(
    ("action", "arn"),
    [
        ("s3:ListAllMyBuckets", "*"),
        ("s3:GetObject", "arn:aws:s3:::*"),
        ("sqs:SendMessage", f"arn:aws:sqs:{HERE}:*"),
        ("kms:Decrypt", f"arn:aws:kms:{HERE}:key/1234"),
        ("logs:PutLogEvents", f"arn:aws:logs:{HERE}:log-group:/x:*"),
        ("*", "*"),
    ],
)
def test_every_resource_of_a_service_and_what_is_only_a_means_is_no_resource(action: str, arn: str) -> None:
    assert found(given(action, on=[arn])) == {}


def test_what_only_a_deployment_knows_has_the_name_that_it_has_in_the_template() -> None:
    mark = {"unresolved": "Queue.Arn"}

    assert found(given("sqs:SendMessage", on=[mark]), given("sqs:ReceiveMessage", on=[mark])) == {"sqs:Queue": "rw"}


def test_a_denial_and_all_but_something_say_nothing() -> None:
    but = Grant(statement={"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::sales"})

    assert found(given("s3:GetObject", on=["arn:aws:s3:::sales/*"], effect="Deny"), but) == {}
