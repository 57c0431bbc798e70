"""What the batch file says of permissions: every statement with the line that granted it."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from batchwright import BatchPlatform, Existing, FargateBatch
from batchwright.testing import synthesize
from batchwright_runner.contract.access import Access, Grant
from tests.library.support import batch

Grants = Callable[[FargateBatch], Any]


def access(grants: Grants, **arguments: Any) -> Access:  # noqa: ANN401 - the batch's arguments
    """What the file says of a batch that these lines grant something to."""

    def declare(scope: Construct, on: BatchPlatform) -> FargateBatch:
        made = batch(scope, on, **arguments)
        grants(made)
        return made

    return Access.from_dict(synthesize(declare).local["access"])


def line_of(text: str, function: Callable[..., Any]) -> str:
    """Where a function of this file has a text, as the batch file says it."""
    lines, first = inspect.getsourcelines(function)
    return f"{Path(__file__).relative_to(Path.cwd())}:{first + next(n for n, line in enumerate(lines) if text in line)}"


def actions(grants: list[Grant]) -> list[tuple[Any, str]]:
    return [(grant.statement["Action"], grant.at) for grant in grants]


def several(made: FargateBatch) -> None:
    s3.Bucket.from_bucket_name(made, "Sales", "sales").grant_read(made)
    queue = sqs.Queue(made, "Orders", encryption_master_key=kms.Key(made, "Key"))
    queue.grant_send_messages(made)
    made.allow("ses:SendEmail", on="*", reason="the sender is chosen at run time")


def test_each_statement_has_the_line_that_granted_it() -> None:
    task_access = access(several).task

    assert [(str(grant.statement["Action"]), grant.at) for grant in task_access.grants] == [
        ("['s3:GetObject*', 's3:GetBucket*', 's3:List*']", line_of("grant_read", several)),
        ("['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl']", line_of("grant_send", several)),
        ("['kms:Decrypt', 'kms:Encrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*']", line_of("grant_send", several)),
        ("ses:SendEmail", line_of("made.allow", several)),
    ]
    assert [grant.reason for grant in task_access.grants] == ["", "", "", "the sender is chosen at run time"]
    assert not task_access.adopted


def in_a_loop(made: FargateBatch) -> None:
    for service, reason in (("ce", "first"), ("ce", "second")):
        made.allow(f"{service}:GetCostAndUsage", on="*", reason=reason)


def test_two_permissions_of_one_line_keep_their_own_reasons() -> None:
    assert [grant.reason for grant in access(in_a_loop).task.grants] == ["first", "second"]


def through_policies(made: FargateBatch) -> None:
    made.task_role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name("AmazonS3ReadOnlyAccess"))
    publish = iam.PolicyStatement(actions=["sns:Publish"], resources=["arn:aws:sns:ap-northeast-1:111111111111:done"])
    iam.Policy(made, "Own", statements=[publish]).attach_to_role(made.task_role)


def test_policies_that_were_attached_are_listed() -> None:
    task_access = access(through_policies).task

    assert [(policy.arn, policy.at) for policy in task_access.managed] == [
        ("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", line_of("add_managed", through_policies))
    ]
    assert actions(list(task_access.grants)) == [("sns:Publish", line_of("attach_to_role", through_policies))]


def test_a_batch_that_is_granted_nothing() -> None:
    role_access = access(lambda made: made.execution_role)  # which gets no more by being asked for

    assert list(role_access.task.grants) == []
    assert [grant.statement["Sid"] for grant in role_access.execution.grants] == [
        "RegistryToken",
        "PullImages",
        "WriteLog",
    ]
    assert all(grant.at.startswith("tests/library/") for grant in role_access.execution.grants)


def test_what_its_stack_gives_its_execution_role_is_in_the_file() -> None:
    def more(made: FargateBatch) -> None:
        key = kms.Key(made, "Key")
        key.grant_decrypt(made.execution_role)
        made.execution_role.add_to_principal_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"]))

    batch_access = access(more)

    assert actions(list(batch_access.execution.grants))[-2:] == [("kms:Decrypt", ""), ("s3:GetObject", "")]
    assert batch_access.execution.grants[-2].statement["Resource"] == {"unresolved": "reportKey635535E1.Arn"}


def test_an_adopted_role_is_said_to_be_one_and_its_allow_has_a_line() -> None:
    def declare(scope: Construct, on: BatchPlatform) -> FargateBatch:
        role = iam.Role.from_role_arn(on, "Theirs", "arn:aws:iam::111111111111:role/theirs")
        made = batch(scope, on, existing=Existing(task_role=role))
        made.allow("ses:SendEmail", on="arn:aws:ses:ap-northeast-1:111111111111:identity/example.com")
        s3.Bucket.from_bucket_name(made, "Sales", "sales").grant_read(made)
        return made

    task_access = Access.from_dict(synthesize(declare).local["access"]).task

    assert task_access.adopted
    assert task_access.arn == "arn:aws:iam::111111111111:role/theirs"
    assert [(grant.statement["Action"], bool(grant.at)) for grant in task_access.grants] == [
        ("ses:SendEmail", True),
        (["s3:GetObject*", "s3:GetBucket*", "s3:List*"], False),
    ]


def test_callers_of_the_batch_and_of_its_stage_are_listed_with_their_lines() -> None:
    def declare(scope: Construct, on: BatchPlatform) -> FargateBatch:
        made = batch(scope, on)
        made.grant_run(iam.Role(on, "Rundeck", assumed_by=iam.AccountRootPrincipal()))
        on.grant_run(iam.Role.from_role_arn(on, "CI", "arn:aws:iam::111111111111:role/ci"))
        return made

    callers = Access.from_dict(synthesize(declare).local["access"]).callers

    assert [(caller.who, caller.grant, caller.on, caller.at) for caller in callers] == [
        ("platform/Platform/Rundeck, made by this project", "grant_run", "batch", line_of("made.grant_run", declare)),
        ("arn:aws:iam::111111111111:role/ci", "grant_run", "stage", line_of("on.grant_run", declare)),
    ]
