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

UNSEEN = frozenset({State.ELSEWHERE, State.ABROAD, State.HIDDEN})
"""States of which ``params check`` knows nothing."""


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
    """A row for each declared value, then one for each that is there without a declaration, by path."""
    by_path = {value.path: value for value in declared}
    rows = [_row(value, present.get(path), path in hidden) for path, value in sorted(by_path.items())]
    for stray in (present[path] for path in sorted(present.keys() - by_path.keys())):
        kind = "secret" if stray.encrypted else "parameter"
        rows.append(ComparedValue(stray.path, kind, State.NOT_DECLARED, (), stray.version, stray.changed))
    return rows


def _row(declared: DeclaredValue, present: PresentValue | None, hidden: bool) -> ComparedValue:
    state = State.HIDDEN if hidden else _state(declared, present)
    if present is None:
        return ComparedValue(declared.path, declared.kind, state, declared.users)
    return ComparedValue(declared.path, declared.kind, state, declared.users, present.version, present.changed)


def _state(declared: DeclaredValue, present: PresentValue | None) -> State:
    if declared.out_of_reach:
        return State.ELSEWHERE if declared.in_secrets_manager else State.ABROAD
    if present is None:
        return State.MISSING
    if declared.kind == "secret":
        return State.SET if present.encrypted else State.NOT_ENCRYPTED
    if declared.fingerprint and fingerprint(present.value) != declared.fingerprint:
        return State.DIFFERS
    return State.SET
