"""`DeployRole`: what CI and CloudFormation may do for one stage, held to what the stage's stacks are made of."""

import json
import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import cfnlint  # type: ignore[import-untyped]
import pytest
from aws_cdk import aws_iam as iam

from batchwright import DeclarationError, DeployRole, Existing, Schedule
from batchwright.order import put_after
from batchwright.testing import Template
from tests.kit.iam import allowed as is_allowed
from tests.library.policy_linter import findings, statements
from tests.library.samples import Assembly
from tests.library.support import app, app_and_stack, batch, large, of_type, platform, stack, templates

GITHUB = "github:acme/batches@main"
CIRCLECI = "circleci:11111111-2222-3333-4444-555555555555/66666666-7777-8888-9999-000000000000@main"
BOUNDARY = "arn:aws:iam::111111111111:policy/house/boundary"
PROVIDER = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"
ROLE = "arn:aws:iam::111111111111:role/legacy/report"

NOT_NEEDED = {
    "ec2:DescribeInstances": "of a group that instances are in",
    "ec2:UpdateSecurityGroupRuleDescriptionsEgress": "descriptions are constants",
    "ec2:UpdateSecurityGroupRuleDescriptionsIngress": "descriptions are constants",
    "ecs:ListClusters": "CloudFormation's own list",
    "ecs:ListTaskDefinitions": "CloudFormation's own list",
    "ecs:PutAccountSetting": "of the whole account",
    "ecs:PutAccountSettingDefault": "of the whole account",
    "events:ListRules": "CloudFormation's own list",
    "firehose:TagDeliveryStream": "of delivery classes that are not used",
    "iam:CreateServiceLinkedRole": "docs/deploying.md makes it first",
    "iam:DeleteGroupPolicy": "of groups",
    "iam:DeleteRolePermissionsBoundary": "a boundary stays",
    "iam:DeleteUserPolicy": "of users",
    "iam:GetGroupPolicy": "of groups",
    "iam:GetUserPolicy": "of users",
    "iam:ListRoles": "CloudFormation's own list",
    "iam:PutGroupPolicy": "of groups",
    "iam:PutUserPolicy": "of users",
    "AWS::ECR::Repository kms:DescribeKey": "of repositories with a key of their own",
    "kms:CreateGrant": "of repositories with a key of their own",
    "kms:ListKeys": "CloudFormation's own list",
    "kms:RetireGrant": "of repositories with a key of their own",
    "logs:AssociateKmsKey": "of log groups with a key",
    "logs:CreateLogDelivery": "of log groups that are delivered",
    "logs:DeleteDataProtectionPolicy": "of data protection",
    "logs:DeleteIndexPolicy": "of field indexes",
    "logs:DisassociateKmsKey": "of log groups with a key",
    "logs:PutBearerTokenAuthentication": "of bearer tokens",
    "logs:PutDataProtectionPolicy": "of data protection",
    "logs:PutIndexPolicy": "of field indexes",
    "logs:PutLogGroupDeletionProtection": "of deletion protection",
    "s3:GetObjectVersion": "of machines and packages with a version of their object",
    "s3:REST.PUT.OBJECT": "of log groups that are delivered",
    "scheduler:ListScheduleGroups": "CloudFormation's own list",
    "AWS::StepFunctions::StateMachine kms:Decrypt": "of machines with a key of their own",
    "AWS::StepFunctions::StateMachine kms:DescribeKey": "of machines with a key of their own",
    "AWS::StepFunctions::StateMachine kms:GenerateDataKey": "of machines with a key of their own",
    "states:ListStateMachines": "CloudFormation's own list",
}
"""What handlers of the used types need for properties that the library does not use: action, why."""

