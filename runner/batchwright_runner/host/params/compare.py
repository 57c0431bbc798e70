"""Declared against present. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from batchwright_runner.contract.values import fingerprint
from batchwright_runner.host.params.declared import DeclaredValue
from batchwright_runner.host.params.present import PresentValue


class State(StrEnum):
    """How a value stands."""

    SET = "set"
    DIFFERS = "differs from declared"
    MISSING = "missing"
    NOT_ENCRYPTED = "not encrypted"
    ELSEWHERE = "in Secrets Manager, not looked at"
    ABROAD = "in another account or region, not looked at"
    HIDDEN = "not visible"
    NOT_DECLARED = "not declared"


BAD = frozenset({State.MISSING, State.NOT_ENCRYPTED})
"""States with which ``params check`` fails: a start would fail too, or a secret lies open."""


@dataclass(frozen=True, slots=True)
class ComparedValue:
    """One value, declared or present or both."""

    path: str
    kind: str
    state: State
    users: tuple[str, ...]
    version: int | None = None
    changed: float | None = None


def compare(
    declared: Iterable[DeclaredValue], present: Mapping[str, PresentValue], hidden: Collection[str] = ()
) -> list[ComparedValue]:
    """A row for each declared value, then one for each that is there without a declaration, by path.

    Args:
        declared: What the batches declare.
        present: What is there, by path.
        hidden: The paths that the caller may not read.
    """
    known = {one.path: one for one in declared}
    rows = [_row(one, present.get(path), path in hidden) for path, one in sorted(known.items())]
    for other in (present[path] for path in sorted(present.keys() - known.keys())):
        kind = "secret" if other.encrypted else "parameter"
        rows.append(ComparedValue(other.path, kind, State.NOT_DECLARED, (), other.version, other.changed))
    return rows


def _row(one: DeclaredValue, found: PresentValue | None, hidden: bool) -> ComparedValue:
    state = State.HIDDEN if hidden else _state(one, found)
    if found is None:
        return ComparedValue(one.path, one.kind, state, one.users)
    return ComparedValue(one.path, one.kind, state, one.users, found.version, found.changed)


def _state(one: DeclaredValue, found: PresentValue | None) -> State:
    if one.out_of_reach:
        return State.ELSEWHERE if one.in_secrets_manager else State.ABROAD
    if found is None:
        return State.MISSING
    if one.kind == "secret":
        return State.SET if found.encrypted else State.NOT_ENCRYPTED
    if one.fingerprint and fingerprint(found.value) != one.fingerprint:
        return State.DIFFERS
    return State.SET
