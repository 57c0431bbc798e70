"""What AWS refused in a run that had the task role, and the line that mends each. Pure."""

from collections.abc import Sequence

from batchwright_runner.contract.access import RoleAccess
from batchwright_runner.workbench.permissions.actions import known, pattern
from batchwright_runner.workbench.permissions.compare import Used
from batchwright_runner.workbench.permissions.datagrams import ReportedCall
from batchwright_runner.workbench.permissions.operations import needs
from batchwright_runner.workbench.permissions.proposals import propose
from batchwright_runner.workbench.permissions.statements import Permission, permissions_of

MOST = 5
"""Refusals that are told: what comes after the first ones is often their consequence."""


def told(role: RoleAccess, refused: Sequence[ReportedCall], declaration: str) -> str:
    """The refusals of one run in words, the first one first.

    Args:
        role: The task role as it is declared.
        refused: The calls that AWS refused, in the order in which they came; at least one.
        declaration: The file that declares the batch.
    """
    permissions = permissions_of(role.grants)
    lines = [f"AWS refused the task role {'a call' if len(refused) == 1 else f'{len(refused)} different calls'}"]
    for at, call in enumerate(refused[:MOST]):
        actions = _lacked(call)
        on = f" on {call.resource}" if call.resource else ""
        named = " and ".join(actions) or "an action that AWS did not name"
        lines += ["", f"{'first' if at == 0 else 'then'}: {call.service}.{call.operation}, for {named}{on}"]
        lines += _mends(permissions, call, actions, declaration)
    if len(refused) > MOST:
        lines += ["", f"and {len(refused) - MOST} more, which may be their consequences"]
    return "\n".join(lines)


def _lacked(call: ReportedCall) -> tuple[str, ...]:
    """The actions, one or all of which a call lacked: what AWS named, else what the operation needs."""
    need = needs(call.service, call.operation)
    action = known(call.action) or call.action
    return (action,) if action else (*need.actions, *need.one_of[:1])


def _reaches(permission: Permission, resource: str) -> bool:
    """Whether a statement is about a resource. One that only a deployment knows, or with a condition, may be."""
    return any(
        one.startswith(("<", "all but ")) or pattern(one).fullmatch(resource) is not None
        for one in permission.resources
    )


def _lines(permissions: Sequence[Permission]) -> str:
    return ", ".join(dict.fromkeys(permission.at or "the declaration" for permission in permissions))


def _mends(
    permissions: Sequence[Permission], call: ReportedCall, actions: Sequence[str], declaration: str
) -> list[str]:
    about = [
        permission
        for permission in permissions
        if permission.allowed and any(permission.covers(action) for action in actions)
    ]
    here = [permission for permission in about if not call.resource or _reaches(permission, call.resource)]
    if here:
        return [
            f"  {_lines(here)} allows it. Deploy the batch, if that is not deployed yet; else a policy of the",
            "  organization, of the resource or of its key denies it, or a condition does not hold",
        ]
    resources = (call.resource,) if call.resource else ()
    proposal = propose([Used(action, (call.operation,), 1, resources) for action in actions])
    known_at = [f"  {_lines(about)} allows it on other resources"] if about else []
    if not proposal.lines:
        return known_at
    lines = [*proposal.imports, *proposal.lines]
    return [*known_at, f"  paste into {declaration}, in __init__, and deploy:", *(f"    {line}" for line in lines)]
