"""What a batch's roles may do, as plain JSON from pure functions; and of what every policy is made.

One function is one document or statement, tested as data. Nothing is granted on a bare ``*`` but what has no resource
in AWS's own model; each such statement says so. The other files of this folder hold the policies of others:
``run_policies`` of those who run batches, ``publishers`` of CI that pushes images, ``platform_policies`` of a stage's
own parts.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from batchwright.arns import Place, account_of, domain
from batchwright.task.outside import alias_of
from batchwright.tokens import is_token

Statement = dict[str, Any]
Document = dict[str, Any]

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")

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


def deny(actions: Sequence[str], resources: Sequence[str], *, sid: str) -> Statement:
    """One statement that denies ``actions`` on ``resources``, whatever else allows them."""
    return {**allow(actions, resources, sid=sid), "Effect": "Deny"}


def several(element: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    """An element of a statement as a list: one value may stand alone."""
    return list(element) if isinstance(element, list) else [element]


def key_of(place: Place, key: str) -> tuple[str, dict[str, dict[str, str]]]:
    """How a statement names a KMS key: the resource, and conditions; of an alias the key behind it may change."""
    alias = alias_of(key)
    if alias is None:
        return key, {}
    account, region, name = alias
    keys = Place(account or place.account, region or place.region)._arn("kms", "key/*")
    return keys, {"ForAnyValue:StringEquals": {"kms:ResourceAliases": name}}


def trust(
    principal: Mapping[str, str],
    condition: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    action: str = "sts:AssumeRole",
) -> Document:
    """A role's trust policy: ``principal`` may assume it."""
    statement: Statement = {"Effect": "Allow", "Principal": dict(principal), "Action": action}
    if condition:
        statement["Condition"] = dict(condition)
    return document([statement])


_TAKING = {"sts:AssumeRole", "sts:*", "*"}


def can_take(service: str, trust: Document) -> bool:
    """Whether a role's trust lets a service take the role, as far as it can be read. Pure."""
    for statement in several(trust["Statement"]):
        principal = statement.get("Principal", {})
        principals = principal if isinstance(principal, dict) else {"AWS": principal}
        named = several(principals.get("Service", []))
        # Some have a region in their name, and what only a deployment knows may be any.
        fits = any(not isinstance(name, str) or name.partition(".")[0] == service.partition(".")[0] for name in named)
        fits = fits or "*" in several(principals.get("AWS", []))
        if statement["Effect"] == "Allow" and fits and _TAKING.intersection(several(statement.get("Action"))):
            return True
    return False


def trust_for(service: str, place: Place, source: str | Sequence[str]) -> Document:
    """A role's trust policy: a service may assume it, for what has this ARN in this account (no confused deputy)."""
    own = {"aws:SourceAccount": place.account}
    return trust({"Service": service}, {"StringEquals": own, "ArnEquals": {"aws:SourceArn": source}})


def assumed_by(people: Sequence[str], *, own: str, partition: str) -> Statement:
    """The part of a role's trust that lets people assume it: their accounts' roots, narrowed by patterns of their ARNs.

    A policy cannot name a role by a pattern, and the roles of IAM Identity Center have paths and suffixes that are
    unknown before they are made. ``aws:PrincipalArn`` of an assumed role is the role's ARN, with its path (IAM user
    guide, "AWS global condition context keys", 2026-11).
    """
    accounts = dict.fromkeys(own if is_token(person) else account_of(person) for person in people)
    return {
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:{partition}:iam::{account}:root" for account in accounts]},
        "Action": "sts:AssumeRole",
        "Condition": {"ArnLike": {"aws:PrincipalArn": list(people)}},
    }


def pull(repositories: Sequence[str]) -> list[Statement]:
    """Pulling images: of these repositories, and the token, which has no resource."""
    if not repositories:
        return []
    return [
        allow(["ecr:GetAuthorizationToken"], ["*"], sid="RegistryToken"),
        allow(PULL, repositories, sid="PullImages"),
    ]


def pull_policy(project: str, accounts: Sequence[str], partition: str, roles: Sequence[str] = ()) -> Document:
    """A repository's policy: execution roles of the project in other accounts may pull.

    The accounts' roots are the principals, narrowed by the roles' names: a policy that names a role which does not
    exist yet is refused, and one deleted and made again would no longer match.
    """
    ours = [f"arn:{partition}:iam::{account}:role/{project}/*/*-exec" for account in accounts]
    statement: Statement = {
        "Sid": "PullByExecutionRoles",
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:{partition}:iam::{account}:root" for account in accounts]},
        "Action": list(PULL),
        "Condition": {"ArnLike": {"aws:PrincipalArn": [*ours, *roles]}},
    }
    return document([statement])


def write_logs(log_groups: Sequence[str]) -> list[Statement]:
    """Writing the containers' logs into these log groups."""
    return [allow(["logs:CreateLogStream", "logs:PutLogEvents"], log_groups, sid="WriteLog")]


def mount_file_system(file_system: str, access_point: str, *, read_only: bool) -> Statement:
    """Mounting an EFS file system, and writing to it unless it is mounted to be read.

    Not ``elasticfilesystem:ClientRootAccess``: without it, the container's root is nobody there. Source: Amazon EFS
    user guide, "Using IAM to control access to file systems", read 2026-11.

    `access_point`: ARN of the access point that it is mounted by; empty for none.
    """
    actions = ["elasticfilesystem:ClientMount", *([] if read_only else ["elasticfilesystem:ClientWrite"])]
    condition = {"StringEquals": {"elasticfilesystem:AccessPointArn": access_point}} if access_point else None
    return allow(actions, [file_system], condition)


def read_parameters(arns: Sequence[str]) -> list[Statement]:
    """Reading exactly these SSM parameters, which ECS does when a task starts."""
    return [allow(["ssm:GetParameters"], sorted(set(arns)), sid="ReadParameters")] if arns else []


def read_secrets(arns: Sequence[str]) -> list[Statement]:
    """Reading exactly these secrets of Secrets Manager."""
    return [allow(["secretsmanager:GetSecretValue"], sorted(set(arns)), sid="ReadSecrets")] if arns else []


def decrypt_parameters(place: Place, key: str, parameters: Sequence[str]) -> list[Statement]:
    """Decrypting these SecureStrings, through SSM only.

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
    resource, by_alias = key_of(place, key)
    return allow([action], [resource], {"StringEquals": {**via, **also}, **by_alias})


def _one_or_all(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)
