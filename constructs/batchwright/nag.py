"""What cdk-nag's AwsSolutions find in what the library makes, each with the reason for which it stays."""

from collections.abc import Iterable, Mapping
from typing import Any

import aws_cdk
from aws_cdk import CfnResource, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from batchwright.batch import FargateBatch
from batchwright.iam.policies import several
from batchwright.registry.registry import ImageRegistry
from batchwright.stage.platform import BatchPlatform
from batchwright.workflows.workflow import Workflow

FINDINGS: Mapping[str, Mapping[str, str]] = {
    "AWS::ECS::Cluster": {
        "ECS4": "Container Insights cost extra; BatchPlatform(container_insights=…) switches them on"
    },
    "AWS::ECS::TaskDefinition": {"ECS2": "environment= is for what is no secret; secrets= come from SSM at the start"},
    "AWS::StepFunctions::StateMachine": {
        "SF1": "The stage's history keeps how runs ended; a log of each state would repeat the inputs",
        "SF2": "ECS sends nothing to X-Ray",
    },
    "AWS::DynamoDB::Table": {"DDB3": "Its records of past runs begin anew with the next ones"},
    "AWS::Lambda::Function": {"L1": "It runs the Python that its package was tested with"},
    "AWS::SQS::Queue": {"SQS3": "It is itself the queue of what could not be delivered"},
}
"""Type of a resource to the rules that it breaks, each with the reason."""
NO_RESOURCE = "IAM knows no resource for the action"
LATER = "It begins with the exact name of the stage, batch or cluster, and what follows is not there yet"
"""The reasons for ``*`` and for other patterns in roles of the library, rule IAM5."""


def acknowledge_nag(scope: Construct) -> None:
    """Acknowledges what cdk-nag's AwsSolutions find in all that the library made below a scope, such as the app.

    Call it when all is declared. What your own code grants, to batches or to people, is yours to acknowledge.

    Args:
        scope: The app, a stage or a stack.
    """
    for made in scope.node.find_all():
        if isinstance(made, FargateBatch | Workflow | BatchPlatform | ImageRegistry):
            _acknowledge_parts(made.node.children)
        if isinstance(made, BatchPlatform) and made.alerts is not None:
            _acknowledge_parts(made.alerts.stack.node.children)
        if isinstance(made, BatchPlatform) and made.machines is not None:
            _acknowledge_parts(made.machines.stack.node.children)
        if isinstance(made, FargateBatch) and (policy := made._task_role.node.try_find_child("DefaultPolicy")):
            for allowed in made.permissions:
                on = [f"Resource::{_text(arn)}" for arn in Stack.of(made).resolve(list(allowed.resources))]
                wild = [part for part in (*on, *(f"Action::{action}" for action in allowed.actions)) if "*" in part]
                _acknowledge(policy, {f"IAM5[{part}]": allowed.reason for part in wild if allowed.reason})


def _acknowledge_parts(parts: Iterable[IConstruct]) -> None:
    for part in parts:
        if isinstance(part, CfnResource):
            _acknowledge(part, FINDINGS.get(part.cfn_resource_type, {}))
        if isinstance(part, iam.CfnRole):
            policies = Stack.of(part).resolve(part.policies) or ()
            statements = [each for policy in policies for each in policy["policyDocument"]["Statement"]]
            named = {_text(on) for statement in statements for on in several(statement["Resource"])}
            patterns = {f"IAM5[Resource::{on}]": NO_RESOURCE if on == "*" else LATER for on in named if "*" in on}
            _acknowledge(part, patterns)


def _acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    for rule, reason in reasons.items():
        id = f"AwsSolutions::AwsSolutions-{rule}"
        aws_cdk.Validations.of(construct).acknowledge(aws_cdk.Acknowledgment(id=id, reason=reason))


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON
    """A part of a template as cdk-nag names it: what only a deployment knows in angle brackets."""
    if not isinstance(value, dict):
        return str(value)
    (function, given), *_ = value.items()
    if function == "Fn::Join":
        return str(given[0]).join(map(_text, given[1]))
    return f"<{'.'.join(given) if isinstance(given, list) else given}>"
