"""What a batch's file says of permissions: every statement with the line that granted it, and its reason."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from batchwright.assembly.assembled_batch import AssembledBatch
from batchwright.assembly.unresolved import evaluate
from batchwright.iam.permissions import Allowance
from batchwright.iam.policies import Statement, allow, several
from batchwright.iam.task_role import TaskRole
from batchwright.origins import SourceLine
from batchwright.tokens import holds_token
from batchwright_runner.contract.access import Access, Caller, Grant, Managed, RoleAccess


def access_of(
    batch: AssembledBatch,
    statements: Sequence[Statement],
    permissions: Sequence[Allowance],
    arns: Mapping[str, Any],
    known: Mapping[str, str],
    project: Path,
) -> Access:
    """Puts it together."""

    def resolved(value: Any) -> Any:  # noqa: ANN401 - any JSON
        return evaluate(Stack.of(batch).resolve(value) if holds_token(value) else value, known)

    role, at = batch._granted_role(), _shown(batch._origin, project)
    execution = [Grant(statement=statement, at=at) for statement in resolved(list(batch._execution_statements))]
    execution += [Grant(statement=statement) for statement in resolved(list(batch._added_to_execution_role()))]
    return Access(
        task=RoleAccess(
            arn=arns["taskRoleArn"],
            adopted=batch._adopted.task_role is not None,
            grants=_grants(role, statements, permissions, resolved, project),
            managed=_managed(role, resolved, project),
        ),
        execution=RoleAccess(
            arn=arns["executionRoleArn"], adopted=batch._adopted.execution_role is not None, grants=execution
        ),
        callers=[
            Caller(who=caller.who, grant=caller.grant, on=on, at=_shown(caller.origin, project))
            for on, callers in batch._granted_callers().items()
            for caller in callers
        ],
    )


def _grants(
    role: iam.IRole | None,
    statements: Sequence[Statement],
    permissions: Sequence[Allowance],
    resolved: Callable[[Any], Any],
    project: Path,
) -> list[Grant]:
    if role is None:
        return []
    if not isinstance(role, TaskRole):
        return _of_foreign_role(statements, permissions, resolved, project)
    reasons = list(permissions)
    plain = resolved([granted.what.to_statement_json() for granted in role.statements])
    grants = [
        Grant(
            statement=statement, at=_shown(granted.origin, project), reason=_reason(statement, granted.origin, reasons)
        )
        for granted, statement in zip(role.statements, plain, strict=True)
    ]
    return grants + [
        Grant(statement=statement, at=_shown(granted.origin, project))
        for granted in role.attached()
        for statement in resolved(granted.what.document.to_json())["Statement"]
    ]


def _of_foreign_role(
    statements: Sequence[Statement],
    permissions: Sequence[Allowance],
    resolved: Callable[[Any], Any],
    project: Path,
) -> list[Grant]:
    """Of a role that something else made only the batches' own ``allow`` have a line."""
    own = [
        Grant(
            statement=resolved(allow(allowance.actions, allowance.resources)),
            at=_shown(allowance.origin, project),
            reason=allowance.reason,
        )
        for allowance in permissions
    ]
    allowed = {str(action) for allowance in permissions for action in allowance.actions}
    others = [
        statement for statement in resolved(list(statements)) if not set(several(statement.get("Action"))) <= allowed
    ]
    return own + [Grant(statement=statement) for statement in others]


def _managed(role: iam.IRole | None, resolved: Callable[[Any], Any], project: Path) -> list[Managed]:
    if not isinstance(role, TaskRole):
        return []
    arns = resolved([policy.what.managed_policy_arn for policy in role.managed])
    return [Managed(arn=arn, at=_shown(policy.origin, project)) for policy, arn in zip(role.managed, arns, strict=True)]


def _reason(statement: Mapping[str, Any], origin: SourceLine | None, reasons: list[Allowance]) -> str:
    actions = several(statement.get("Action"))
    for allowance in reasons:
        if allowance.origin == origin and list(allowance.actions) == actions:
            reasons.remove(allowance)
            return allowance.reason
    return ""


def _shown(origin: SourceLine | None, project: Path) -> str:
    return origin.shown(project.resolve()) if origin else ""
