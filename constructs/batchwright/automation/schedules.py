"""What the schedules of a stage share: their group, their role, the queue of starts that failed, and one alarm."""

from dataclasses import dataclass

from aws_cdk import CfnTag
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from batchwright.arns import Place
from batchwright.automation.dead_letters import alarm_on_any, metric, queue_of_lost
from batchwright.iam.machine_policies import queue_policy, schedules_policy, schedules_trust
from batchwright_runner.contract.names import StageNames


@dataclass(frozen=True, slots=True)
class Schedules:
    """What was made."""

    # The group of the stage's own schedules. No caller's grant reaches it.
    group: scheduler.CfnScheduleGroup
    role: iam.CfnRole
    queue: sqs.CfnQueue
    # Sounds when a start was dropped, or lies in the queue
    alarm: cloudwatch.CfnAlarm


def make_schedules(scope: Construct, names: StageNames, place: Place, topic: str) -> Schedules:
    """Makes it.

    `topic`: ARN of the topic that the alarm goes to; empty for none.
    """
    tags = [CfnTag(key=key, value=value) for key, value in names.tags.items()]
    group = scheduler.CfnScheduleGroup(scope, "Schedules", name=names.schedules, tags=tags)
    role = iam.CfnRole(
        scope,
        "SchedulesRole",
        role_name=names.schedules,
        path=names.role_path,
        assume_role_policy_document=schedules_trust(place, names),
        policies=[{"policyName": "batchwright", "policyDocument": schedules_policy(place, names)}],
    )
    policy = queue_policy(place._arn("sqs", names.schedules))
    queue = queue_of_lost(scope, "SchedulesQueue", name=names.schedules, policy=policy, tags=tags)
    return Schedules(group, role, queue, _alarm(scope, names, topic))


def _alarm(scope: Construct, names: StageNames, topic: str) -> cloudwatch.CfnAlarm:
    """One alarm for both: a dropped start is not always in the queue, and one in the queue stays until it is looked at.

    Metrics: EventBridge Scheduler user guide, "Monitoring with CloudWatch"; SQS developer guide, "Available CloudWatch
    metrics" (both 2026-11).
    """
    dropped = metric("AWS/Scheduler", "InvocationDroppedCount", "ScheduleGroup", names.schedules, "Sum")
    messages = metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", names.schedules, "Maximum")
    return alarm_on_any(
        scope,
        "SchedulesAlarm",
        name=names.schedules,
        description=(
            f"A batch of {names.prefix} was due and was not started. What was to be started is in the queue "
            f"{names.schedules}"
        ),
        total="notStarted",
        topic=topic,
        metrics={"dropped": dropped, "kept": messages},
    )
