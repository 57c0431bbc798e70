"""A batch's two roles: the task role its containers act with, the execution role ECS starts them with."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from batchwright.arns import Place
from batchwright.iam import policies
from batchwright.iam.platform_policies import deadline_policy, deadline_trust
from batchwright.iam.policies import Statement
from batchwright.iam.sizes import INLINE, split
from batchwright.iam.task_role import TaskRole
from batchwright.task.configuration import Configuration
from batchwright_runner.contract.names import StageNames


def execution_statements(
    place: Place, *, configuration: Configuration, repositories: Sequence[str], log_group: str, key: str
) -> list[Statement]:
    """All that the execution role may do: pull these images, write this log, read exactly these values.

    `key`: Alias or ARN of the stage's KMS key; empty for the AWS-managed one, which needs no statement.
    """
    in_ssm = {name: secret for name, secret in configuration.secrets.items() if not secret.manager}
    in_manager = [secret for secret in configuration.secrets.values() if secret.manager]
    paths = [*configuration.parameter_paths.values(), *(secret.reference for secret in in_ssm.values())]
    by_key: dict[str, list[str]] = {}
    for secret in in_ssm.values():
        by_key.setdefault(secret.key or key, []).append(place._parameter(secret.reference))
    return [
        *policies.pull(repositories),
        *policies.write_logs([place._log_group(log_group)]),
        *policies.read_parameters([place._parameter(path) for path in paths]),
        *policies.read_secrets([arn for secret in in_manager for arn in secret.policy_arns]),
        *(
            parameter
            for name, arns in sorted(by_key.items())
            if name
            for parameter in policies.decrypt_parameters(place, name, arns)
        ),
        *policies.decrypt_secrets(place, [secret.key for secret in in_manager if secret.key]),
    ]


def task_principal(place: Place) -> iam.ServicePrincipal:
    """Who may assume a task role: ECS, for tasks of this account and region alone (no confused deputy).

    Source: Amazon ECS developer guide, "Amazon ECS task IAM role", read 2026-11. A cluster's ARN is not supported,
    and conditions on an execution role are not documented: that role has none.
    """
    conditions = {
        "StringEquals": {"aws:SourceAccount": place.account},
        "ArnLike": {"aws:SourceArn": place._arn("ecs", "*")},
    }
    return iam.ServicePrincipal(policies.TASKS, conditions=conditions)


def make_task_role(scope: Construct, trusted: iam.IPrincipal, names: StageNames, batch: str) -> TaskRole:
    """The task role, which may do nothing until something is granted."""
    return TaskRole(scope, "TaskRole", role_name=names.task_role(batch), path=names.role_path, assumed_by=trusted)


def make_execution_role(
    scope: Construct, names: StageNames, batch: str, statements: Sequence[Statement]
) -> iam.CfnRole:
    """The execution role, which may do what ``statements`` say and nothing else.

    What does not fit into its inline policy is in managed ones beside it.
    """
    inline, *more = split(statements, INLINE["role"])
    role = iam.CfnRole(
        scope,
        "ExecutionRole",
        role_name=names.execution_role(batch),
        path=names.role_path,
        assume_role_policy_document=policies.trust({"Service": policies.TASKS}),
        policies=[{"policyName": "batchwright", "policyDocument": policies.document(inline)}],
    )
    for n, part in enumerate(more, start=1):
        document = policies.document(part)
        iam.CfnManagedPolicy(
            scope,
            f"ExecutionPolicy{n}",
            roles=[role.ref],
            path=names.role_path,
            policy_document=document,
        )
    return role


def make_deadline_role(scope: Construct, place: Place, names: StageNames, batch: str, cluster: str) -> iam.CfnRole:
    """The role with which a deadline's schedule stops a task of the batch, and no other."""
    tags = StageNames.of(names).batch_tags(batch)
    return iam.CfnRole(
        scope,
        "DeadlineRole",
        role_name=names.deadline_role(batch),
        path=names.role_path,
        assume_role_policy_document=deadline_trust(place, names),
        policies=[{"policyName": "batchwright", "policyDocument": deadline_policy(place, cluster, tags)}],
    )


def add_to_existing(scope: Construct, role: iam.IRole, names: StageNames, statements: Sequence[Statement]) -> None:
    """Lets an existing execution role do what the batch needs; one imported as immutable stays as it is."""
    inline, *more = split(statements, INLINE["role"])
    document = iam.PolicyDocument.from_json(policies.document(inline))
    role.attach_inline_policy(iam.Policy(scope, "ExecutionPolicy", document=document))
    for n, part in enumerate(more, start=1):
        document = iam.PolicyDocument.from_json(policies.document(part))
        role.add_managed_policy(
            iam.ManagedPolicy(scope, f"ExecutionPolicy{n}", path=names.role_path, document=document)
        )