NOT_NEEDED_FOR_ALERTS = {
    "scheduler:ListSchedules": "CloudFormation's own list",
    "sns:ListSubscriptions": "CloudFormation's own list",
    "sns:ListTopics": "CloudFormation's own list",
    "sns:PutDataProtectionPolicy": "of data protection",
    "AWS::SNS::Topic sns:Unsubscribe": "subscriptions are resources of their own",
    "sqs:ListQueues": "CloudFormation's own list",
    "lambda:ListFunctions": "CloudFormation's own list",
    "lambda:ListEventSourceMappings": "CloudFormation's own list",
    "dynamodb:ListTables": "CloudFormation's own list",
    **{
        f"{kind} {action}": "of what is not declared: networks, keys, layers, versions, concurrency, copies, streams"
        for kind, services in {
            "AWS::Lambda::Function": (
                *("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "kms:Decrypt"),
                *("elasticfilesystem:DescribeMountTargets", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"),
                *("lambda:AssociateRuntimeAlias", "lambda:DeleteFunctionCodeSigningConfig", "lambda:PublishVersion"),
                *("lambda:DeleteFunctionConcurrency", "lambda:GetCodeSigningConfig", "lambda:GetLayerVersion"),
                *("lambda:PassCapacityProvider", "lambda:PutFunctionCodeSigningConfig", "s3files:ListMountTargets"),
                *("lambda:PutFunctionConcurrency", "lambda:PutFunctionRecursionConfig"),
                *("lambda:PutFunctionScalingConfig", "lambda:PutRuntimeManagementConfig"),
            ),
            "AWS::Lambda::EventSourceMapping": ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"),
            "AWS::DynamoDB::Table": (
                *("dynamodb:AssociateTableReplica", "dynamodb:BatchWriteItem", "dynamodb:CreateTableReplica"),
                *("dynamodb:DeleteItem", "dynamodb:DeleteResourcePolicy", "dynamodb:DescribeImport"),
                *("dynamodb:DisableKinesisStreamingDestination", "dynamodb:EnableKinesisStreamingDestination"),
                *("dynamodb:GetItem", "dynamodb:ImportTable", "dynamodb:PutItem", "dynamodb:PutResourcePolicy"),
                *("dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateItem"),
                *("dynamodb:UpdateContributorInsights", "dynamodb:UpdateKinesisStreamingDestination"),
                *("kinesis:DescribeStream", "kinesis:PutRecords", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"),
                *("kms:RevokeGrant", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
                *("s3:GetObjectMetadata", "s3:ListBucket"),
            ),
        }.items()
        for action in services
    },
}
"""The same, of what AWS does by itself."""

ACCEPTED = {
    ("wildcard resource", "sns:GetSubscriptionAttributes"),
    ("wildcard resource", "ec2:DescribeSecurityGroups"),
    ("wildcard resource", "ecs:DeregisterTaskDefinition"),
    ("wildcard resource", "kms:CreateKey"),
    ("wildcard resource", "lambda:CreateEventSourceMapping"),
    ("wildcard resource", "kms:ListAliases"),
    ("wildcard resource", "iam:ListOpenIDConnectProviders"),
    ("wildcard resource", "logs:PutResourcePolicy"),
    ("wildcard resource", "ssm:DescribeParameters"),
}
"""Findings of the linter that stay: these actions know no resource. Of a statement its first action, in this order."""


@cache
def made(**given: Any) -> Template:  # noqa: ANN401 - any argument
    home = app()
    DeployRole(stack(home), "Deploy", **{"deployed_by": GITHUB, "stage": "staging", **given})
    return templates(home)["stack"]


def role(template: Template, name: str) -> dict[str, Any]:
    (found,) = [role for role in of_type(template, "AWS::IAM::Role") if role["Properties"]["RoleName"] == name]
    properties: dict[str, Any] = found["Properties"]
    return properties


def allowed(template: Template, name: str) -> list[dict[str, Any]]:
    (policy,) = role(template, name)["Policies"]
    attached = of_type(template, "AWS::IAM::ManagedPolicy") if "ManagedPolicyArns" in role(template, name) else []
    documents = [policy["PolicyDocument"], *(attachment["Properties"]["PolicyDocument"] for attachment in attached)]
    return [statement for document in documents for statement in document["Statement"]]


def several(value: Any) -> list[Any]:  # noqa: ANN401 - one or a list
    return value if isinstance(value, list) else [value]


def actions(statements: list[dict[str, Any]]) -> set[str]:
    return {action for statement in statements for action in several(statement["Action"])}


@cache
def handlers() -> dict[str, set[str]]:
    """Type of resource to the actions that CloudFormation's handlers of it need."""
    needed: dict[str, set[str]] = {}
    for path in Path(cfnlint.__file__).parent.glob("data/schemas/resources/*.json"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        for handler in schema.get("handlers", {}).values():
            needed.setdefault(schema["typeName"], set()).update(handler.get("permissions", ()))
    return needed


@pytest.mark.parametrize(("stage", "kept"), [("staging", "staging"), (None, "registry")])
def test_cloudformation_may_make_all_that_the_stacks_are_made_of(
    samples: Assembly, stage: str | None, kept: str
) -> None:
    needed = handlers()
    templates = [template for name, template in samples.templates.items() if kept in name]
    kinds = {resource["Type"] for template in templates for resource in template["Resources"].values()}

    name = f"batches-{kept}-deploy-exec"
    may = actions(allowed(made(stage=stage), name)) | NOT_NEEDED.keys()
    assert kinds <= needed.keys()
    lacking = {kind: sorted(action for action in needed[kind] - may if f"{kind} {action}" not in may) for kind in kinds}
    missing = {kind: absent for kind, absent in lacking.items() if absent}
    assert missing == {}, "say it in iam/deploy_policies.py, or why not in NOT_NEEDED"


def test_cloudformation_may_make_the_alerts_of_a_stage_and_what_starts_its_batches() -> None:
    home = app()
    first = stack(home, "platform")
    alerts = {
        "topic": True,
        "emails": ["sre@example.com"],
        "slack": {"channel": "#batches", "token": "batches/slack"},
    }
    ours = platform(first, alerts=alerts)
    second = stack(home)
    put_after(second, first)
    batch(second, ours, scheduler="aws", schedule=Schedule.daily("02:30"))
    kinds = {resource["Type"] for template in templates(home).values() for resource in template["Resources"].values()}
    assert {"AWS::Lambda::Function", "AWS::StepFunctions::StateMachine", "AWS::Scheduler::Schedule"} <= kinds

    needed, may = handlers(), actions(allowed(made(), "batches-staging-deploy-exec"))
    may |= NOT_NEEDED.keys() | NOT_NEEDED_FOR_ALERTS.keys()
    lacking = {kind: sorted(action for action in needed[kind] - may if f"{kind} {action}" not in may) for kind in kinds}
    assert {kind: absent for kind, absent in lacking.items() if absent} == {}


FORMER = [
    ("states:DeleteStateMachine", "states:{}:stateMachine:batches_{}_alerts"),
    ("events:DeleteConnection", "events:{}:connection/batches-{}-alerts-slack/1"),
    ("secretsmanager:DeleteSecret", "secretsmanager:{}:secret:events!connection/batches-{}-alerts-slack/1-AbCdEf"),
    ("sns:DeleteTopic", "sns:{}:batches-{}-alerts"),
]


def test_it_may_end_what_alerts_were_before_there_was_a_function() -> None:
    may = allowed(made(), "batches-staging-deploy-exec")

    for action, resource in FORMER:
        for stage, ours in (("staging", True), ("production", False)):
            arn = f"arn:aws:{resource.format('ap-northeast-1:111111111111', stage)}"
            assert is_allowed(may, action, arn) == ours
            assert not is_allowed(may, action.replace("Delete", "Create"), arn)


def test_it_may_touch_nothing_of_another_stage_or_project() -> None:
    account = "arn:aws:{}:ap-northeast-1:111111111111:{}"
    theirs = [
        account.format("ssm", "parameter/batches/production/report/TO"),
        account.format("ssm", "parameter/other/staging/report/TO"),
        account.format("logs", "log-group:/batches/production/report:*"),
        account.format("ecs", "cluster/batches-production"),
        account.format("ecs", "task-definition/batches-production-report:1"),
        account.format("kms", "alias/batches-production"),
        account.format("events", "rule/batches-production-runs"),
        account.format("scheduler", "schedule-group/batches-staging2"),
        account.format("scheduler", "schedule/batches-staging2-schedules/report"),
        account.format("ecr", "repository/other/report"),
        "arn:aws:iam::111111111111:role/batches/production/batches-production-report-task",
        "arn:aws:iam::111111111111:role/batches-deploy/batches-staging-deploy-exec",
        "arn:aws:iam::111111111111:role/admin",
    ]

    for stage in ("staging", None):
        for statement in allowed(made(stage=stage), f"batches-{stage or 'registry'}-deploy-exec"):
            if "Condition" in statement or statement["Resource"] == "*":
                continue
            for pattern in several(statement["Resource"]):
                assert not [arn for arn in theirs if fnmatchcase(arn, pattern)], statement


def test_what_has_no_name_is_told_by_its_tag() -> None:
    statements = allowed(made(), "batches-staging-deploy-exec")

    for statement in statements:
        if {"kms:DescribeKey", "kms:CreateKey", "ec2:DeleteSecurityGroup"} & set(several(statement["Action"])):
            (tests,) = statement["Condition"].values()
            assert [*tests.values()] == ["batches"]


def test_ci_deploys_these_stacks_with_that_role_and_no_others() -> None:
    registry = allowed(made(stage=None), "batches-registry-deploy")
    assert registry[0]["Resource"] == "arn:aws:cloudformation:ap-northeast-1:111111111111:stack/batches-registry/*"
    by_sid = {statement["Sid"]: statement for statement in allowed(made(), "batches-staging-deploy")}
    assert not re.search(r'"(iam:)?PermissionsBoundary"', json.dumps(made()))

    stacks = by_sid["DeployStacks"]["Resource"]
    assert stacks == "arn:aws:cloudformation:ap-northeast-1:111111111111:stack/batches-staging-*/*"
    (passed,) = by_sid["PassExecutionRole"]["Resource"].values()
    assert passed[0].startswith("DeployExecution")
    publishing = "arn:aws:iam::111111111111:role/cdk-hnb659fds-file-publishing-role-111111111111-ap-northeast-1"
    assert by_sid["PublishTemplates"]["Resource"] == publishing
    assert by_sid["ReadTemplates"]["Resource"] == "arn:aws:s3:::cdk-hnb659fds-assets-111111111111-ap-northeast-1/*"
    assert {action for action in actions([*by_sid.values()]) if action.startswith(("iam:", "sts:"))} == {
        "iam:PassRole",
        "sts:AssumeRole",
    }


@pytest.mark.parametrize(
    ("source", "subject"),
    [(GITHUB, "repo:acme/batches:ref:refs/heads/main"), (CIRCLECI, "vcs-ref/refs/heads/main")],
)
def test_one_branch_of_github_or_circleci_may_assume_it(source: str, subject: str) -> None:
    template = made(deployed_by=source)

    (trust,) = role(template, "batches-staging-deploy")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert subject in json.dumps(trust["Condition"])
    (provider,) = of_type(template, "AWS::IAM::OIDCProvider")
    assert provider["DeletionPolicy"] == "RetainExceptOnCreate"
    (made_by,) = role(template, "batches-staging-deploy-exec")["AssumeRolePolicyDocument"]["Statement"]
    assert made_by["Principal"] == {"Service": "cloudformation.amazonaws.com"}


def test_a_provider_that_the_account_has_is_used() -> None:
    template = made(oidc_provider=PROVIDER)

    assert of_type(template, "AWS::IAM::OIDCProvider") == []
    (trust,) = role(template, "batches-staging-deploy")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Federated": PROVIDER}


@pytest.mark.parametrize("given", [BOUNDARY, "house/boundary"])
def test_a_boundary_is_on_both_roles_and_on_all_that_cloudformation_makes(given: str) -> None:
    template = made(permissions_boundary=given)

    for name in ("batches-staging-deploy", "batches-staging-deploy-exec"):
        assert role(template, name)["PermissionsBoundary"] == BOUNDARY
    bounded = {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}
    statements = allowed(template, "batches-staging-deploy-exec")
    for action in ("iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:AttachRolePolicy"):
        (statement,) = [statement for statement in statements if action in several(statement["Action"])]
        assert statement["Condition"] == bounded
    assert "iam:DeleteRolePermissionsBoundary" not in actions(statements)


def test_what_is_brought_along() -> None:
    template = made(reads=("/network/*",), existing_roles=(ROLE,), existing_groups=("sg-0123456789abcdef0",))

    by_sid = {statement["Sid"]: statement for statement in allowed(template, "batches-staging-deploy-exec")}
    assert "arn:aws:ssm:ap-northeast-1:111111111111:parameter/network/*" in by_sid["ReadPublishedIds"]["Resource"]
    assert ROLE in by_sid["PassRoles"]["Resource"]
    assert by_sid["OpenExistingGroups"]["Resource"].endswith("security-group/sg-0123456789abcdef0")


@pytest.mark.parametrize("boundary", [None, BOUNDARY])
def test_of_an_existing_role_only_what_grants_add_may_change(boundary: str | None) -> None:
    may = allowed(made(permissions_boundary=boundary, existing_roles=(ROLE,)), "batches-staging-deploy-exec")
    bounded = {"iam:PermissionsBoundary": BOUNDARY}

    for action in ("PutRolePolicy", "DeleteRolePolicy", "GetRole", "GetRolePolicy"):
        assert is_allowed(may, f"iam:{action}", ROLE)
    for action in ("CreateRole", "DeleteRole", "UpdateAssumeRolePolicy", "PutRolePermissionsBoundary"):
        assert not is_allowed(may, f"iam:{action}", ROLE, bounded)
    for policy, ours in (("111111111111:policy/batches/staging/x", True), ("aws:policy/AdministratorAccess", False)):
        attached = {"iam:PolicyARN": f"arn:aws:iam::{policy}", **bounded}
        assert is_allowed(may, "iam:AttachRolePolicy", ROLE, attached) == ours


def test_what_does_not_fit_into_an_existing_roles_policy_may_be_made_beside_it() -> None:
    home, mine = app_and_stack()
    adopted = Existing(execution_role=iam.Role.from_role_arn(mine, "Role", ROLE))
    batch(mine, platform(mine), existing=adopted, **large(foreign=True))
    may = allowed(made(existing_roles=(ROLE,)), "batches-staging-deploy-exec")

    policies = of_type(templates(home)["stack"], "AWS::IAM::ManagedPolicy")
    assert policies
    for policy in policies:
        arn = f"arn:aws:iam::111111111111:policy{policy['Properties']['Path']}stack-report"
        assert is_allowed(may, "iam:CreatePolicy", arn)


def test_log_groups_may_be_made_and_tagged() -> None:
    may = allowed(made(), "batches-staging-deploy-exec")

    for name in ("/batches/staging/report", "/aws/lambda/batches-staging-alerts"):
        arn = f"arn:aws:logs:ap-northeast-1:111111111111:log-group:{name}"
        assert is_allowed(may, "logs:CreateLogGroup", f"{arn}:*")
        assert is_allowed(may, "logs:TagResource", arn), "of actions on tags the ARN has no :*"


@pytest.mark.parametrize("stage", ["staging", None])
def test_the_policies_fit_into_a_role_and_have_no_fault(stage: str | None) -> None:
    template = made(
        stage=stage,
        permissions_boundary=BOUNDARY,
        reads=("/network/*", "/ecs/cluster", "/kms/batches"),
        existing_roles=tuple(f"{ROLE}-{number}" for number in range(6)),
    )

    for role in of_type(template, "AWS::IAM::Role"):
        size = sum(
            len(json.dumps(policy["PolicyDocument"], separators=(",", ":")))
            for policy in role["Properties"]["Policies"]
        )
        assert size < 10_240
    for policy in of_type(template, "AWS::IAM::ManagedPolicy"):
        assert len(json.dumps(policy["Properties"]["PolicyDocument"], separators=(",", ":"))) < 6_144
    left = [
        (finding, several(statement["Action"]))
        for _, statement in statements(template)
        for finding in findings(statement)
        if not {(finding, action) for action in several(statement["Action"])} & ACCEPTED
    ]
    assert left == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"deployed_by": "github:acme/batches"},
            "deployed_by: 'github:acme/batches' was given; allowed: github:ORG/REPO@",
        ),
        (
            {"oidc_provider": ROLE},
            f"oidc_provider: '{ROLE}' was given; allowed: arn:aws:iam::ACCOUNT:oidc-provider/token",
        ),
        ({"permissions_boundary": ""}, "permissions_boundary: '' was given; allowed: the name or the ARN"),
        ({"permissions_boundary": "arn:aws:iam::1:role/x"}, "permissions_boundary: 'arn:aws:iam::1:role/x' was given"),
        ({"reads": "/network/*"}, "reads: '/network/*' was given; allowed: a list of names of SSM parameters"),
        ({"reads": ("network",)}, "reads: 'network' was given; allowed: names of SSM parameters"),
        ({"existing_roles": ("*",)}, "existing_roles: '*' was given; allowed: ARNs of roles, without wildcards"),
        ({"existing_groups": ("default",)}, "existing_groups: 'default' was given; allowed: ids such as sg-0"),
        ({"qualifier": "x-y"}, "qualifier: 'x-y' was given; allowed: up to 10 of a-z and 0-9"),
    ],
)
def test_what_it_cannot_have(given: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^{re.escape(f'deploy role batches-staging: {message}')}"):
        made(**given)
