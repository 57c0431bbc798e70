"""The lines to paste for what a task role lacks: the CDK's own grant where it has one, else ``self.allow``. Pure.

Tests hold each grant to what aws-cdk-lib writes for it.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from batchwright_runner.workbench.permissions.actions import is_wild, no_resource
from batchwright_runner.workbench.permissions.compare import UsedAction


def _after(mark: str, end: str = "/") -> Callable[[str], str]:
    """Finds a name in an ARN: what follows a mark, to an end."""
    return lambda arn: arn.partition(mark)[2].partition(end)[0]


_NAMES: Mapping[str, Callable[[str], str]] = {
    "aws_s3": _after(":::"),
    "aws_dynamodb": _after(":table/"),
    "aws_ses": _after(":identity/"),
    "aws_secretsmanager": lambda arn: re.sub("-[A-Za-z0-9]{6}$", "", arn.partition(":secret:")[2]),
    "aws_ssm": lambda arn: f"/{name}" if "/" in (name := arn.partition(":parameter/")[2]) else name,
    "aws_events": _after(":event-bus/"),
}
"""Module to how the name of what it grants on is found in an ARN."""


@dataclass(frozen=True, slots=True)
class CdkGrant:
    """A grant of aws-cdk-lib."""

    # Its module: ``aws_s3``
    module: str
    # How the construct is had that grants, with ``NAME`` or ``ARN`` for what to fill in
    construct: str
    method: str
    actions: frozenset[str]

    @property
    def line(self) -> str:
        """The line to paste."""
        return f"{self.construct}.{self.method}(self)"

    def filled(self, resources: Collection[str]) -> "CdkGrant":
        """The grant with the name or ARN of what refusals named, where that is one thing."""
        names = {_NAMES[self.module](arn) if '"NAME"' in self.construct else arn for arn in resources}
        if len(names) != 1 or (name := names.pop()) == "" or is_wild(name):
            return self
        return replace(self, construct=re.sub('"(NAME|ARN)"', lambda _: f'"{name}"', self.construct))


_TABLE: Mapping[tuple[str, str, str], Mapping[str, str]] = {
    ("aws_s3", "s3", 's3.Bucket.from_bucket_name(self, "Bucket", "NAME")'): {
        "grant_read": "GetObject ListBucket",
        "grant_put": "AbortMultipartUpload PutObject",
        "grant_delete": "DeleteObject",
    },
    ("aws_sqs", "sqs", 'sqs.Queue.from_queue_arn(self, "Queue", "ARN")'): {
        "grant_send_messages": "GetQueueAttributes GetQueueUrl SendMessage",
        "grant_consume_messages": (
            "ChangeMessageVisibility DeleteMessage GetQueueAttributes GetQueueUrl ReceiveMessage"
        ),
        "grant_purge": "PurgeQueue",
    },
    ("aws_sns", "sns", 'sns.Topic.from_topic_arn(self, "Topic", "ARN")'): {"grant_publish": "Publish"},
    ("aws_ses", "ses", 'ses.EmailIdentity.from_email_identity_name(self, "Identity", "NAME")'): {
        "grant_send_email": "SendEmail SendRawEmail",
    },
    ("aws_dynamodb", "dynamodb", 'dynamodb.Table.from_table_name(self, "Table", "NAME")'): {
        "grant_read_data": "BatchGetItem ConditionCheckItem DescribeTable GetItem Query Scan",
        "grant_write_data": "BatchWriteItem DeleteItem DescribeTable PutItem UpdateItem",
    },
    ("aws_kinesis", "kinesis", 'kinesis.Stream.from_stream_arn(self, "Stream", "ARN")'): {
        "grant_read": "DescribeStreamSummary GetRecords GetShardIterator ListShards",
        "grant_write": "PutRecord PutRecords",
    },
    ("aws_secretsmanager", "secretsmanager", 'secretsmanager.Secret.from_secret_name_v2(self, "Secret", "NAME")'): {
        "grant_read": "DescribeSecret GetSecretValue",
    },
    ("aws_ssm", "ssm", 'ssm.StringParameter.from_string_parameter_name(self, "Parameter", "NAME")'): {
        "grant_read": "GetParameter GetParameterHistory GetParameters",
    },
    ("aws_lambda", "lambda", 'lambda_.Function.from_function_arn(self, "Function", "ARN")'): {
        "grant_invoke": "InvokeFunction",
    },
    ("aws_stepfunctions", "states", 'stepfunctions.StateMachine.from_state_machine_arn(self, "Machine", "ARN")'): {
        "grant_start_execution": "StartExecution",
    },
    ("aws_events", "events", 'events.EventBus.from_event_bus_name(self, "Bus", "NAME")'): {
        "grant_put_events_to": "PutEvents",
    },
    ("aws_kms", "kms", 'kms.Key.from_key_arn(self, "Key", "ARN")'): {"grant_decrypt": "Decrypt"},
}
"""Module, IAM's prefix and construct to the methods that grant, each with its actions."""

GRANTS = tuple(
    CdkGrant(module, construct, method, frozenset(f"{service}:{action}" for action in actions.split()))
    for (module, service, construct), methods in _TABLE.items()
    for method, actions in methods.items()
)
"""The grants, the narrower ones first where two allow the same action."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Lines to paste into a declaration."""

    imports: tuple[str, ...]
    # The lines, for the end of ``__init__``
    lines: tuple[str, ...]


def propose(missing: Sequence[UsedAction]) -> Proposal:
    """The lines for what was used and is not allowed."""
    remaining = {action.name: action for action in missing}
    grants = []
    while remaining:
        best = max(GRANTS, key=lambda grant: len(grant.actions & remaining.keys()))
        granted = best.actions & remaining.keys()
        if not granted:
            break
        grants.append(best.filled({arn for name in granted for arn in remaining.pop(name).resources}))
    names = {grant.module: grant.module.removeprefix("aws_").replace("lambda", "lambda_") for grant in grants}
    imports = tuple(f"from aws_cdk import {module} as {name}" for module, name in sorted(names.items()))
    return Proposal(imports, (*_granted(grants), *_allowed(remaining.values())))


def _granted(grants: Sequence[CdkGrant]) -> list[str]:
    """The lines of grants; a construct that grants several things is made once."""
    by_construct: dict[str, list[CdkGrant]] = {}
    for grant in grants:
        by_construct.setdefault(grant.construct, []).append(grant)
    lines = []
    for construct, group in by_construct.items():
        if len(group) == 1:
            lines.append(group[0].line)
            continue
        name = construct.split('"')[1].lower()
        lines += [f"{name} = {construct}", *(f"{name}.{grant.method}(self)" for grant in group)]
    return lines


def _allowed(actions: Iterable[UsedAction]) -> list[str]:
    """One ``self.allow`` for each service and resource."""
    groups: dict[tuple[str, str], list[str]] = {}
    for action in actions:
        service = action.name.partition(":")[0]
        on = "*" if no_resource(action.name) else action.resources[0] if len(action.resources) == 1 else "ARN"
        groups.setdefault((service, on), []).append(action.name)
    return [_allow(names, on) for (_, on), names in groups.items()]


def _allow(names: Sequence[str], on: str) -> str:
    written = f'"{names[0]}"' if len(names) == 1 else "[" + ", ".join(f'"{name}"' for name in names) + "]"
    reason = ', reason="IAM knows no resource for it"' if on == "*" else ""
    return f'self.allow({written}, on="{on}"{reason})'
