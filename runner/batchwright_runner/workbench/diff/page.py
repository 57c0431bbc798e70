"""The changes as a document. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from batchwright_runner.host.terminal.text import sentence
from batchwright_runner.workbench.diff.change import ORDER, Change, ChangeSubject, FailOn, Topic, When
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
_LEADS: Mapping[tuple[Topic, ...], str] = {
    (Topic.SECRET,): "Secrets to set, before the deployment:",
    (Topic.VALUE,): "Secrets to set that were parameters, after the deployment and before the next run:",
    (Topic.RUN,): "Images to release, after the deployment and before the next run:",
    (Topic.SCHEDULE,): "Jobs to export and to load again:",
    (Topic.RENAMED,): "If it is another name for the same batch, its values, to set for the new one:",
    (Topic.REMOVED,): "What is no longer declared, once no one starts it:",
}
"""What commands are for, by the kinds of changes that have any."""
_TOP = {Topic.BROADER: BROADER, Topic.REMOVED: REMOVED, Topic.REPLACED: REMOVED, Topic.RENAMED: REMOVED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What was compared."""

    project: str
    base: str
    head: str
    stages: tuple[str, ...] = ()
    # What else is to be known of the comparison
    remarks: tuple[str, ...] = ()


def page(changes: Sequence[Change], compared: Compared) -> Document:
    """The document."""
    return Document(
        title=f"What changes for the batches of {compared.project}",
        facts=(Fact("in short", summary(changes)), Fact("base", compared.base), Fact("now", compared.head)),
        sections=(*sections(changes), Section("What this is", _notes(changes, compared))),
    )


def sections(changes: Sequence[Change]) -> list[Section]:
    """The changes, the most important first."""
    found = []
    for title in (BROADER, REMOVED):
        top = [change for change in changes if _TOP.get(change.kind) == title]
        if top:
            found.append(Section(title, (Bullets(tuple(_led(change) for change in _in_order(top))),)))
    others = _in_order(change for change in changes if change.kind not in _TOP)
    for about, group in groupby(others, key=lambda change: change.about):
        found.append(Section(_title(about, changes), tuple(_blocks(group))))
    commands = [block for kinds, lead in _LEADS.items() for block in _commands(changes, kinds, lead)]
    return [*found, Section(TO_RUN, tuple(commands))] if commands else found


def _commands(changes: Iterable[Change], kinds: tuple[Topic, ...], lead: str) -> Iterable[Block]:
    lines = tuple(dict.fromkeys(command for change in changes if change.kind in kinds for command in change.commands))
    if lines:
        yield Text(lead)
        yield Commands(lines)


def summary(changes: Sequence[Change]) -> str:
    """``1 batch is new, 2 change; permissions broaden; 1 secret is to be set``."""
    if not changes:
        return "nothing changes"
    counted = [*_counted(changes, "batch", "batches"), *_counted(changes, "workflow", "workflows")]
    return "; ".join([*counted, *_warnings(changes), *_stacks(changes)])


def _counted(changes: Iterable[Change], singular: str, plural: str) -> Iterable[str]:
    """How many batches, or workflows, are new, changed and removed; nothing where none is."""
    ours = [change for change in changes if change.about.kind == singular]
    names = {change.about.name for change in ours}
    new = {change.about.name for change in ours if change.come}
    gone = {change.about.name for change in ours if change.gone}
    counts = [(len(new), "new"), (len(names) - len(new) - len(gone), "changed"), (len(gone), "removed")]
    if names:
        counted = listed(f"{count} {state}" for count, state in counts if count)
        yield f"{counted} {singular if len(names) == 1 else plural}"


def _warnings(changes: Sequence[Change]) -> Iterable[str]:
    gates = [gate for change in changes for gate in change.gates]
    if FailOn.PERMISSIONS in gates:
        yield "permissions broaden"
    replaced = sum(change.kind is Topic.REPLACED for change in changes)
    if replaced:
        yield f"{replaced} resource{'s are' if replaced > 1 else ' is'} replaced"
    secrets = _secrets(changes)
    if secrets:
        yield f"{secrets} secret{'s' if secrets > 1 else ''} to be set"


def _secrets(changes: Sequence[Change]) -> int:
    """How many secrets are to be set. One that several batches or containers take is one."""
    count, known = 0, set[str]()
    for change in changes:
        if FailOn.SECRETS in change.gates:
            marks = {*change.commands} or {change.text}
            count += known.isdisjoint(marks)
            known |= marks
    return count


def _stacks(changes: Sequence[Change]) -> Iterable[str]:
    names = {change.about.name for change in changes if change.about.kind == "stack"}
    if names:
        yield f"also {listed(sorted(names))}"


def _title(about: ChangeSubject, changes: Sequence[Change]) -> str:
    new = any(change.about == about and change.come for change in changes)
    kind = "" if about.kind == "batch" else f"{about.kind} "
    return f"{kind}{about.name}{' (new)' if new else ''}"


def _in_order(changes: Iterable[Change]) -> list[Change]:
    """The changes of each batch, then of each stack, by their names, and of each by what they are about."""
    return sorted(changes, key=lambda change: (change.about.kind, change.about.name, ORDER[change.kind]))


def _led(change: Change) -> str:
    place = f" ({', '.join(change.stages)})" if change.stages else ""
    return f"{change.about.name}{place}: {change.text}"


def _blocks(changes: Iterable[Change]) -> Iterable[Block]:
    """Sentences under what they have in common: the stages, and when they take effect."""
    groups: dict[tuple[tuple[str, ...], When], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.stages, change.when), []).append(change)
    for (stages, when), group in groups.items():
        place = f"In {listed(stages)}, " if stages else ""
        lead = f"{place}{when.value}:"
        yield Text(sentence(lead))
        yield Bullets(tuple(change.text for change in group))


def _notes(changes: Iterable[Change], compared: Compared) -> tuple[Block, ...]:
    remarks = list(compared.remarks)
    texts = [change.text for change in changes]
    if any(STAGE in text for text in texts) or any(ACCOUNT in text for text in texts):
        remarks.append(f"{STAGE} and {ACCOUNT} stand for the name and the account of each stage.")
    stages = f" Stages: {', '.join(compared.stages)}." if compared.stages else ""
    return (Text(f"{LIMITS}{stages}"), *(Text(remark) for remark in remarks))
