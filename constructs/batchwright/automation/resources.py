"""The machines of batches and workflows, each with its role, and the schedules that start them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from batchwright.arns import Place, partition
from batchwright.automation.machine import MachineFacts, machine
from batchwright.iam.machine_policies import machine_policy, machine_trust
from batchwright.iam.policies import Document
from batchwright.order import put_after
from batchwright.schedule import Schedule
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.schedules.dialects import eventbridge, shortest_period
from batchwright_runner.contract.schedules.schedule import CronSchedule

AGES = (60, 3600)
"""Seconds for which a start that fails is tried: half the time to the next one, within these. EventBridge Scheduler
takes 60 at least (API reference, RetryPolicy, 2026-11); by default it would start a batch up to a day late."""
ATTEMPTS = 10
INPUT = '{"scheduled":"<aws.scheduler.scheduled-time>"}'
"""What a machine is given. Scheduler puts the due time in (user guide, "Adding context attributes", 2026-11)."""


def make_machine_role(
    scope: Construct, facts: MachineFacts, place: Place, names: StageNames, *, cluster: str, roles: list[str]
) -> iam.CfnRole:
    """The role of the machine.

    The policy is in the role: Step Functions tries it when the machine is made, and one that is attached later is too
    late (terraform-aws-step-functions issues 11, 41).
    """
    batch = facts.manifest.batch
    policy = machine_policy(place, names, batch, cluster=cluster, roles=roles, alerts=facts.alerts)
    return machine_role(scope, place, names, batch, policy)


def make_machine(scope: Construct, facts: MachineFacts, names: StageNames, role: str) -> stepfunctions.CfnStateMachine:
    """The machine of a batch."""
    return state_machine(scope, names.family(facts.manifest.batch), machine(facts), facts.tags, role)


def machine_role(
    scope: Construct, place: Place, names: StageNames, name: str, policy: Document, managed: Sequence[str] = ()
) -> iam.CfnRole:
    """The role of a machine."""
    return iam.CfnRole(
        scope,
        "MachineRole",
        role_name=names.machine_role(name),
        path=names.role_path,
        assume_role_policy_document=machine_trust(place, names.family(name)),
        policies=[{"policyName": "batchwright", "policyDocument": policy}],
        managed_policy_arns=[*managed] or None,
    )


def state_machine(
    scope: Construct, name: str, definition: Mapping[str, Any], tags: Mapping[str, str], role: str
) -> stepfunctions.CfnStateMachine:
    """A machine. What its definition refers to stands in the text as a token, which needs no escape in JSON.

    An execution fails at a service integration of another partition (aws-cdk issue 4597).
    """
    text = json.dumps(definition, ensure_ascii=False, separators=(",", ":"))
    return stepfunctions.CfnStateMachine(
        scope,
        "Machine",
        state_machine_name=name,
        state_machine_type="STANDARD",
        role_arn=role,
        definition_string=text.replace("arn:aws:states:::", f"arn:{partition(Stack.of(scope).region)}:states:::"),
        tags=[{"key": key, "value": value} for key, value in tags.items()],
    )


def make_schedule(
    scope: Construct,
    schedule: CronSchedule,
    machine: stepfunctions.CfnStateMachine,
    place: Place,
    names: StageNames,
    name: str,
) -> scheduler.CfnSchedule:
    """The schedule that starts the machine."""
    minutes = schedule.window if isinstance(schedule, Schedule) else 0
    window = {"mode": "FLEXIBLE", "maximumWindowInMinutes": minutes} if minutes else {"mode": "OFF"}
    resource = scheduler.CfnSchedule(
        scope,
        "Schedule",
        name=name,
        group_name=names.schedules,
        schedule_expression=eventbridge(schedule),
        schedule_expression_timezone=schedule.zone,
        flexible_time_window=window,
        state="ENABLED",
        target={
            "arn": place._machine(names.family(name)),
            "roleArn": place._role(f"{names.role_path[1:]}{names.schedules}"),
            "input": INPUT,
            "retryPolicy": {"maximumEventAgeInSeconds": event_age(schedule), "maximumRetryAttempts": ATTEMPTS},
            "deadLetterConfig": {"arn": place._arn("sqs", names.schedules)},
        },
    )
    put_after(resource, machine)
    return resource


def event_age(schedule: CronSchedule) -> int:
    """Seconds for which a start that fails is tried. Pure."""
    shortest, longest = AGES
    return max(shortest, min(longest, shortest_period(schedule) * 60 // 2))
