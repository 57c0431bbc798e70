"""What a batch did, against what it may do; and the lines that are proposed."""

from typing import Any

from batchwright_runner.contract.access import Grant, Managed, RoleAccess
from batchwright_runner.workbench.permissions.compare import Comparison, UnusedAction, compare
from batchwright_runner.workbench.permissions.datagrams import ReportedCall
from batchwright_runner.workbench.permissions.proposals import propose
from batchwright_runner.workbench.permissions.record import PermissionRecord
from batchwright_runner.workbench.permissions.report import MUTE, SPEAK, data, report


def allowed(*actions: str, effect: str = "Allow", on: str = "arn:aws:s3:::sales", **more: Any) -> Grant:  # noqa: ANN401
    statement = {"Effect": effect, "Action": list(actions), "Resource": on, **more}
    return Grant(statement=statement, at="batches/report/batch.py:31")


def compared(*grants: Grant, calls: str = "", record: PermissionRecord | None = None, **role: Any) -> Comparison:  # noqa: ANN401
    """Compares grants with calls such as ``S3.GetObject``."""
    named = [word.rpartition(".") for word in calls.split()]
    calls_made = {ReportedCall(service, operation, sdk="Boto3"): 1 for service, _, operation in named}
    return compare(RoleAccess(grants=grants, **role), record or PermissionRecord(calls_made, runs=1))


def actions(used: tuple[Any, ...]) -> list[str]:
    return [action.name for action in used]


def test_used_and_allowed_used_and_not_allowed_allowed_and_never_used() -> None:
    comparison = compared(
        allowed("s3:GetObject*", "s3:ListBucket"), calls="S3.GetObject S3.PutObject SQS.SendMessageBatch"
    )

    assert actions(comparison.allowed) == ["s3:GetObject"]
    assert comparison.allowed[0].granted_at == ("batches/report/batch.py:31",)
    assert actions(comparison.missing) == ["s3:PutObject", "sqs:SendMessage"]
    assert comparison.missing[1].operations == ("SQS.SendMessageBatch",)
    assert comparison.unused == (UnusedAction("s3:ListBucket", "batches/report/batch.py:31"),)


def test_calls_that_could_not_be_mapped_are_said_and_are_not_missing() -> None:
    comparison = compared(calls="GameLift.CreateJob S3.NoSuchOperation STS.GetCallerIdentity")

    assert comparison.unmapped == {"GameLift.CreateJob": 1, "S3.NoSuchOperation": 1}
    assert comparison.missing == ()
    assert comparison.free == ("STS.GetCallerIdentity",)


def test_a_refusal_that_names_its_action_needs_no_table() -> None:
    call = ReportedCall(
        "GameLift", "CreateJob", denied=True, action="gamelift:CreateJob", resource="arn:aws:gamelift:::job/1"
    )
    comparison = compared(record=PermissionRecord({call: 2}, runs=1))

    assert (comparison.missing[0].name, comparison.missing[0].count) == ("gamelift:CreateJob", 2)
    assert comparison.missing[0].resources == ("arn:aws:gamelift:::job/1",)
    assert comparison.unmapped == {}


def test_what_depends_on_the_request_is_allowed_if_one_of_its_actions_is() -> None:
    comparison = compared(allowed("dynamodb:PutItem", "dynamodb:DeleteItem"), calls="DynamoDB.TransactWriteItems")

    assert actions(comparison.allowed) == ["dynamodb:DeleteItem", "dynamodb:PutItem"]
    assert comparison.missing == ()
    assert comparison.unused == ()
    (missing,) = compared(calls="DynamoDB.TransactWriteItems").missing
    assert missing.name == "dynamodb:PutItem"
    assert missing.instead == ("dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem")


def test_a_denial_of_everything_wins_and_a_narrow_one_does_not() -> None:
    everything = allowed("s3:*", effect="Deny", on="*")
    narrow = allowed("s3:*", effect="Deny", on="arn:aws:s3:::secret/*")

    assert actions(compared(allowed("s3:GetObject"), everything, calls="S3.GetObject").missing) == ["s3:GetObject"]
    assert actions(compared(allowed("s3:GetObject"), narrow, calls="S3.GetObject").allowed) == ["s3:GetObject"]


