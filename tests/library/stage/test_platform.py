"""Every argument of a platform, what it always makes, and what it publishes."""

import json
import re
from collections.abc import Callable, Collection
from functools import cache
from typing import Any

import pytest
from aws_cdk import Environment
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms

from batchwright import BatchPlatform, DeclarationError, Fargate, ImageRegistry, Schedule
from batchwright.testing import Synthesized, resources, synthesize
from tests.kit.rows import each_row, lines_of_rows, part_at
from tests.library.support import (
    app,
    app_and_stack,
    arguments,
    batch,
    declaring,
    logical_ids,
    of_type,
    only,
    parameters_named,
    platform,
    published_manifest,
    stack,
    templates,
    written,
)

Find = Callable[[Synthesized], object]
RUNNER = "444444444444.dkr.ecr.us-west-2.amazonaws.com/tools/runner:3"


def ends_of_tasks(seen: Synthesized) -> dict[str, Any]:
    """The rule on the ends of tasks; another one is on those of executions."""
    rules: list[dict[str, Any]] = of_type(seen.platform, "AWS::Events::Rule")
    (rule,) = [rule for rule in rules if rule["Properties"]["EventPattern"]["source"] == ["aws.ecs"]]
    return rule


PLATFORMS: dict[str, dict[str, Any]] = {
    "usual": {},
    "other": {
        "stage": "production",
        "project": "nightly",
        "protected": True,
        "subnets": ["subnet-1", "subnet-2"],
        "security_groups": ["sg-1", "sg-2"],
        "assign_public_ip": True,
        "cluster": "theirs",
        "key": "arn:aws:kms:ap-northeast-1:1:key/1",
        "settings": {"bucket": "sales"},
        "shared_parameters": {"LOG_LEVEL": "info"},
        "container_insights": "enhanced",
        "timezone": "Asia/Tokyo",
        "scheduler": "rundeck",
        "runner_image": RUNNER,
    },
    "elsewhere": {
        "registry": Environment(account="444444444444", region="us-west-2"),
        "key": "alias/theirs",
        "container_insights": "enhanced",
        "deadlines": False,
    },
    "bare": {
        "registry": None,
        "repositories": {"report": "acme/report"},
        "vpc_id": None,
        "history": False,
        "cluster": "arn:aws:ecs:ap-northeast-1:111111111111:cluster/theirs",
    },
    "in SSM": {
        "registry": None,
        "repositories": {"report": "444444444444.dkr.ecr.us-west-2.amazonaws.com/acme/report"},
        "vpc_id": "/net/vpc",
        "subnets": "/net/subnets",
        "security_groups": ["/net/a", "/net/b"],
    },
}
"""Platforms that have all arguments between them."""

ARGUMENTS: list[tuple[str, str, Find, object]] = [
    ("stage", "other", lambda s: s.manifest.account, "222222222222"),
    (
        "protected",
        "other",
        lambda s: [parameter["Value"] for parameter in parameters_named(s.platform, "protected")],
        ["true"],
    ),
    ("vpc_id", "bare", lambda s: of_type(s.template, "AWS::EC2::SecurityGroup"), []),
    ("subnets", "in SSM", lambda s: sorted(ssm_parameters(s)), ["/net/a", "/net/b", "/net/subnets"]),
    ("security_groups", "other", lambda s: of_type(s.template, "AWS::EC2::SecurityGroup"), []),
    ("cluster", "other", lambda s: of_type(s.platform, "AWS::ECS::Cluster"), []),
    ("key", "elsewhere", lambda s: of_type(s.platform, "AWS::KMS::Key"), []),
    (
        "shared_parameters",
        "other",
        lambda s: parameters_named(s.platform, "/shared/"),
        [{"Name": "/nightly/production/shared/LOG_LEVEL", "Type": "String", "Value": "info"}],
    ),
    ("history", "bare", lambda s: of_type(s.platform, "AWS::Events::Rule"), []),
    ("history", "bare", lambda s: of_type(s.platform, "AWS::Logs::LogGroup"), []),
    ("deadlines", "elsewhere", lambda s: of_type(s.platform, "AWS::Scheduler::ScheduleGroup"), []),
    (
        "runner_image",
        "other",
        lambda s: next(
            statement["Resource"] for statement in s.statements("execution") if statement.get("Sid") == "PullImages"
        )[1],
        "arn:aws:ecr:us-west-2:444444444444:repository/tools/runner",
    ),
]
PARTS: dict[str, Find] = {
    "manifest": lambda s: published_manifest(s.template),
    "container": lambda s: s.container(),
    "files": lambda s: s.container("files"),
    "cluster": lambda s: only(s.platform, "AWS::ECS::Cluster"),
    "decrypt": lambda s: decrypted(s),
    "repository": lambda s: only(s.registry, "AWS::ECR::Repository"),
    "group": lambda s: only(s.template, "AWS::EC2::SecurityGroup"),
    "ends": lambda s: ends_of_tasks(s),
}
BY_PATH = [(argument, *line.split(": ", 2)) for argument, line in lines_of_rows(__file__, "arguments")]


