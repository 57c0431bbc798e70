"""Asks: does a workflow's machine start its steps, and what does Step Functions do that no batch shows?"""

import json
from typing import Any

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from batchwright import BatchPlatform, Step, Workflow

CHILD = {
    "QueryLanguage": "JSONata",
    "StartAt": "Wait",
    "States": {"Wait": {"Type": "Wait", "Seconds": 20, "End": True}},
}
NAME = "{% $states.context.Execution.Name & '-child' %}"


def task(resource: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """One branch: a task whose end, a failure too, is its result."""
    kept = {"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "Failed"}
    asked = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, "Catch": [kept]}
    return {"StartAt": "Ask", "States": {"Ask": {**asked, "End": True}, "Failed": {"Type": "Succeed"}}}


def asks(child: str) -> dict[str, Any]:
    """The machine that asks: the same child twice, and a task that it may not start."""
    joined = task("states:startExecution.sync:2", {"StateMachineArn": child, "Name": NAME, "Input": {}})
    refused = task(
        "ecs:runTask.sync", {"Cluster": "trial-probe", "TaskDefinition": "trial-probe-scratch", "LaunchType": "FARGATE"}
    )
    both = {"Type": "Parallel", "Branches": [joined, joined, refused], "End": True}
    return {"QueryLanguage": "JSONata", "StartAt": "All", "States": {"All": both}}


class Chain(Workflow):
    """Two steps, of which the second may fail."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope, "chain", platform=platform, owner="trial", steps=["scratch", Step("values", on_failure="ignore")]
        )
        child_role, role = (
            iam.Role(self, name, assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
            for name in ("ChildRole", "AsksRole")
        )
        child = sfn.CfnStateMachine(
            self,
            "Child",
            state_machine_name="trial-probe-child",
            role_arn=child_role.role_arn,
            definition_string=json.dumps(CHILD),
        )
        role.add_to_policy(iam.PolicyStatement(actions=["states:StartExecution"], resources=[child.attr_arn]))
        executions = Stack.of(self).format_arn(
            service="states",
            resource="execution:trial-probe-child",
            resource_name="*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        follow = ["states:DescribeExecution", "states:StopExecution"]
        role.add_to_policy(iam.PolicyStatement(actions=follow, resources=[executions]))
        events = ["events:PutTargets", "events:PutRule", "events:DescribeRule"]
        names = ("StepFunctionsExecutionRule", "ECSTaskRule")  # of both `.sync`: without it no machine is made
        rules = [
            Stack.of(self).format_arn(
                service="events", resource="rule", resource_name=f"StepFunctionsGetEventsFor{name}"
            )
            for name in names
        ]
        role.add_to_policy(iam.PolicyStatement(actions=events, resources=rules))
        machine = sfn.CfnStateMachine(
            self,
            "Asks",
            state_machine_name="trial-probe-asks",
            role_arn=role.role_arn,
            definition_string=json.dumps(asks("${Child}")),
            definition_substitutions={"Child": child.attr_arn},
        )
        machine.node.add_dependency(role)