def test_not_action_and_capitals() -> None:
    all_but = Grant(statement={"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})

    assert actions(compared(all_but, calls="S3.GetObject IAM.GetUser").missing) == ["iam:GetUser"]
    assert compared(all_but, calls="S3.GetObject").unused == ()
    assert compared(allowed("S3:getobject"), calls="S3.GetObject").unused == ()


def test_the_use_of_a_key_is_not_seen() -> None:
    comparison = compared(allowed("kms:Decrypt"), calls="S3.GetObject")

    assert comparison.unused == (UnusedAction("kms:Decrypt", "batches/report/batch.py:31"),)
    assert "not seen" in report(comparison)
    assert data(comparison)["allowed_and_never_used"] == []


def test_silence_is_loud_and_is_not_the_same_as_nothing_used() -> None:
    text = report(compared(allowed("s3:GetObject")))

    assert text.startswith("NOTHING WAS RECORDED. That does not mean that nothing was used")
    assert SPEAK in text
    assert MUTE in text
    assert "never used" not in text
    assert data(compared())["recorded"] is False


def test_policies_that_are_not_seen_are_said_where_something_is_missing() -> None:
    managed = [Managed(arn="arn:aws:iam::aws:policy/ReadOnlyAccess")]

    assert "not seen here" in report(compared(calls="S3.GetObject", managed=managed))
    assert "not seen here" in report(compared(calls="S3.GetObject", adopted=True))
    assert "not seen here" not in report(compared(calls="S3.GetObject"))


def test_the_lines_to_paste_use_cdks_grants_and_else_allow() -> None:
    proposal = propose(
        compared(
            calls="S3.ListObjectsV2 S3.GetObject SQS.ReceiveMessage SQS.DeleteMessage SES.SendEmail "
            "Athena.StartQueryExecution Athena.GetQueryExecution S3.ListBuckets"
        ).missing
    )

    assert proposal.imports == (
        "from aws_cdk import aws_s3 as s3",
        "from aws_cdk import aws_ses as ses",
        "from aws_cdk import aws_sqs as sqs",
    )
    assert set(proposal.lines) == {
        's3.Bucket.from_bucket_name(self, "Bucket", "NAME").grant_read(self)',
        'sqs.Queue.from_queue_arn(self, "Queue", "ARN").grant_consume_messages(self)',
        'ses.EmailIdentity.from_email_identity_name(self, "Identity", "NAME").grant_send_email(self)',
        'self.allow(["athena:GetQueryExecution", "athena:StartQueryExecution"], on="ARN")',
        'self.allow("s3:ListAllMyBuckets", on="*", reason="IAM knows no resource for it")',
    }


def test_an_arn_that_a_refusal_named_is_in_the_line() -> None:
    call = ReportedCall(
        "Athena", "GetQueryExecution", denied=True, action="athena:GetQueryExecution", resource="arn:aws:x"
    )

    assert propose(compared(record=PermissionRecord({call: 1}, runs=1)).missing).lines == (
        'self.allow("athena:GetQueryExecution", on="arn:aws:x")',
    )


def test_the_report_shows_every_part_and_the_lines() -> None:
    text = report(
        compared(allowed("s3:GetObject", "sns:Publish"), calls="S3.GetObject SES.SendEmail GameLift.CreateJob")
    )

    assert text.splitlines()[0] == "Recorded in 1 run, as reported by Boto3"
    assert "Used and allowed\n  s3:GetObject   once, S3.GetObject\n    granted at batches/report/batch.py:31" in text
    assert "Used and NOT allowed\n  ses:SendEmail   once, SES.SendEmail" in text
    assert "Allowed and never used\n  sns:Publish   (batches/report/batch.py:31)" in text
    assert "could not be mapped to actions\n  GameLift.CreateJob   once" in text
    assert "    from aws_cdk import aws_ses as ses\n" in text
