"""The values of two stages against each other. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from batchwright_runner.contract.names import StageNames
from batchwright_runner.host.params.declared import DeclaredValue


class Standing(StrEnum):
    """How a value of one stage stands against that of another. ``{}`` is the stage's name."""

    SAME = "same"
    DIFFERENT = "different"
    MISSING = "missing in {}"
    NOWHERE = "missing in both"
    DECLARED_ONCE = "declared in {} only"
    NOT_LOOKED_AT = "not looked at"
    NOT_VISIBLE = "not visible"


@dataclass(frozen=True, slots=True)
class Side:
    """A stage's values."""

    stage: str
    project: str
    declared: Mapping[str, DeclaredValue]
    # The texts that were read, by path. Those of secrets are among them; they are compared, and never shown.
    texts: Mapping[str, str] = field(default_factory=dict)
    # Paths of values that are there, or may be, and whose text the caller may not read
    hidden: frozenset[str] = frozenset()

    def key(self, path: str) -> str:
        """A value's name in every stage: the path without project and stage, or with ``{stage}`` in it."""
        own = f"{StageNames.of(self).path}/"
        if path.startswith(own):
            return path.removeprefix(own)
        return "/".join("{stage}" if part == self.stage else part for part in path.split("/"))


@dataclass(frozen=True, slots=True)
class ComparedPair:
    """A value in two stages."""

    # ``daily-report/REPORT_TO``, or a path of something else's
    name: str
    # ``parameter`` or ``secret``; a secret if it is one in either stage
    kind: str
    state: str
    differs: bool
    # The two texts; none for a secret, and for what is not there
    values: tuple[str | None, str | None]
    users: tuple[str, ...]


Declarations = tuple[DeclaredValue | None, DeclaredValue | None]
"""What two stages declare of one value; none where a stage does not."""


def matched(first: Side, second: Side, wanted: Callable[[str, DeclaredValue], bool]) -> dict[str, Declarations]:
    """The values that either stage declares, by name.

    Two belong together by their paths, else by the variable's name and a batch that takes both.
    """
    firsts = {first.key(path): value for path, value in first.declared.items()}
    seconds = {second.key(path): value for path, value in second.declared.items()}
    names = {name for values in (firsts, seconds) for name, value in values.items() if wanted(name, value)}
    for name in list(firsts):
        if name not in seconds:
            alike = (key for key, value in seconds.items() if key not in firsts and _alike(firsts[name], value))
            if (key := next(alike, None)) is not None:
                seconds[name] = seconds.pop(key)
    return {name: (firsts.get(name), seconds.get(name)) for name in sorted({**firsts, **seconds}.keys() & names)}


def compare_stages(first: Side, second: Side, values: Mapping[str, Declarations]) -> list[ComparedPair]:
    """A pair for each of these values, as `matched` gives them."""
    return [_pair(name, (first, second), declared) for name, declared in values.items()]


def _alike(first: DeclaredValue, second: DeclaredValue) -> bool:
    return first.name == second.name and bool({*first.users} & {*second.users})


def _pair(name: str, sides: tuple[Side, Side], values: Declarations) -> ComparedPair:
    declared = [value for value in values if value]
    secret = any(value.kind == "secret" for value in declared)
    first, second = (side.texts.get(value.path) if value else None for side, value in zip(sides, values, strict=True))
    standing, stage = _standing(sides, values, (first, second))
    return ComparedPair(
        name=name,
        kind="secret" if secret else "parameter",
        state=standing.format(stage),
        differs=standing not in (Standing.SAME, Standing.NOT_LOOKED_AT, Standing.NOT_VISIBLE),
        values=(None, None) if secret else (first, second),
        users=tuple(sorted({user for value in declared for user in value.users})),
    )


def _standing(
    sides: tuple[Side, Side], values: Declarations, texts: tuple[str | None, str | None]
) -> tuple[Standing, str]:
    """How they stand, and the stage that the words name."""
    first, second = values
    if first is None or second is None:
        return Standing.DECLARED_ONCE, sides[1 if first is None else 0].stage
    if first.out_of_reach or second.out_of_reach:
        return Standing.NOT_LOOKED_AT, ""
    hidden = first.path in sides[0].hidden, second.path in sides[1].hidden
    missing = [
        side.stage for side, text, unseen in zip(sides, texts, hidden, strict=True) if text is None and not unseen
    ]
    if missing:
        return (Standing.NOWHERE, "") if len(missing) > 1 else (Standing.MISSING, missing[0])
    if any(hidden):
        return Standing.NOT_VISIBLE, ""
    return (Standing.SAME if texts[0] == texts[1] else Standing.DIFFERENT), ""