def ssm_parameters(made: Synthesized) -> list[str]:
    """The SSM parameters that CloudFormation reads when it deploys the batch's stack."""
    parameters = made.template["Parameters"].values()
    return [
        parameter["Default"]
        for parameter in parameters
        if parameter["Type"] == "AWS::SSM::Parameter::Value<String>"
        if "cdk-" not in parameter["Default"]
    ]


def decrypted(made: Synthesized) -> dict[str, Any]:
    (statement,) = [statement for statement in made.statements("execution") if statement["Action"] == "kms:Decrypt"]
    return statement


def declare(scope: Any, on: BatchPlatform) -> Any:  # noqa: ANN401 - any argument
    environment = {"BUCKET": on.setting("bucket")} if "bucket" in on._settings else {}
    files = {"/app/config/x.ini": "x = ${PASSWORD}\n"} if on._facts.runner_image else None
    return batch(
        scope, on, schedule=Schedule.daily("02:30"), secrets=["PASSWORD"], environment=environment, files=files
    )


@pytest.mark.parametrize(("argument", "name", "find", "expected"), ARGUMENTS)
def test_argument_of_a_platform(argument: str, name: str, find: Find, expected: object) -> None:
    assert find(synthesized(name)) == expected, argument


@pytest.mark.parametrize(("argument", "name", "path", "expected"), BY_PATH)
def test_an_argument_makes_a_part_of_a_template(argument: str, name: str, path: str, expected: str) -> None:
    part, _, rest = path.partition("/")

    assert part_at(PARTS[part](synthesized(name)), rest) == json.loads(expected), argument


@cache
def synthesized(name: str) -> Synthesized:
    """A batch on one of the platforms."""
    return synthesize(declare, **PLATFORMS[name])


def test_no_argument_is_forgotten() -> None:
    # stages: what choose() knows, tested with the stage's handle; the others, and vpc, have tests of their own:
    # tests/library/automation, tests/library/alerts, test_network_words.py
    told = {argument for argument, *_ in (*ARGUMENTS, *BY_PATH)}
    own = {"stages", "schedules", "alerts", "alarm_topic", "vpc", "machines", "machines_role"}
    assert told | own == arguments(BatchPlatform)
    assert {argument for given in PLATFORMS.values() for argument in given} == told


@pytest.fixture(scope="module")
def usual() -> Synthesized:
    return synthesize(declaring(secrets=["PASSWORD"]), shared_parameters={"A": "1"}, assign_public_ip=True)


def test_a_key_with_rotation_and_an_alias(usual: Synthesized) -> None:
    assert only(usual.platform, "AWS::KMS::Key")["EnableKeyRotation"] is True
    assert only(usual.platform, "AWS::KMS::Alias")["AliasName"] == "alias/batches-staging"
    assert decrypted(usual)["Condition"]["ForAnyValue:StringEquals"] == {"kms:ResourceAliases": "alias/batches-staging"}


def test_the_keys_policy_names_the_account_alone(usual: Synthesized) -> None:
    (statement,) = only(usual.platform, "AWS::KMS::Key")["KeyPolicy"]["Statement"]

    assert statement["Action"] == "kms:*"
    assert statement["Principal"]["AWS"]["Fn::Join"][1][-1] == ":iam::111111111111:root"


def test_a_cluster_with_both_capacity_providers(usual: Synthesized) -> None:
    assert only(usual.platform, "AWS::ECS::Cluster")["CapacityProviders"] == ["FARGATE", "FARGATE_SPOT"]


def test_the_history_is_a_rule_and_a_log_group_that_lets_it_in(usual: Synthesized) -> None:
    group = only(usual.platform, "AWS::Logs::LogGroup")
    rule = ends_of_tasks(usual)
    (group_id,) = logical_ids(usual.platform, "AWS::Logs::LogGroup")

    assert group["LogGroupName"] == "/batches/staging/platform/runs"
    assert group["RetentionInDays"] == 400
    assert group["ResourcePolicyDocument"]["Statement"][0]["Sid"] == "WriteRunEnds"
    # The group's ARN without :*, as EventBridge wants it.
    assert rule["Properties"]["Targets"] == [
        {"Id": "history", "Arn": "arn:aws:logs:ap-northeast-1:111111111111:log-group:/batches/staging/platform/runs"}
    ]
    assert rule["DependsOn"] == [group_id]


def test_deadlines_are_a_schedule_group_and_for_each_batch_a_role_that_stops_its_tasks(usual: Synthesized) -> None:
    name = usual.manifest.batch
    arn = f"arn:aws:iam::111111111111:role/batches/staging/batches-staging-{name}-stop"
    (role,) = [role for role in usual.resources("AWS::IAM::Role") if role["RoleName"].endswith("-stop")]

    assert only(usual.platform, "AWS::Scheduler::ScheduleGroup") == {"Name": "batches-staging"}
    assert not of_type(usual.platform, "AWS::IAM::Role")
    assert f"role{role['Path']}{role['RoleName']}" == arn.partition(":")[2].rpartition(":")[2]
    (statement,) = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert statement["Condition"]["StringEquals"]["aws:ResourceTag/batchwright:batch"] == name
    assert published_manifest(usual.template)["deadline"] == {"group": "batches-staging", "role": arn}


