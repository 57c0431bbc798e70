"""What AWS refused in a run that had the task role, and the line that mends each. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from batchwright_runner.contract.access import RoleAccess
from batchwright_runner.workbench.permissions.actions import known, pattern
from batchwright_runner.workbench.permissions.compare import Used
from batchwright_runner.workbench.permissions.datagrams import ReportedCall
from batchwright_runner.workbench.permissions.operations import needs
from batchwright_runner.workbench.permissions.proposals import propose
from batchwright_runner.workbench.permissions.record import PermissionRecord
from batchwright_runner.workbench.permissions.statements import Permission, permissions_of

MOST = 5
"""Refusals that are told: what comes after the first ones is often their consequence."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that AWS refused.

    Attributes:
        call: The call.
        actions: The actions, one or all of which it lacked: what AWS named, else what the operation needs.
        here: The lines that allow them on what AWS named.
        elsewhere: The lines that allow them on other resources only.
    """

    call: ReportedCall
    actions: tuple[str, ...]
    here: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """The call, for people."""
        on = f" on {self.call.resource}" if self.call.resource else ""
        named = " and ".join(self.actions) or "an action that AWS did not name"
        return f"{self.call.service}.{self.call.operation}, for {named}{on}"


def refusals(role: RoleAccess, record: PermissionRecord) -> list[Refusal]:
    """The refusals of one run, the first one first.

    Args:
        role: The task role as it is declared.
        record: What the run's SDKs reported, in the order in which it came.
    """
    permissions = permissions_of(role.grants)
    return [_refusal(permissions, call) for call in record.calls if call.denied]


def told(found: Sequence[Refusal], declaration: str) -> str:
    """The refusals in words.

    Args:
        found: The refusals; at least one.
        declaration: The file that declares the batch.
    """
    lines = [f"AWS refused the task role {'a call' if len(found) == 1 else f'{len(found)} different calls'}"]
    for at, one in enumerate(found[:MOST]):
        lines += ["", f"{'first' if at == 0 else 'then'}: {one.what}", *_mends(one, declaration)]
    if len(found) > MOST:
        lines += ["", f"and {len(found) - MOST} more, which may be their consequences"]
    return "\n".join(lines)


def _refusal(permissions: Sequence[Permission], call: ReportedCall) -> Refusal:
    need = needs(call.service, call.operation)
    action = known(call.action) or call.action
    actions = (action,) if action else (*need.actions, *need.one_of[:1])
    about = [
        permission
        for permission in permissions
        if permission.allowed and any(permission.covers(each) for each in actions)
    ]
    here = [one for one in about if not call.resource or _reaches(one, call.resource)]
    return Refusal(call, actions, _lines(here), _lines([one for one in about if one not in here]))


def _reaches(permission: Permission, resource: str) -> bool:
    """Whether a statement is about a resource. One that only a deployment knows, or with a condition, may be."""
    return any(
        one.startswith(("<", "all but ")) or pattern(one).fullmatch(resource) is not None
        for one in permission.resources
    )


def _lines(permissions: Sequence[Permission]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(permission.at or "the declaration" for permission in permissions))


def _mends(one: Refusal, declaration: str) -> list[str]:
    if one.here:
        return [
            f"  {', '.join(one.here)} allows it. Deploy the batch, if that is not deployed yet; else a policy of the",
            "  organization, of the resource or of its key denies it, or a condition does not hold",
        ]
    resources = (one.call.resource,) if one.call.resource else ()
    proposal = propose([Used(action, (one.call.operation,), 1, resources) for action in one.actions])
    known_at = [f"  {', '.join(one.elsewhere)} allows it on other resources"] if one.elsewhere else []
    if not proposal.lines:
        return known_at
    lines = [*proposal.imports, *proposal.lines]
    return [*known_at, f"  paste into {declaration}, in __init__, and deploy:", *(f"    {line}" for line in lines)]
