"""Where two values differ, as people read it; changes, those of several stages put together, as a document. Pure."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from itertools import groupby, takewhile
from typing import Any

from batchwright_runner.contract.batch_file import unresolved
from batchwright_runner.host.terminal.text import listed, one_line, shorten
from batchwright_runner.workbench.page.document import Block, Bullets, Commands, Document, Fact, Section, Text

LONGEST = 120
"""Characters of a value that are shown."""
_LEAD = 24
"""Characters of what two texts have in common that are shown before the place where they differ."""
_KEYS = ("Name", "name", "Key", "key", "Id", "id", "Sid", "provider", "sourceVolume", "containerName")
NOTHING = "none"


def shown(value: Any) -> str:  # noqa: ANN401 - JSON
    """A value in one line, shortened."""
    return f"<{unresolved(value)}>" if unresolved(value) else shorten(_whole(value), LONGEST)


def _whole(value: Any) -> str:  # noqa: ANN401 - JSON
    """A value in one line."""
    if value is None or value in ("", [], {}, ()):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, list | tuple) and all(isinstance(item, str | int) for item in value):
        return one_line(", ".join(map(str, value)))
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def became(before: Any, after: Any) -> str:  # noqa: ANN401 - JSON
    """``a → b``; where both begin alike and are cut off, from where they differ: ``… --fast → … --slow``."""
    old, new = shown(before), shown(after)
    if old == new:
        whole = _whole(before), _whole(after)
        old, new = apart(*whole) if whole[0] != whole[1] else (old, "another one that reads alike")
    return f"{old} → {new}"


def apart(old: str, new: str) -> tuple[str, str]:
    """Two texts that begin alike, each from a little before the place where they differ, shortened."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    start = max(same - _LEAD, 0)
    begin = "…" if start else ""
    return f"{begin}{shorten(old[start:], LONGEST)}", f"{begin}{shorten(new[start:], LONGEST)}"


Parts = dict[str, Any]
Edit = tuple[str, Any, Any, Any]
"""A place, what was there, what is there now, and the whole that was there with this place alone changed."""


def edits(before: Any, after: Any, path: str = "") -> Iterator[Edit]:  # noqa: ANN401 - JSON
    """Where two values differ.

    Lists of objects that have a name of their own are held against each other by that, others by their places.
    """
    if before == after and type(before) is type(after):
        return
    old, new = _parts(before, after)
    if old is None or new is None:
        yield path, before, after, after
        return
    is_list = isinstance(before, list)
    for key in dict.fromkeys([*old, *new]):
        place = f"{path}[{key}]" if is_list else f"{path}.{key}" if path else key
        for inner, was, now, alone in _part(old, new, key, place):
            yield inner, was, now, [*alone.values()] if is_list else alone
    if is_list and [*old] != [*new] and sorted(old) == sorted(new):
        yield f"{path} (order)", [*old], [*new], [old[name] for name in new]


def _part(old: Parts, new: Parts, key: str, place: str) -> Iterator[tuple[str, Any, Any, Parts]]:
    """The edits of one part of a value; of one that has come or gone each of what is in it."""
    if key in old and key in new:
        for inner, was, now, alone in edits(old[key], new[key], place):
            yield inner, was, now, {**old, key: alone}
        return
    rest = {name: value for name, value in old.items() if name != key}
    whole = old[key] if key in old else new[key]
    is_named = isinstance(whole, list) and bool(_key(whole, []))
    if not is_named and (not isinstance(whole, Mapping) or len(whole) < 2):
        yield place, old.get(key), new.get(key), rest if key in old else {**rest, key: whole}
        return
    for inner, was, now, alone in edits(old.get(key, type(whole)()), new.get(key, type(whole)()), place):
        if inner != f"{place}.name":
            yield inner, was, now, {**rest, key: alone}


def _parts(before: Any, after: Any) -> tuple[Parts, Parts] | tuple[None, None]:  # noqa: ANN401 - JSON
    """The parts of two values by their names, or by their places; none of what has to be taken as a whole."""
    if isinstance(before, Mapping) and isinstance(after, Mapping) and not (unresolved(before) or unresolved(after)):
        return dict(before), dict(after)
    if isinstance(before, list) and isinstance(after, list):
        if name := _key(before, after):
            return {str(item[name]): item for item in before}, {str(item[name]): item for item in after}
        if len(before) == len(after):
            return {str(at): item for at, item in enumerate(before)}, {str(at): item for at, item in enumerate(after)}
    return None, None


def _key(before: Sequence[Any], after: Sequence[Any]) -> str:
    both = [*before, *after]
    if not both or not all(isinstance(item, Mapping) for item in both):
        return ""
    named = [key for key in _KEYS if all(isinstance(item.get(key), str) for item in both)]
    unique = (key for key in named if all(len({item[key] for item in side}) == len(side) for side in (before, after)))
    return next(unique, "")