def test_its_facts_are_published(usual: Synthesized) -> None:
    facts = {
        parameter["Name"].rpartition("/")[2]: parameter["Value"]
        for parameter in resources(usual.platform, "AWS::SSM::Parameter")
        if parameter["Name"].startswith("/batches/staging/platform/")
    }

    assert facts == {
        "cluster": "batches-staging",
        "key": "alias/batches-staging",
        "subnets": "subnet-0123456789abcdef0",
        "vpc-id": "vpc-0123456789abcdef0",
        "assign-public-ip": "true",
        "protected": "false",
        "timezone": "UTC",
        "registry-account": "333333333333",
        "registry-region": "ap-northeast-1",
    }


@pytest.mark.parametrize("capacity", ["on-demand", "spot"])
@pytest.mark.parametrize("spot", [True, False])
def test_a_cluster_of_the_app_has_spot_for_batches_that_ask_for_it(capacity: Any, spot: bool) -> None:  # noqa: ANN401
    home = app()
    theirs = stack(home)
    cluster = ecs.Cluster(theirs, "Theirs", vpc=ec2.Vpc(theirs, "V"), enable_fargate_capacity_providers=spot)
    batch(theirs, platform(theirs, cluster=cluster), fargate=Fargate(capacity=capacity))

    if spot or capacity == "on-demand":
        home.synth()
        return
    message = "^batch report: capacity: 'spot' was given, and the cluster stack/Theirs has no FARGATE_SPOT; allowed:"
    with pytest.raises(DeclarationError, match=message):
        home.synth()


def test_a_cluster_and_a_key_of_the_same_app_are_taken() -> None:
    home, theirs = app_and_stack()
    cluster, key = ecs.CfnCluster(theirs, "Cluster", cluster_name="theirs"), kms.Key(theirs, "Key")
    imported = ecs.Cluster.from_cluster_arn(theirs, "Found", cluster.attr_arn)
    made = platform(theirs, cluster=imported, key=key)
    batch(theirs, made, secrets=["PASSWORD"])
    template = templates(home)["stack"]

    assert (made.cluster, made.key) == (None, None)
    (role,) = [role for role in resources(template, "AWS::IAM::Role") if str(role.get("RoleName")).endswith("-exec")]
    (decrypt,) = [
        statement
        for statement in role["Policies"][0]["PolicyDocument"]["Statement"]
        if statement["Action"] == "kms:Decrypt"
    ]
    (key_id,) = logical_ids(template, "AWS::KMS::Key")
    assert decrypt["Resource"] == {"Fn::GetAtt": [key_id, "Arn"]}


@each_row("given message", __file__, "platforms")
def test_what_a_platform_cannot_have(given: str, message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^{re.escape(message)}"):
        platform(stack(app()), **written(given))


def test_what_is_missing_or_misspelt_of_a_deployed_platform_and_of_a_registry() -> None:
    with pytest.raises(DeclarationError, match=r"^platform class FromDeployed: stage: it is missing; write stage=…"):
        BatchPlatform.from_deployed(stack(app()), "Platform")  # type: ignore[call-arg]
    with pytest.raises(DeclarationError, match=r"^platform qa: setting: \{\} was given, .* did you mean settings"):
        BatchPlatform.from_deployed(stack(app()), "Platform", stage="qa", setting={})  # type: ignore[call-arg]
    with pytest.raises(DeclarationError, match=r"^registry: account: \[\] was given, .* did you mean accounts"):
        ImageRegistry(stack(app()), "Registry", account=[])  # type: ignore[call-arg]


def test_a_stage_has_one_platform_in_an_app() -> None:
    home = app()
    first = platform(stack(home))

    with pytest.raises(DeclarationError, match=r"^platform staging: stage: stack/Platform makes it, too; allowed: one"):
        platform(stack(home, "second"))

    theirs = BatchPlatform.from_deployed(stack(home, "third"), "Platform", stage="staging")
    assert (theirs.stage, first.stage) == ("staging", "staging")
    for other in ({"stage": "production"}, {"project": "nightly"}):
        platform(stack(home, "-".join(other.values())), **other)


@pytest.mark.parametrize("stages", [["staging"], ("staging",), {"staging"}, frozenset({"staging"})])
def test_the_stages_are_any_collection(stages: Collection[str]) -> None:
    assert platform(stack(app()), stages=stages).stages == {"staging"}


def test_the_stage_local_keeps_no_history_and_has_no_deadlines() -> None:
    facts = platform(stack(app()), stage="local")._facts

    assert (facts.history, facts.deadlines) == (False, False)


def test_none_is_a_value_that_can_be_chosen() -> None:
    on = platform(stack(app()), stages=["staging", "production"])

    assert on.choose(default=None, production=Schedule.daily("02:30")) is None
    assert on.choose(staging=None, default="x") is None
