"""Which values are copied from one stage or batch to another. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from batchwright_runner.contract.names import SHARED, StageNames
from batchwright_runner.contract.values import fingerprint
from batchwright_runner.errors import UsageError
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.params.declared import DeclaredValue, folder
from batchwright_runner.host.params.present import Texts
from batchwright_runner.host.terminal.text import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What was asked for."""

    first: str
    # The stage that is copied to; may be the same, from one batch to another
    second: str
    batch: str | None = None
    # The batch that is copied to, if it has another name
    to: str | None = None
    names: tuple[str, ...] = ()
    shared: bool = False
    secrets: bool = False

    @property
    def target_batch(self) -> str | None:
        """The batch that is copied to; none for all."""
        return self.to or self.batch

    def asked(self, values: Iterable[DeclaredValue], target: StageTarget) -> list[DeclaredValue]:
        """The values of the target that are meant: only what is stored under the stage's own path is ever written."""
        owner = SHARED if self.shared else self.target_batch
        below = StageNames.of(target).path if owner is None else folder(target, owner)
        meant = [value for value in values if value.path.startswith(f"{below}/")]
        unknown = [name for name in self.names if name not in {value.name for value in meant}]
        if unknown:
            place = f"stage {target.stage}" if self.target_batch is None else f"{self.target_batch} in {target.stage}"
            raise UsageError(
                f"nothing was copied: {place} declares no {unknown[0]}",
                hint=did_you_mean(unknown[0], [value.name for value in meant]),
            )
        return [value for value in meant if not self.names or value.name in self.names]


@dataclass(frozen=True, slots=True)
class Copied:
    """A value that is copied."""

    declared: DeclaredValue
    text: str = field(repr=False)
    replaces: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What is copied, and what is not and why."""

    puts: Sequence[Copied]
    same: int
    # Paths of parameters whose values are the declared ones on both sides
    kept: Sequence[str]
    left_out: Sequence[str]
    # Paths whose text the caller may not read
    hidden: Sequence[str]
    missing: Sequence[str]
    by_name: bool = False

    @property
    def code(self) -> int:
        """The exit code, where all that can be is copied: 1 if something that was asked for is not."""
        return 1 if self.missing or self.hidden or (self.left_out and self.by_name) else 0

    def words(self) -> str:
        """How much is copied: ``2 parameters and 1 secret, of which 1 replaces another``."""
        kinds = [put.declared.kind for put in self.puts]
        counted = [_count(kinds.count(kind), kind) for kind in ("parameter", "secret") if kind in kinds]
        replaced = sum(put.replaces for put in self.puts)
        tail = f", of which {replaced} replace{'s another' if replaced == 1 else ' others'}" if replaced else ""
        return " and ".join(counted) + tail

    def lines(self) -> Iterator[str]:
        """What a person reads before the question."""
        for put in self.puts:
            effect = "replaces another" if put.replaces else "new"
            yield f"to be set: {put.declared.path} ({put.declared.kind}, {effect})"
        if self.same:
            yield f"{_count(self.same, 'value')} {'is' if self.same == 1 else 'are'} the same already"
        if self.kept:
            yield f"as declared on both sides, left alone: {', '.join(self.kept)}. --name copies one"
        if self.left_out:
            yield f"secrets, left out without --secrets: {', '.join(self.left_out)}"
        if self.hidden:
            yield f"not visible to this caller, left out: {', '.join(self.hidden)}"
        if self.missing:
            yield f"not there to be copied: {', '.join(self.missing)}"


def source_path(path: str, target: StageTarget, source: StageTarget, wish: Copy) -> str:
    """Where a value of the target stands in the source."""
    owner, _, name = path.removeprefix(f"{StageNames.of(target).path}/").partition("/")
    if owner == wish.target_batch and wish.batch is not None:
        owner = wish.batch
    return f"{folder(source, owner)}/{name}"


def plan_copies(
    declared: Sequence[DeclaredValue],
    paths: Mapping[str, str],
    before: Texts,
    after: Texts,
    source: Mapping[str, DeclaredValue],
    wish: Copy,
) -> Plan:
    """Decides about each value."""
    puts: list[Copied] = []
    kept: list[str] = []
    left_out: list[str] = []
    hidden: list[str] = []
    missing: list[str] = []
    same = 0
    for value in declared:
        source_place = paths[value.path]
        text, present = before.known.get(source_place), after.known.get(value.path)
        if value.kind == "secret" and not wish.secrets:
            left_out.append(value.path)
        elif source_place in before.hidden or value.path in after.hidden:
            hidden.append(value.path)
        elif text is None:
            missing.append(source_place)
        elif text == present:
            same += 1
        elif not wish.names and _as_declared(source.get(source_place), text) and _as_declared(value, present):
            kept.append(value.path)
        else:
            puts.append(Copied(value, text, present is not None))
    return Plan(puts, same, kept, left_out, hidden, missing, by_name=bool(wish.names))


def _as_declared(declared: DeclaredValue | None, text: str | None) -> bool:
    """Whether a value is the one that its declaration says: that of the other stage is its declaration's matter."""
    return declared is not None and text is not None and fingerprint(text) == declared.fingerprint


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