class FailOn(StrEnum):
    """What ``--fail-on`` can name."""

    PERMISSIONS = "permissions"
    REMOVED = "removed"
    REPLACED = "replaced"
    SECRETS = "secrets"


class Topic(StrEnum):
    """What a change is about, in the order in which changes of a batch are listed."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    PERMISSION = "permission"
    REPLACED = "replaced"
    SECRET = "secret"  # noqa: S105 - a kind of change
    LATER = "secret that was a parameter"
    IMAGE = "image"
    FACT = "fact"
    EXPORT = "export"
    COST = "cost"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSubject:
    """What a change happens to."""

    # ``batch``, ``workflow``, ``stack``, or ``lines``: where, and in which order, all is declared
    kind: str
    # The name of the batch or workflow; what people call the stack, ``platform``
    name: str


@dataclass(frozen=True, slots=True)
class Change:
    """One change."""

    about: ChangeSubject
    kind: Topic
    # The sentence, without a full stop
    text: str
    # The stages in which it happens; empty for what is of no stage
    stages: tuple[str, ...] = ()
    # What a person has to run because of it
    commands: tuple[str, ...] = ()
    gates: frozenset[FailOn] = frozenset()
    # ``new`` where it says that something was declared in no stage before, ``removed`` that it is in none any more
    state: str = ""


@dataclass
class ChangeList:
    """The changes so far."""

    about: ChangeSubject
    # The stage; empty for none
    stage: str = ""
    entries: list[Change] = field(default_factory=list)

    def add(self, kind: Topic, text: str, *gates: FailOn, commands: Iterable[str] = (), state: str = "") -> None:
        """Adds a change."""
        stages = (self.stage,) if self.stage else ()
        self.entries.append(Change(self.about, kind, text, stages, tuple(commands), frozenset(gates), state))

    def permission(self, text: str, *, counts: bool) -> None:
        """Adds what someone may do, or may no longer. What counts is for the gate ``permissions``."""
        self.add(Topic.PERMISSION, text, *([FailOn.PERMISSIONS] if counts else []))

    def also(self, path: str, old: object, new: object) -> None:
        """Adds what has no sentence of its own, of long values the place alone."""
        is_short = max(len(_whole(old)), len(_whole(new))) <= LONGEST
        self.add(Topic.OTHER, f"also changes: {path}{f': {became(old, new)}' if is_short else ''}")


STAGE = "STAGE"
ACCOUNT = "ACCOUNT"
"""What stands for a stage's name and account where a sentence is about several."""


def fold(changes: Iterable[Change], accounts: Mapping[str, str], stages: Sequence[str] = ()) -> list[Change]:
    """The changes, with those put together that are the same, or differ in their stage alone.

    Each is put with the most others: by its sentence; by that without the stage's account and name in other names; or
    without the stage's name as a word, too.
    """
    order = {stage: place for place, stage in enumerate(stages)}
    ordered = sorted(changes, key=lambda change: [order.get(stage, len(order)) for stage in change.stages])
    forms = [[(each.about, each.kind, each.gates, text) for text in _forms(each, accounts)] for each in ordered]
    counts = Counter(form for each in forms for form in {*each})
    groups: dict[tuple[Any, ...], list[Change]] = {}
    for change, each in zip(ordered, forms, strict=True):
        groups.setdefault(max(each, key=counts.__getitem__), []).append(change)
    return [
        replace(
            group[0],
            text=form[-1] if len({change.text for change in group}) > 1 else group[0].text,
            stages=tuple(dict.fromkeys(stage for change in group for stage in change.stages)),
            commands=tuple(dict.fromkeys(command for change in group for command in change.commands)),
        )
        for form, group in groups.items()
    ]


def _forms(change: Change, accounts: Mapping[str, str]) -> tuple[str, str, str]:
    """A change's sentence; without its stages' accounts and names in other names; and without these names as words."""
    names = words = change.text
    for stage in change.stages:
        names = _in_names(stage).sub(STAGE, names.replace(accounts.get(stage) or ACCOUNT, ACCOUNT))
        words = re.sub(rf"\b{re.escape(stage)}\b", STAGE, names)
    return change.text, names, words


@lru_cache(maxsize=64)
def _in_names(stage: str) -> re.Pattern[str]:
    """A stage's name as a part of another: between dashes, slashes and so on, and not as a word by itself."""
    name, joint = re.escape(stage), "[-/:._]"
    return re.compile(rf"(?<={joint}){name}(?![A-Za-z0-9])|(?<![A-Za-z0-9]){name}(?={joint}[A-Za-z0-9*])")


