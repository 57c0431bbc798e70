"""Every policy the library writes, as plain JSON documents from pure functions.

One function is one document or statement: what a role may do is read here, and tested here as data. Nothing is granted
on a bare ``*`` but what has no resource in AWS's own model; each such statement says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from batchwright.arns import Place, domain
from batchwright.names import StageNames

Statement = dict[str, Any]
Document = dict[str, Any]

TASKS = "ecs-tasks.amazonaws.com"
SCHEDULER = "scheduler.amazonaws.com"


def document(statements: Iterable[Statement]) -> Document:
    """A policy document of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(
    actions: Sequence[str],
    resources: Sequence[str],
    condition: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    sid: str = "",
) -> Statement:
    """One statement that allows ``actions`` on ``resources``."""
    statement: Statement = {"Sid": sid} if sid else {}
    statement |= {"Effect": "Allow", "Action": _one_or_all(actions), "Resource": _one_or_all(resources)}
    if condition:
        statement["Condition"] = {operator: dict(tests) for operator, tests in condition.items()}
    return statement


def trust(service: str, condition: Mapping[str, Mapping[str, Any]] | None = None) -> Document:
    """A role's trust policy: ``service`` may assume it."""
    statement: Statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if condition:
        statement["Condition"] = dict(condition)
    return document([statement])


def task_conditions(place: Place) -> dict[str, dict[str, str]]:
    """Conditions of a task role's trust: ECS, for tasks of this account and region alone (no confused deputy).

    Source: Amazon ECS developer guide, "Amazon ECS task IAM role", read 2026-11. A cluster's ARN is not supported,
    and conditions on an execution role are not documented: that role has none.
    """
    return {
        "StringEquals": {"aws:SourceAccount": place.account},
        "ArnLike": {"aws:SourceArn": place.arn("ecs", "*")},
    }


def deadline_trust(place: Place, names: StageNames) -> Document:
    """Trust of the role that deadline schedules use: EventBridge Scheduler, for this stage's schedule group."""
    group = place.arn("scheduler", f"schedule-group/{names.deadline_group}")
    condition = {"StringEquals": {"aws:SourceAccount": place.account}, "ArnEquals": {"aws:SourceArn": group}}
    return trust(SCHEDULER, condition)


def pull(repositories: Sequence[str]) -> list[Statement]:
    """Pulling images: of these repositories, and the token, which has no resource."""
    if not repositories:
        return []
    actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    return [
        allow(["ecr:GetAuthorizationToken"], ["*"], sid="RegistryToken"),
        allow(actions, repositories, sid="PullImages"),
    ]


def write_logs(log_groups: Sequence[str]) -> list[Statement]:
    """Writing the containers' logs into these log groups."""
    return [allow(["logs:CreateLogStream", "logs:PutLogEvents"], log_groups, sid="WriteLog")]


def read_parameters(arns: Sequence[str]) -> list[Statement]:
    """Reading exactly these SSM parameters, which ECS does when a task starts."""
    return [allow(["ssm:GetParameters"], sorted(set(arns)), sid="ReadParameters")] if arns else []


def read_secrets(arns: Sequence[str]) -> list[Statement]:
    """Reading exactly these secrets of Secrets Manager."""
    return [allow(["secretsmanager:GetSecretValue"], sorted(set(arns)), sid="ReadSecrets")] if arns else []


def decrypt_parameters(place: Place, key: str, parameters: Sequence[str]) -> list[Statement]:
    """Decrypting these SecureStrings, through SSM only.

    Args:
        place: Account and region of the parameters.
        key: ARN of the KMS key, or its alias; an alias stands for a key whose id is not known at synthesis.
        parameters: ARNs of the parameters; none gives no statement.

    Source of the condition keys: Systems Manager user guide, "How Parameter Store uses AWS KMS"; KMS developer guide,
    "Use aliases to control access to KMS keys"; both read 2026-11.
    """
    if not parameters:
        return []
    return [
        _through(place, "ssm", "kms:Decrypt", key, {"kms:EncryptionContext:PARAMETER_ARN": sorted(set(parameters))})
    ]


def encrypt_parameters(place: Place, key: str, parameters: str) -> Statement:
    """Encrypting SecureStrings whose ARN matches a pattern, through SSM only."""
    statement = _through(place, "ssm", "kms:Encrypt", key, {})
    statement["Condition"]["StringLike"] = {"kms:EncryptionContext:PARAMETER_ARN": parameters}
    return statement


def decrypt_secrets(place: Place, keys: Sequence[str]) -> list[Statement]:
    """Decrypting secrets of Secrets Manager under these customer keys, through Secrets Manager only."""
    return [_through(place, "secretsmanager", "kms:Decrypt", key, {}) for key in sorted(set(keys))]


def _through(place: Place, service: str, action: str, key: str, also: Mapping[str, Any]) -> Statement:
    via = {"kms:ViaService": f"{service}.{place.region}.{domain(place.region)}"}
    equals: dict[str, Mapping[str, Any]] = {"StringEquals": {**via, **also}}
    if key.startswith("alias/"):
        equals["ForAnyValue:StringEquals"] = {"kms:ResourceAliases": key}
        return allow([action], [place.arn("kms", "key/*")], equals)
    return allow([action], [key], equals)


def _one_or_all(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)
