"""Every sample through cdk-nag's AwsSolutions; and cdk-nag, on planted faults in the same app."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from batchwright import BatchApp, BatchPlatform, FargateBatch, Platform, Workflow
from tests.library.nag import nagged, nagged_rules
from tests.library.samples import platforms, sample_app

NO_RESOURCE = "the action has no resource in IAM"
STREAMS = "the log group is exact; streams are named after tasks, which are not there yet"
BY_ALIAS = "the key's id is not known at synthesis; kms:ResourceAliases narrows it to the one with the stage's alias"
PLAIN = "environment is for what is no secret; secrets are declared as such and come from SSM"


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    Validations.of(construct).acknowledge(Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason))


def acknowledge_batch(batch: FargateBatch) -> None:
    """What every batch has."""
    place, names = batch.platform._facts.place, batch.platform._facts.names
    role = batch.node.find_child("ExecutionRole")
    acknowledge(role, "IAM5[Resource::*]", f"ecr:GetAuthorizationToken: {NO_RESOURCE}")
    acknowledge(role, f"IAM5[Resource::{place._log_group(names.log_group(batch.name))}]", STREAMS)
    acknowledge(role, f"IAM5[Resource::{place._arn('kms', 'key/*')}]", BY_ALIAS)
    tasks = place._arn("ecs", f"task/{names.cluster}/*")
    deadline = batch.node.find_child("DeadlineRole")
    acknowledge(deadline, f"IAM5[Resource::{tasks}]", "tasks are not there yet; cluster and tags are exact")
    acknowledge(batch.task_definition, "ECS2", PLAIN)
    if batch.machine is not None:
        flow = acknowledge_machine(batch, [batch.name])
        acknowledge(flow, f"IAM5[Resource::{tasks}]", "tasks are not there yet; the cluster is exact")
        acknowledge(flow, "IAM5[Resource::*]", f"ecs:ListTasks: {NO_RESOURCE}")
        family = place._arn("ecs", f"task-definition/{names.family(batch.name)}:*")
        acknowledge(flow, f"IAM5[Resource::{family}]", "a revision is made by each deployment")
    if batch.permissions:
        policy = batch.task_role.node.find_child("DefaultPolicy")
        acknowledge(policy, "IAM5[Resource::*]", batch.permissions[-1].reason)


def acknowledge_machine(of: FargateBatch | Workflow, batches: Iterable[str]) -> IConstruct:
    """What every machine has, and what its role may see of executions. Returns the role."""
    place, names = of.platform._facts.place, of.platform._facts.names
    assert of.machine is not None
    acknowledge(of.machine, "SF1", "the ends of runs are in the history; a log of every state names their inputs")
    acknowledge(of.machine, "SF2", "ECS sends nothing into X-Ray")
    flow = of.node.find_child("MachineRole")
    for name in {of.name, *batches}:
        executions = place._machine(f"{names.family(name)}:*").replace(":stateMachine:", ":execution:")
        acknowledge(flow, f"IAM5[Resource::{executions}]", "executions are not there yet; the machine is exact")
    return flow


def acknowledge_platform(platform: Platform) -> None:
    """What every platform has, and what its grants wrote."""
    acknowledge(platform.node.find_child("Cluster"), "ECS4", "Container Insights cost; container_insights= is a switch")
    if isinstance(platform, BatchPlatform) and platform.schedules is not None:
        acknowledge(platform.schedules.queue, "SQS3", "it is the last stop of what was not started")
        machines = platform._facts.place._machine(f"{platform._facts.names.prefix}-*")
        acknowledge(platform.schedules.role, f"IAM5[Resource::{machines}]", "machines of batches declared later too")
    acknowledge_grants(platform)


def acknowledge_grants(platform: Platform) -> None:
    """What ``grant_run`` and ``grant_operate`` wrote: patterns under the stage's own prefix and paths."""
    stack = Stack.of(platform)
    for name in ("Operator", "Caller"):
        policy = stack.node.find_child(name).node.find_child("DefaultPolicy")
        assert isinstance(policy, iam.Policy)
        for statement in stack.resolve(policy.document.to_json())["Statement"]:
            resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            for resource in resources:
                if isinstance(resource, str) and "*" in resource:
                    reason = (
                        NO_RESOURCE if resource == "*" else "what lies under the stage's own prefix, made later too"
                    )
                    acknowledge(policy, f"IAM5[Resource::{resource}]", reason)


def acknowledge_publishers(registry: IConstruct) -> None:
    """What every role that pushes has."""
    for child in registry.node.children:
        if child.node.id.endswith("-push"):
            acknowledge(child, "IAM5[Resource::*]", f"ecr:GetAuthorizationToken: {NO_RESOURCE}")


def acknowledged(outdir: Path) -> BatchApp:
    app = sample_app(outdir, stage="production")
    for batch in app.batches:
        acknowledge_batch(batch)
    for workflow in app.workflows:
        acknowledge_machine(workflow, {step.batch for step in workflow.record.all_steps})
    for platform in platforms(app):
        acknowledge_platform(platform)
        assert platform.registry
        acknowledge_publishers(platform.registry)
    return app


def plant(scope: Construct) -> dict[str, set[str]]:
    """A bad one of each kind of resource that the library makes and AwsSolutions looks at, with the rules it breaks."""
    anyone = [{"ipProtocol": "-1", "cidrIp": "0.0.0.0/0"}]
    ecs.CfnCluster(scope, "BadCluster")
    ecs.CfnTaskDefinition(
        scope,
        "BadTask",
        container_definitions=[{"name": "main", "image": "x", "environment": [{"name": "A", "value": "1"}]}],
    )
    ec2.CfnSecurityGroup(scope, "BadGroup", group_description="For tests", security_group_ingress=anyone)
    kms.Key(scope, "BadKey")
    role = iam.Role(scope, "BadRole", assumed_by=iam.AccountRootPrincipal())
    role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name("PowerUserAccess"))
    role.add_to_policy(iam.PolicyStatement(actions=["s3:*"], resources=["arn:aws:s3:::x"]))
    repository = ecr.Repository(scope, "BadRepository")
    repository.grant_pull(iam.AnyPrincipal())
    logs.CfnLogGroup(scope, "Log")
    return {
        "BadCluster": {"ECS4"},
        "BadTask": {"ECS2", "ECS7"},
        "BadGroup": {"EC23"},
        "BadKey/Resource": {"KMS5"},
        "BadRole/Resource": {"IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/PowerUserAccess]"},
        "BadRole/DefaultPolicy/Resource": {"IAM5[Action::s3:*]"},
        "BadRepository/Resource": {"ECR1"},
    }


def test_planted_faults_are_found_and_nothing_else(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    app = acknowledged(tmp_path)
    stack = Stack.of(app.batches[0])
    expected = plant(stack)

    findings = nagged(app)

    capfd.readouterr()
    assert findings == {f"{stack.node.path}/{path}": rules for path, rules in expected.items()}


def test_every_acknowledgement_is_needed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rules = nagged_rules(sample_app(tmp_path, stage="production"))

    capfd.readouterr()
    assert rules == {"ECS2", "ECS4", "IAM5", "SF1", "SF2", "SQS3"}
