"""The changes as a document. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from batchwright_runner.host.terminal.text import sentence
from batchwright_runner.workbench.diff.change import ORDER, About, Change, Gate, Kind, When
from batchwright_runner.workbench.diff.fold import ACCOUNT, STAGE
from batchwright_runner.workbench.diff.wording import listed
from batchwright_runner.workbench.page.document import Block, Bullets, Commands, Document, Fact, Section, Text

LIMITS = (
    "Two declarations are compared, and AWS is not asked: what differs in an account shows in cdk diff and in "
    "batchwright verify."
)
BROADER = "Permissions that broaden"
REMOVED = "Removed, replaced, renamed"
TO_RUN = "To run"
_LEADS: Mapping[tuple[Kind, ...], str] = {
    (Kind.SECRET,): "Secrets to set, after the deployment and before the next run:",
    (Kind.RUN,): "Images to release, before the next run:",
    (Kind.SCHEDULE,): "Jobs to export and to load again:",
    (Kind.RENAMED,): "If it is another name for the same batch, its values to copy, after the deployment:",
    (Kind.REMOVED,): "What is no longer declared, once no one starts it:",
}
"""What commands are for, by the kinds of changes that have any."""
_TOP = {Kind.BROADER: BROADER, Kind.REMOVED: REMOVED, Kind.REPLACED: REMOVED, Kind.RENAMED: REMOVED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What was compared.

    Attributes:
        project: The project's name.
        base: What the base is.
        head: What it is compared with.
        stages: The stages that either has.
        remarks: What else is to be known of the comparison.
    """

    project: str
    base: str
    head: str
    stages: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def page(changes: Sequence[Change], compared: Compared) -> Document:
    """The document.

    Args:
        changes: The changes, folded over stages.
        compared: What was compared.
    """
    return Document(
        title=f"What changes for the batches of {compared.project}",
        facts=(Fact("in short", summary(changes)), Fact("base", compared.base), Fact("now", compared.head)),
        sections=(*sections(changes), Section("What this is", _notes(changes, compared))),
    )


def sections(changes: Sequence[Change]) -> list[Section]:
    """What is said of the changes, the most important first."""
    found = []
    for title in (BROADER, REMOVED):
        top = [one for one in changes if _TOP.get(one.kind) == title]
        if top:
            found.append(Section(title, (Bullets(tuple(_led(one) for one in _grouped(top))),)))
    for about, ones in _by_about([one for one in changes if one.kind not in _TOP]).items():
        found.append(Section(_title(about, changes), tuple(_blocks(ones))))
    commands = [block for kinds, lead in _LEADS.items() for block in _commands(changes, kinds, lead)]
    return [*found, Section(TO_RUN, tuple(commands))] if commands else found


def _commands(changes: Iterable[Change], kinds: tuple[Kind, ...], lead: str) -> Iterable[Block]:
    found = tuple(dict.fromkeys(command for one in changes if one.kind in kinds for command in one.commands))
    if found:
        yield Text(lead)
        yield Commands(found)


def summary(changes: Sequence[Change]) -> str:
    """``1 batch is new, 2 change; permissions broaden; 1 secret is to be set``."""
    if not changes:
        return "nothing changes"
    batches = {one.about.name for one in changes if one.about.kind == "batch"}
    new = {one.about.name for one in changes if one.come and one.about.kind == "batch"}
    gone = {one.about.name for one in changes if one.gone}
    rest = len(batches) - len(new) - len(gone)
    counts = [(len(new), "new"), (rest, "changed"), (len(gone), "removed")]
    said = [f"{count} {what}" for count, what in counts if count]
    parts = [f"{listed(said)} {'batch' if len(batches) == 1 else 'batches'}"] if batches else []
    return "; ".join([*parts, *_warnings(changes), *_stacks(changes)])


def _warnings(changes: Sequence[Change]) -> Iterable[str]:
    gates = [gate for one in changes for gate in one.gates]
    if Gate.PERMISSIONS in gates:
        yield "permissions broaden"
    replaced = sum(one.kind is Kind.REPLACED for one in changes)
    if replaced:
        yield f"{replaced} resource{'s are' if replaced > 1 else ' is'} replaced"
    secrets = _secrets(changes)
    if secrets:
        yield f"{secrets} secret{'s' if secrets > 1 else ''} to be set"


def _secrets(changes: Sequence[Change]) -> int:
    """How many secrets are to be set. One that several batches or containers take is one."""
    count, seen = 0, set[str]()
    for one in changes:
        if Gate.SECRETS in one.gates:
            marks = {*one.commands} or {one.text}
            count += seen.isdisjoint(marks)
            seen |= marks
    return count


def _stacks(changes: Sequence[Change]) -> Iterable[str]:
    names = {one.about.name for one in changes if one.about.kind == "stack"}
    if names:
        yield f"also {listed(sorted(names))}"


def _title(about: About, changes: Sequence[Change]) -> str:
    new = any(one.about == about and one.come for one in changes)
    kind = "" if about.kind == "batch" else "stack "
    return f"{kind}{about.name}{' (new)' if new else ''}"


def _by_about(changes: Iterable[Change]) -> Mapping[About, list[Change]]:
    """The changes of each batch, then of each stack, by their names."""
    found: dict[About, list[Change]] = {}
    for one in sorted(changes, key=lambda one: (one.about.kind, one.about.name)):
        found.setdefault(one.about, []).append(one)
    return found


def _grouped(changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda one: (one.about.kind, one.about.name, ORDER[one.kind]))


def _led(change: Change) -> str:
    where = f" ({', '.join(change.stages)})" if change.stages else ""
    return f"{change.about.name}{where}: {change.text}"


def _blocks(changes: Iterable[Change]) -> Iterable[Block]:
    """Sentences under what they have in common: the stages, and when they take effect."""
    groups: dict[tuple[tuple[str, ...], When], list[Change]] = {}
    for one in sorted(changes, key=lambda one: ORDER[one.kind]):
        groups.setdefault((one.stages, one.when), []).append(one)
    for (stages, when), ones in groups.items():
        where = f"In {listed(stages)}, " if stages else ""
        lead = f"{where}{when.value}:"
        yield Text(sentence(lead))
        yield Bullets(tuple(one.text for one in ones))


def _notes(changes: Iterable[Change], compared: Compared) -> tuple[Block, ...]:
    remarks = list(compared.remarks)
    texts = [one.text for one in changes]
    if any(STAGE in text for text in texts) or any(ACCOUNT in text for text in texts):
        remarks.append(f"{STAGE} and {ACCOUNT} stand for the name and the account of each stage.")
    stages = f" Stages: {', '.join(compared.stages)}." if compared.stages else ""
    return (Text(f"{LIMITS}{stages}"), *(Text(one) for one in remarks))
