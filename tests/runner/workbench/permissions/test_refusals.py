"""What AWS refused a run that had the task role: the first one first, each with what mends it."""

import json

import pytest

from batchwright_runner.contract.access import Grant, RoleAccess
from batchwright_runner.workbench.permissions.compare import UsedAction, compare
from batchwright_runner.workbench.permissions.datagrams import ReportedCall, read_call
from batchwright_runner.workbench.permissions.proposals import propose
from batchwright_runner.workbench.permissions.record import PermissionRecord
from batchwright_runner.workbench.permissions.report import MOST, refusals_in_words

QUEUE = "arn:aws:sqs:ap-northeast-1:111111111111:warehouse"
FILE = "batches/order_mail/batch.py"


def reported(service: str, operation: str, message: str, *, code: str = "AccessDenied") -> ReportedCall:
    """A call as an SDK reports it."""
    data = {"Version": 1, "ClientId": "t", "Type": "ApiCall", "Service": service, "Api": operation}
    refusal = {"FinalAwsException": code, "FinalAwsExceptionMessage": message, "FinalHttpStatusCode": 403}
    call = read_call(json.dumps({**data, **refusal}).encode(), "t")
    assert call is not None
    return call


def sqs(action: str = "sqs:sendmessage", arn: str = QUEUE) -> ReportedCall:
    """A refusal of SQS, which names the action in small letters."""
    caller = "User: arn:aws:sts::111111111111:assumed-role/batches-staging-order-mail-task/jane is"
    why = f"because no identity-based policy allows the {action} action"
    return reported("SQS", "SendMessage", f"{caller} not authorized to perform: {action} on resource: {arn} {why}")


def role(*statements: tuple[str, str]) -> RoleAccess:
    return RoleAccess(
        grants=[
            Grant(statement={"Effect": "Allow", "Action": action, "Resource": on}, at=f"{FILE}:{20 + at}")
            for at, (action, on) in enumerate(statements)
        ]
    )


def refusals(access: RoleAccess, *calls: ReportedCall) -> str:
    return refusals_in_words(access, calls, FILE)


def test_the_line_that_mends_it_has_the_real_name_and_where_it_goes() -> None:
    assert refusals(role(), sqs()) == "\n".join(
        [
            "AWS refused the task role a call",
            "",
            f"first: SQS.SendMessage, for sqs:SendMessage on {QUEUE}",
            f"  paste into {FILE}, in __init__, and deploy:",
            "    from aws_cdk import aws_sqs as sqs",
            f'    sqs.Queue.from_queue_arn(self, "Queue", "{QUEUE}").grant_send_messages(self)',
        ]
    )


def test_what_is_allowed_elsewhere_is_said_with_its_line() -> None:
    text = refusals(role(("sqs:SendMessage", f"{QUEUE}-other")), sqs())

    assert f"  {FILE}:20 allows it on other resources\n  paste into {FILE}" in text


@pytest.mark.parametrize("on", [QUEUE, "arn:aws:sqs:*:111111111111:ware*", "*"])
def test_what_is_allowed_already_needs_no_line(on: str) -> None:
    text = refusals(role(("sqs:Send*", on)), sqs())

    assert f"{FILE}:20 allows it. Deploy the batch, if that is not deployed yet" in text
    assert "paste" not in text


def test_a_resource_that_only_the_deployment_knows_may_be_the_one() -> None:
    grant = Grant(
        statement={"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"unresolved": "Queue.Arn"}}, at="x:1"
    )

    assert "x:1 allows it. Deploy" in refusals(RoleAccess(grants=[grant]), sqs())


def test_they_come_in_the_order_in_which_aws_refused_them() -> None:
    head = reported("S3", "HeadObject", "Forbidden", code="403")
    text = refusals(role(), sqs(), head)

    assert text.index("first: SQS.SendMessage") < text.index("then: S3.HeadObject")
    assert text.startswith("AWS refused the task role 2 different calls")


def test_a_refusal_without_a_name_is_shown_by_its_operation() -> None:
    text = refusals(role(), reported("S3", "ListObjectsV2", "Access Denied"))

    assert "first: S3.ListObjectsV2, for s3:ListBucket\n" in text
    assert 's3.Bucket.from_bucket_name(self, "Bucket", "NAME").grant_read(self)' in text


def test_a_key_that_another_service_asked_for() -> None:
    arn = "arn:aws:kms:ap-northeast-1:111111111111:key/0123"
    text = refusals(
        role(("s3:GetObject", "*")),
        reported("S3", "GetObject", f"not authorized to perform: kms:Decrypt on resource: {arn} because"),
    )

    assert f"first: S3.GetObject, for kms:Decrypt on {arn}" in text
    assert f'kms.Key.from_key_arn(self, "Key", "{arn}").grant_decrypt(self)' in text


def test_no_more_than_a_few_are_shown() -> None:
    calls = [sqs(arn=f"{QUEUE}-{n}") for n in range(MOST + 2)]

    assert refusals(role(), *calls).endswith("and 2 more, which may be their consequences")


def test_an_action_in_small_letters_is_the_same_action_in_the_comparison() -> None:
    comparison = compare(role(("sqs:SendMessage", QUEUE)), PermissionRecord({sqs(): 1}, runs=1))

    assert [action.name for action in comparison.allowed] == ["sqs:SendMessage"]
    assert comparison.missing == ()


@pytest.mark.parametrize(
    ("action", "arn", "line"),
    [
        ("s3:GetObject", "arn:aws:s3:::sales/2026/x", 'from_bucket_name(self, "Bucket", "sales").grant_read'),
        ("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:1:table/orders", '"Table", "orders").grant_read_data'),
        ("ses:SendEmail", "arn:aws:ses:eu-west-1:1:identity/example.com", '"Identity", "example.com").grant_send'),
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:1:secret:erp/db-AbCdEf", '"erp/db").grant'),
        ("ssm:GetParameter", "arn:aws:ssm:eu-west-1:1:parameter/team/x", '"/team/x").grant_read'),
        ("events:PutEvents", "arn:aws:events:eu-west-1:1:event-bus/shop", '"shop").grant_put'),
        ("sqs:SendMessage", "arn:aws:sqs:*:1:q", '"ARN").grant_send_messages'),
    ],
)
def test_a_grant_is_filled_in_with_what_the_refusal_named(action: str, arn: str, line: str) -> None:
    assert line in propose([UsedAction(action, ("X",), 1, (arn,))]).lines[0]


def test_two_resources_leave_the_name_open() -> None:
    used = UsedAction("s3:GetObject", ("X",), 1, ("arn:aws:s3:::one/x", "arn:aws:s3:::two/x"))

    assert '"NAME"' in propose([used]).lines[0]
