"""What a batch did, held against what it may do. Pure.

It is about actions, not about resources: the SDKs report no parameters.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from batchwright_runner.contract.access import RoleAccess
from batchwright_runner.workbench.permissions.actions import expand, known, service_of
from batchwright_runner.workbench.permissions.datagrams import ReportedCall
from batchwright_runner.workbench.permissions.operations import Needs, needs
from batchwright_runner.workbench.permissions.record import PermissionRecord
from batchwright_runner.workbench.permissions.statements import Statement, permissions_of

HIDDEN = frozenset({"kms"})
"""Services that other services call for a batch: their use is seen in no SDK (KMS developer guide, "How AWS services
use AWS KMS", 2026-11)."""


_Wanted = tuple[ReportedCall, int, Needs]
"""A call, how often it came, and what it needs."""


@dataclass(frozen=True, slots=True)
class UsedAction:
    """An action that was used."""

    # The action: ``s3:GetObject``
    name: str
    # The operations that need it: ``S3.ListObjectsV2``
    operations: tuple[str, ...]
    count: int
    resources: tuple[str, ...] = ()
    granted_at: tuple[str, ...] = ()
    # Other actions, one of which it may have been: that depends on what the requests held
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnusedAction:
    """An action of a policy that nothing recorded needs."""

    name: str
    at: str

    @property
    def hidden(self) -> bool:
        """Whether its use would not be seen."""
        return service_of(self.name) in HIDDEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All of it."""

    allowed: tuple[UsedAction, ...] = ()
    missing: tuple[UsedAction, ...] = ()
    unused: tuple[UnusedAction, ...] = ()
    # Operation to how often it was called, of those whose actions are not known: ``IoT.Publish``
    unmapped: Mapping[str, int] = field(default_factory=dict)
    free: tuple[str, ...] = ()
    sdks: tuple[str, ...] = ()
    runs: int = 0
    ignored: int = 0
    # The role has policies that cannot be seen here
    unseen: bool = False

    @property
    def silent(self) -> bool:
        """No SDK reported anything."""
        return not (self.allowed or self.missing or self.unmapped or self.free)


def compare(role: RoleAccess, record: PermissionRecord) -> Comparison:
    """Compares what was recorded with what a task role allows."""
    permissions = permissions_of(role.grants)
    recorded = [(call, count, needs(call.service, call.operation)) for call, count in record.calls.items()]
    calls: dict[str, list[_Wanted]] = {}
    unmapped: dict[str, int] = {}
    for call, count, need in recorded:
        for action in _actions(need, permissions, call):
            calls.setdefault(action, []).append((call, count, need))
        if not need.known and not call.action:
            unmapped[_name(call)] = unmapped.get(_name(call), 0) + count
    used = [_used(action, uses, permissions) for action, uses in sorted(calls.items())]
    may = {action for _, _, need in recorded for action in (*need.actions, *need.one_of)}
    return Comparison(
        allowed=tuple(action for action in used if allows(permissions, action.name)),
        missing=tuple(action for action in used if not allows(permissions, action.name)),
        unused=tuple(_unused(permissions, may | set(calls))),
        unmapped=dict(sorted(unmapped.items())),
        free=tuple(sorted({_name(call) for call, _, need in recorded if need == Needs()})),
        sdks=tuple(record.sdks),
        runs=record.runs,
        ignored=record.ignored,
        unseen=role.adopted or bool(role.managed),
    )


def allows(permissions: Iterable[Statement], action: str) -> bool:
    """Whether statements allow an action on anything. A denial counts where it has no condition and no resource."""
    about = [part for part in permissions if part.covers(action)]
    denied = any(not part.allowed and not part.condition and part.resources == ("*",) for part in about)
    return not denied and any(part.allowed for part in about)


def _actions(need: Needs, permissions: list[Statement], call: ReportedCall) -> list[str]:
    """The actions that a call used, as far as is known."""
    named = known(call.action) or call.action  # SQS names it in small letters
    if need.one_of:
        return [action for action in need.one_of if allows(permissions, action)] or [named or need.one_of[0]]
    return [*need.actions, *([named] if named and named not in need.actions else [])]


def _used(action: str, calls: list[_Wanted], permissions: list[Statement]) -> UsedAction:
    at = [part.at for part in permissions if part.allowed and part.covers(action) and part.at]
    return UsedAction(
        action,
        operations=tuple(sorted({_name(call) for call, _, _ in calls})),
        count=sum(count for _, count, _ in calls),
        resources=tuple(dict.fromkeys(call.resource for call, _, _ in calls if call.resource)),
        granted_at=tuple(dict.fromkeys(at)),
        instead=tuple(other for other in calls[-1][2].one_of if other != action),
    )


def _unused(permissions: list[Statement], used: set[str]) -> Iterable[UnusedAction]:
    in_use = {name.lower() for name in used}
    for permission in permissions:
        for action in permission.actions if permission.allowed and not permission.but else ():
            if in_use.isdisjoint(name.lower() for name in expand(action)):
                yield UnusedAction(action, permission.at)


def _name(call: ReportedCall) -> str:
    return f"{call.service}.{call.operation}"
