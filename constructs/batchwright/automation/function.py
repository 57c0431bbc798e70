"""The function that a stage's machines ask, in a stack of its own; where others find it, and its alarm."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import Annotations, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from batchwright.arns import Place
from batchwright.automation.dead_letters import alarm_on_any, metric
from batchwright.functions.function import make_code, make_function
from batchwright.functions.package import MACHINES
from batchwright.iam.function_policies import machines_policy
from batchwright.tokens import is_token
from batchwright_runner.contract.machines.figures import OF_PROJECT, OF_STAGE, PROTOCOL
from batchwright_runner.contract.names import StageNames

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam

PARAMETER = f"machines-{PROTOCOL}"
"""The last part of the SSM parameter that holds the function's ARN. Its number is the protocol of the questions."""


@dataclass(frozen=True, slots=True)
class MachinesFunction:
    """What was made."""

    stack: Stack
    function: functions.CfnFunction
    # Sounds when a call failed, or was throttled
    alarm: cloudwatch.CfnAlarm


def make_machines_function(
    scope: Construct,
    stack: Stack,
    names: StageNames,
    place: Place,
    *,
    cluster: str,
    topic: str,
    role: "iam.IRole | None" = None,
    reserved: int | None = None,
) -> MachinesFunction:
    """Makes it.

    `scope`: the stage's platform, whose stack has the alarm.
    `topic`: ARN of the topic that the alarm goes to; empty for none.
    """
    function = make_function(
        stack,
        "Function",
        names,
        make_code(stack),
        name=names.machines,
        role=names.machines,
        description="Says whether a batch starts, and what its end means",
        handler=f"{MACHINES}.handle",
        policy=machines_policy(place, names, "*" if is_token(cluster) else cluster),
        variables={OF_PROJECT: names.project, OF_STAGE: names.stage},
        given_role=role.role_arn if role else "",
        reserved=reserved,
    )
    ssm.CfnParameter(stack, "Arn", type="String", name=names.fact(PARAMETER), value=function.attr_arn)
    alarm = alarm_on_any(
        scope,
        "MachinesAlarm",
        name=names.machines,
        description=f"The function {names.machines} fails or is throttled: no batch starts without it. See its log",
        total="unanswered",
        periods=3,  # a throttled look is asked again: at 02:30 many machines ask at once
        topic=topic,
        metrics={
            "failed": metric("AWS/Lambda", "Errors", "FunctionName", names.machines, "Sum"),
            "throttled": metric("AWS/Lambda", "Throttles", "FunctionName", names.machines, "Sum"),
        },
    )
    if not topic:
        text = (
            f"nobody hears the alarm {names.machines}: batches of the stage wait where its function fails; give alerts "
            "or alarm_topic, or acknowledge this"
        )
        Annotations.of(scope).add_warning_v2("batchwright:nobody-hears-machines", text)
    return MachinesFunction(stack, function, alarm)
