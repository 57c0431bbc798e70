"""What others grant to a batch, what a batch is allowed, and who may run it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from batchwright import BatchImage, Existing, FargateBatch, Secret
from batchwright.errors import SeveralMistakesError
from batchwright.iam import run_policies
from tests.kit.iam import allowed
from tests.library.support import (
    actions,
    app,
    app_and_stack,
    batch,
    logical_ids,
    of_type,
    only,
    platform,
    policy_statements,
    refusal,
    role_statements,
    stack,
    stack_after,
    templates,
)

Grant = Callable[[Construct, FargateBatch], object]


def key(scope: Construct) -> kms.Key:
    return kms.Key(scope, "TheirKey")


GRANTS: dict[str, tuple[Grant, set[str]]] = {
    "bucket": (
        lambda scope, to: s3.Bucket(scope, "B", encryption_key=key(scope)).grant_read(to),
        {"s3:GetObject*", "s3:GetBucket*", "s3:List*", "kms:Decrypt", "kms:DescribeKey"},
    ),
    "queue": (
        lambda scope, to: sqs.Queue(scope, "Q", encryption_master_key=key(scope)).grant_send_messages(to),
        {f"sqs:{action}" for action in ("SendMessage", "GetQueueAttributes", "GetQueueUrl")}
        | {f"kms:{action}" for action in ("Decrypt", "Encrypt", "ReEncrypt*", "GenerateDataKey*")},
    ),
    "topic": (
        lambda scope, to: sns.Topic(scope, "T", master_key=key(scope)).grant_publish(to),
        {"sns:Publish", "kms:Decrypt", "kms:GenerateDataKey*"},
    ),
    "table": (
        lambda scope, to: dynamodb.Table(
            scope,
            "D",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            encryption_key=key(scope),
            removal_policy=RemovalPolicy.DESTROY,
        ).grant_read_data(to),
        {"dynamodb:GetItem", "dynamodb:Query", "kms:Decrypt"},
    ),
    "key": (lambda scope, to: key(scope).grant_encrypt_decrypt(to), {"kms:Decrypt", "kms:Encrypt"}),
}


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same stack", "another stack"])
def test_constructs_of_aws_cdk_grant_to_a_batch(elsewhere: bool) -> None:
    home, ours = app_and_stack()
    to = batch(ours, platform(ours))
    theirs = stack(home, "theirs") if elsewhere else ours

    for name, (grant, _) in GRANTS.items():
        grant(Construct(theirs, name), to)

    statements = policy_statements(templates(home)["stack"])
    assert set[str]().union(*(expected for _, expected in GRANTS.values())) <= actions(statements)
    assert not [statement for statement in statements if statement["Resource"] == "*"]


def test_a_secret_with_a_customers_key_in_another_stack_is_no_circle() -> None:
    home, theirs, ours = stack_after("theirs")
    secret = secretsmanager.Secret(theirs, "S", encryption_key=key(theirs))

    batch(ours, platform(ours), secrets=[Secret.secrets_manager("KEY", secret, json_field="k")])

    statements = role_statements(templates(home)["stack"], "-exec")
    assert {"secretsmanager:GetSecretValue", "kms:Decrypt"} <= actions(statements)
    (decrypt,) = [statement for statement in statements if statement["Action"] == "kms:Decrypt"]
    assert "Fn::ImportValue" in json.dumps(decrypt["Resource"])
    assert decrypt["Condition"] == {"StringEquals": {"kms:ViaService": "secretsmanager.ap-northeast-1.amazonaws.com"}}


def test_connections_are_opened_from_the_batchs_side() -> None:
    home, theirs, ours = stack_after("theirs")
    vpc = ec2.Vpc(theirs, "Vpc", max_azs=1, nat_gateways=0)
    group = ec2.SecurityGroup(theirs, "Database", vpc=vpc, description="Database", allow_all_outbound=False)
    to = batch(ours, platform(ours, vpc_id="vpc-0123456789abcdef0"))

    to.connections.allow_to_default_port(ec2.Connections(security_groups=[group], default_port=ec2.Port.tcp(5432)))

    by_stack = templates(home)
    ingress = only(by_stack["stack"], "AWS::EC2::SecurityGroupIngress")
    (own,) = logical_ids(by_stack["stack"], "AWS::EC2::SecurityGroup")
    assert (ingress["FromPort"], ingress["ToPort"]) == (5432, 5432)
    assert ingress["SourceSecurityGroupId"] == {"Fn::GetAtt": [own, "GroupId"]}
    # The database's stack needs nothing of the batch's.
    assert not of_type(by_stack["theirs"], "AWS::EC2::SecurityGroupIngress")


def test_connections_of_a_batch_in_given_groups() -> None:
    home, ours = app_and_stack()
    to = batch(ours, platform(ours), existing=Existing(security_groups=["sg-11111111111111111"]))

    to.connections.allow_from_any_ipv4(ec2.Port.tcp(80))

    assert only(templates(home)["stack"], "AWS::EC2::SecurityGroupIngress")["GroupId"] == "sg-11111111111111111"


def test_a_batch_in_the_vpcs_default_group_has_no_connections() -> None:
    ours = stack(app())

    with refusal(r"^batch report: connections: the batch has no security group; allowed:"):
        _ = batch(ours, platform(ours)).connections


def role(scope: Construct, id: str = "Caller") -> iam.Role:
    return iam.Role(scope, id, assumed_by=iam.AccountRootPrincipal())


ECS = "arn:aws:ecs:ap-northeast-1:111111111111"
ROLES = "arn:aws:iam::111111111111:role/batches/staging/batches-staging"


@pytest.mark.parametrize(
    ("history", "deadlines", "count"), [(True, True, 16), (False, True, 15), (True, False, 14), (False, False, 13)]
)
def test_running_every_batch_of_a_stage(history: bool, deadlines: bool, count: int) -> None:
    facts = platform(stack(app()), history=history, deadlines=deadlines)._facts

    statements = facts.run_statements(run_policies.runs_of_stage(facts.place, facts.names))

    (started,) = [statement for statement in statements if statement["Action"] == "ecs:RunTask"]
    assert started["Resource"] == f"{ECS}:task-definition/batches-staging-*:*"
    assert len(statements) == count


GIVES: list[tuple[str, Callable[[FargateBatch, iam.IGrantable], object]]] = [
    ("batch report: grant_run", lambda made, to: made.grant_run(to)),
    ("platform staging: grant_run", lambda made, to: made.platform.grant_run(to)),
    ("platform staging: grant_operate", lambda made, to: made.platform.grant_operate(to)),
    ("platform staging: grant_verify", lambda made, to: made.platform.grant_verify(to)),
]
REFUSING: list[Callable[[Stack], iam.IGrantable]] = [
    lambda scope: iam.Role.from_role_arn(scope, "Frozen", "arn:aws:iam::111111111111:role/x", mutable=False),
    lambda scope: iam.Role.from_role_arn(scope, "Foreign", "arn:aws:iam::999999999999:role/x"),
    lambda _: iam.AccountPrincipal("999999999999"),
]


@pytest.mark.parametrize(
    ("subject", "give", "to"), [*((*gives, REFUSING[0]) for gives in GIVES), *((*GIVES[0], to) for to in REFUSING[1:])]
)
def test_a_grantee_without_a_policy_of_ours_is_refused(
    subject: str, give: Callable[[FargateBatch, iam.IGrantable], object], to: Callable[[Stack], iam.IGrantable]
) -> None:
    ours = stack(app())
    made = batch(ours, platform(ours))

    with refusal(f"^{subject}: nothing can be added to the grantee's policy; allowed: "):
        give(made, to(ours))


@pytest.mark.parametrize(("subject", "give"), GIVES)
def test_the_name_of_a_role_is_no_grantee(subject: str, give: Callable[[FargateBatch, Any], object]) -> None:
    ours = stack(app())
    made = batch(ours, platform(ours))

    with refusal(f"^{subject}: 'deployer' was given; allowed: a role, user"):
        give(made, "deployer")


def test_allowing_is_refused_where_the_task_role_is_immutable() -> None:
    ours = stack(app())
    frozen = iam.Role.from_role_arn(ours, "Frozen", "arn:aws:iam::111111111111:role/x", mutable=False)

    with refusal(r"^batch report: allow: nothing can be added"):
        batch(ours, platform(ours), existing=Existing(task_role=frozen)).allow("s3:GetObject", on="arn:aws:s3:::x/*")


def test_an_image_outside_ecr_has_no_repository() -> None:
    ours = stack(app())
    made = batch(ours, platform(ours), image=BatchImage.from_uri("example.com/x:1"))

    with refusal(r"^batch report: repository: the image example\.com/x:1 is not in ECR"):
        _ = made.repository


def test_a_grant_to_the_execution_role_is_attached_to_it_once_it_is_there() -> None:
    home, ours = app_and_stack(None)
    made = batch(ours, platform(ours))

    made.log_group.grant_read(role(ours))
    s3.Bucket(ours, "B").grant_read(made.execution_role)

    template = templates(home)["stack"]
    (policy,) = [policy for policy in of_type(template, "AWS::IAM::Policy") if "s3:List*" in json.dumps(policy)]
    names = {role["Properties"].get("RoleName"): id for id, role in logical_ids(template, "AWS::IAM::Role").items()}
    assert policy["Properties"]["Roles"] == ["batches-staging-report-exec"]
    assert names["batches-staging-report-exec"] in policy["DependsOn"]
    assert "logs:FilterLogEvents" in actions(policy_statements(template))


def test_a_batch_may_start_another_one() -> None:
    home = app()
    first, second = stack(home, "first"), stack(home, "second")
    on = platform(first)
    caller, called = batch(first, on, "caller"), batch(second, on, "called")

    called.grant_run(caller)

    statements = policy_statements(templates(home)["first"])  # its end looks for wildcards
    in_cluster = {"ecs:cluster": f"{ECS}:cluster/batches-staging"}
    assert allowed(statements, "ecs:RunTask", f"{ECS}:task-definition/batches-staging-called:7", in_cluster)
    assert allowed(statements, "ecs:ListTasks", "*", in_cluster)
    to_ecs = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    assert allowed(statements, "iam:PassRole", f"{ROLES}-called-exec", to_ecs)
    assert not allowed(statements, "ecs:RunTask", f"{ECS}:task-definition/batches-staging-caller:7", in_cluster)
    file = json.loads(Path(home.outdir, "batches", "staging", "caller.json").read_text(encoding="utf-8"))
    assert "ecs:RunTask" in [permission["Action"] for permission in file["permissions"]]


def test_what_has_no_resource_in_aws_is_no_wildcard() -> None:
    home, ours = app_and_stack()
    made = batch(ours, platform(ours))

    made.platform.grant_run(made)
    made.platform.grant_operate(made)
    made.grant_run(made)
    made.repository.grant_pull(made)

    assert "ecr:BatchGetImage" in actions(policy_statements(templates(home)["stack"]))
    assert made.repository.repository_name == "batches/report"


def anything() -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=["s3:GetObject"], resources=["arn:*"])


def administrator() -> iam.IManagedPolicy:
    return iam.ManagedPolicy.from_aws_managed_policy_name("AdministratorAccess")


ANYTHING = "a grant allows s3:GetObject on every resource (arn:*)"
WIDE: list[tuple[Callable[[FargateBatch], object], str]] = [
    (lambda made: made.grant_principal.add_to_principal_policy(anything()), ANYTHING),
    (
        lambda made: iam.Grant.add_to_principal(grantee=made, actions=["*"], resource_arns=["arn:aws:s3:::x"]),
        "a grant allows every action (*)",
    ),
    (lambda made: made.task_role.attach_inline_policy(iam.Policy(made, "P", statements=[anything()])), ANYTHING),
    (lambda made: iam.Policy(made, "P", statements=[anything()], roles=[made.task_role]), ANYTHING),
    (lambda made: iam.ManagedPolicy(made, "P", statements=[anything()], roles=[made.task_role]), ANYTHING),
    (lambda made: made.task_role.add_managed_policy(iam.ManagedPolicy(made, "P", statements=[anything()])), ANYTHING),
    (
        lambda made: made.task_role.add_managed_policy(administrator()),
        "the managed policy AdministratorAccess allows every action, or all but some",
    ),
]


def test_what_is_granted_or_attached_to_the_task_role_is_seen_from_either_side() -> None:
    home, ours = app_and_stack()
    on = platform(ours)
    for number, (attach, _) in enumerate(WIDE):
        attach(batch(ours, on, f"batch-{number}"))

    with pytest.raises(SeveralMistakesError) as error:
        home.synth()

    assert [str(mistake).partition("; allowed: named actions")[0] for mistake in error.value.errors] == [
        f"batch batch-{number}: {message}" for number, (_, message) in enumerate(WIDE)
    ]


def test_a_reason_explains_the_policy_of_an_administrator() -> None:
    home, ours = app_and_stack()
    made = batch(ours, platform(ours))
    made.task_role.add_managed_policy(administrator())
    made.allow("*", on="*", reason="it cleans an account up")

    assert templates(home)["stack"]