LIMITS = (
    "Two declarations are compared, and AWS is not asked: what differs in an account shows in cdk diff and in "
    "batchwright verify."
)
PERMISSIONS = "Permissions"
REMOVED = "Removed, replaced, renamed"
TO_RUN = "To run"
_LEADS: Mapping[Topic, str] = {
    Topic.SECRET: "Secrets to set, before the deployment:",
    Topic.LATER: "Secrets to set that were parameters, after the deployment and before the next run:",
    Topic.IMAGE: "Images to release, after the deployment and before the next run:",
    Topic.EXPORT: "Jobs to export and to load again:",
    Topic.RENAMED: "If it is another name for the same batch, its values, to set for the new one:",
    Topic.REMOVED: "What is no longer declared, once no one starts it:",
}
"""What commands are for, by the kinds of changes that have any."""
_TOP = {Topic.PERMISSION: PERMISSIONS, Topic.REMOVED: REMOVED, Topic.REPLACED: REMOVED, Topic.RENAMED: REMOVED}


@dataclass(frozen=True, slots=True)
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
    """The changes, the most important first: of each batch, then of each stack, by name, and by what they are about."""
    found: dict[str, list[Block]] = {PERMISSIONS: [], REMOVED: []}
    new = {change.about for change in changes if change.state == "new"}
    ordered = sorted(changes, key=lambda change: (change.about.kind, change.about.name, [*Topic].index(change.kind)))
    for title, blocks in found.items():
        top = sorted((each for each in ordered if _TOP.get(each.kind) == title), key=lambda each: each.about in new)
        blocks.extend([Bullets(tuple(map(_led, top)))] if top else [])
    for about, group in groupby((change for change in ordered if change.kind not in _TOP), lambda change: change.about):
        kind = f"{about.kind} " if about.kind in ("workflow", "stack") else ""
        found[f"{kind}{about.name}{' (new)' if about in new else ''}"] = [*_blocks(group)]
    commands = found.setdefault(TO_RUN, [])
    for topic, lead in _LEADS.items():
        of_topic = dict.fromkeys(command for change in changes if change.kind is topic for command in change.commands)
        commands += [Text(lead), Commands(tuple(of_topic))] if of_topic else []
    return [Section(title, tuple(blocks)) for title, blocks in found.items() if blocks]


def summary(changes: Sequence[Change]) -> str:
    """``1 new and 2 changed batches; permissions change; 1 secret to be set``."""
    said = []
    for noun, several in (("batch", "batches"), ("workflow", "workflows")):
        states: dict[str, str] = {}
        for change in changes:
            if change.about.kind == noun:
                states[change.about.name] = states.get(change.about.name) or change.state
        counts = Counter(state or "changed" for state in states.values())
        words = listed(f"{counts[state]} {state}" for state in ("new", "changed", "removed") if counts[state])
        said += [f"{words} {noun if len(states) == 1 else several}"] if states else []
    kinds = Counter(change.kind for change in changes)
    said += ["permissions change"] if kinds[Topic.PERMISSION] else []
    if replaced := kinds[Topic.REPLACED]:
        said.append(f"{replaced} resource{'s are' if replaced > 1 else ' is'} replaced")
    if secrets := _secrets(changes):
        said.append(f"{secrets} secret{'s' if secrets > 1 else ''} to be set")
    if names := {change.about.name for change in changes if change.about.kind in ("stack", "lines")}:
        said.append(f"also {listed(sorted(names))}")
    return "; ".join(said) or "nothing changes"


def _secrets(changes: Iterable[Change]) -> int:
    """How many secrets are to be set. One that several batches or containers take is one."""
    count, known = 0, set[str]()
    for change in changes:
        if FailOn.SECRETS in change.gates:
            marks = {*change.commands} or {change.text}
            count += known.isdisjoint(marks)
            known |= marks
    return count


def _led(change: Change) -> str:
    place = f" ({', '.join(change.stages)})" if change.stages else ""
    return f"{change.about.name}{place}: {change.text}"


def _blocks(changes: Iterable[Change]) -> Iterable[Block]:
    """Sentences under the stages that they have in common."""
    groups: dict[tuple[str, ...], list[Change]] = {}
    for change in changes:
        groups.setdefault(change.stages, []).append(change)
    for stages, group in groups.items():
        yield from [Text(f"In {listed(stages)}:")] if stages else []
        yield Bullets(tuple(change.text for change in group))


def _notes(changes: Iterable[Change], compared: Compared) -> tuple[Block, ...]:
    remarks = list(compared.remarks)
    if any(word in change.text for change in changes for word in (STAGE, ACCOUNT)):
        remarks.append(f"{STAGE} and {ACCOUNT} stand for the name and the account of each stage.")
    stages = f" Stages: {', '.join(compared.stages)}." if compared.stages else ""
    return (Text(f"{LIMITS}{stages}"), *(Text(remark) for remark in remarks))
