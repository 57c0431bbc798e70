"""The resources that a stage's batches share, each made by one function."""

from typing import Literal

from aws_cdk import CfnTag, RemovalPolicy
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from batchwright.arns import Place
from batchwright.iam.platform_policies import history_policy
from batchwright.order import put_after
from batchwright.retain import retain
from batchwright_runner.contract.missed.reasons import HISTORY_DAYS
from batchwright_runner.contract.names import StageNames

ContainerInsights = Literal["disabled", "enabled", "enhanced"]


def make_key(scope: Construct, names: StageNames) -> kms.Key:
    """The KMS key of the stage's secrets, rotated every year, with its alias.

    Its policy names the account alone, so that IAM decides: a key policy cannot name roles that do not exist yet.
    """
    key = kms.Key(
        scope,
        "Key",
        description=f"Secrets of {names.prefix}",
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    )
    kms.CfnAlias(scope, "KeyAlias", alias_name=names.key_alias, target_key_id=key.key_arn)
    return key


def make_cluster(scope: Construct, names: StageNames, insights: ContainerInsights) -> ecs.CfnCluster:
    """The ECS cluster, with Fargate on demand and Fargate Spot."""
    return ecs.CfnCluster(
        scope,
        "Cluster",
        cluster_name=names.cluster,
        capacity_providers=["FARGATE", "FARGATE_SPOT"],
        cluster_settings=[{"name": "containerInsights", "value": insights}],
        tags=[CfnTag(key=key, value=value) for key, value in names.tags.items()],
    )


def make_history(scope: Construct, names: StageNames, place: Place, cluster: str) -> logs.CfnLogGroup:
    """Run history: ECS forgets a stopped task after an hour, so a rule copies every end of a task into a log group.

    The log group has a resource policy of its own: an account may have ten that are not a group's own (CloudWatch Logs
    API reference, PutResourcePolicy, 2026-11), and a stage should not spend one of them.
    """
    group = retain(
        logs.CfnLogGroup(
            scope,
            "Runs",
            log_group_name=names.history_log_group,
            retention_in_days=HISTORY_DAYS,
            resource_policy_document=history_policy(place, names),
        )
    )
    for id, name, whose, pattern in (
        ("RunEnds", names.runs_rule, "batch runs", end_of_run(place, names, cluster)),
        ("MachineEnds", names.executions_rule, "runs that state machines have started", end_of_execution(place, names)),
    ):
        target = {"id": "history", "arn": place._arn("logs", f"log-group:{names.history_log_group}")}
        description = f"Keeps the ends of {whose}"
        rule = events.CfnRule(scope, id, name=name, description=description, event_pattern=pattern, targets=[target])
        put_after(rule, group)
    return group


def make_deadlines(scope: Construct, names: StageNames) -> scheduler.CfnScheduleGroup:
    """The group of the runs' deadline schedules; each batch has the role that its own stop a task with."""
    return scheduler.CfnScheduleGroup(scope, "Deadlines", name=names.deadline_group)


def end_of_run(place: Place, names: StageNames, cluster: str) -> dict[str, object]:
    """The event pattern of a batch's task that has stopped, in this stage's cluster."""
    return {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        "detail": {
            "clusterArn": [place._arn("ecs", f"cluster/{cluster}")],
            # Never by the group: that of a machine's task is the name of the execution.
            "taskDefinitionArn": [{"prefix": place._arn("ecs", f"task-definition/{names.prefix}-")}],
            "lastStatus": ["STOPPED"],
        },
    }


def untold_execution(place: Place, names: StageNames) -> dict[str, object]:
    """The event pattern of an execution whose end no task tells: all but those of batches that ended well.

    The output of a workflow says how its steps have ended.
    """
    well = {"status": ["SUCCEEDED"], "output": [{"wildcard": '*"ends"*'}]}
    detail = {
        "stateMachineArn": [{"prefix": place._machine(f"{names.prefix}-")}],
        "$or": [{"status": ["FAILED", "TIMED_OUT", "ABORTED"]}, well],
    }
    return {**end_of_execution(place, names), "detail": detail}


def end_of_execution(place: Place, names: StageNames) -> dict[str, object]:
    """The event pattern of an execution that has ended, of the machines of this stage's batches.

    So a run that ended without a task is known: one that gave way, or was paused, or never started.
    """
    return {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {
            "stateMachineArn": [{"prefix": place._machine(f"{names.prefix}-")}],
            "status": ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"],
        },
    }
