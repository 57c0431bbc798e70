"""A batch or a workflow of two assemblies: what their pages show otherwise, and all else in their files. Pure."""

import re
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from batchwright_runner.contract.command_lines import value_line
from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.project_pages import with_addresses
from batchwright_runner.contract.workflows.file import WorkflowFile
from batchwright_runner.host.cost.cost import NOT_IN_IT, of_hour
from batchwright_runner.host.terminal.text import listed
from batchwright_runner.workbench.diff.changes import ChangeList, FailOn, Topic, became, edits, shown
from batchwright_runner.workbench.diff.read import BatchKey, Declared, File, Raw, read
from batchwright_runner.workbench.diff.statements import granted, sentences
from batchwright_runner.workbench.page.batch import declared_batch, size_of
from batchwright_runner.workbench.page.batch_page import declared_facts
from batchwright_runner.workbench.page.document import Fact, Value
from batchwright_runner.workbench.page.workflow import declared_workflow
from batchwright_runner.workbench.page.workflow_page import declared_facts as workflow_facts
from batchwright_runner.workbench.permissions.statements import Statement, settled

Page = dict[str, tuple[str, ...]]
"""A fact's name to its values."""
Parts = tuple[set[Statement], set[Statement]]
"""What someone may do no longer, and what now."""
_EXPORTS = {"rundeck": "rundeck", "cron": "crontab"}
"""Scheduler to the export that is for it."""
_AT_ONCE = "set it before the deployment; a run without it ends with 126"
_LATER = "set it after the deployment, which deletes the parameter of that name; until then a run ends with 126"


def page_of(raw: Raw, now: datetime) -> Page:
    """What a page shows of a file; the line of a declaration moves with each edit, and is no part of it."""
    shows = _shows(raw, now)
    return shows[0] if shows else {"its file": ("no page can be made of it",)}


def _shows(raw: Raw, now: datetime) -> tuple[Page, dict[Statement, str]] | None:
    """What a page shows of a file, and who may do what; none of one that cannot be read so."""
    try:
        file = read(raw)
        return {fact.name: _values(fact.value) for fact in _facts(file, now)}, granted(file)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _facts(file: File, now: datetime) -> Iterator[Fact]:
    if not isinstance(file, WorkflowFile):
        yield from (fact for fact in declared_facts(declared_batch(file, now)) if fact.name != "declared at")
        return
    yield from workflow_facts(declared_workflow(file, (), now))
    if file.watch.expected_seconds:
        yield Fact("expected to take", f"{format_duration(file.watch.expected_seconds)} at most")


def _values(value: Value) -> tuple[str, ...]:
    values = [""]
    for part in value if isinstance(value, tuple) else (value,):
        if part == ", ":
            values.append("")
        else:
            values[-1] += part if isinstance(part, str) else getattr(part, "url", "") or part.text
    return tuple(values)


def both(old: Declared, new: Declared, now: datetime, changes: ChangeList) -> Parts:
    """Adds what differs of the two pages, of who may do what, and of all else in the files; gives the parts."""
    was, is_now = (_without_copies(comparable(side.raw)) for side in (old, new))
    if was.get("access") != is_now.get("access"):  # it has the same statements, without their places
        was, is_now = ({key: value for key, value in raw.items() if key != "permissions"} for raw in (was, is_now))
    for text in page_changes(page_of(was, now), page_of(is_now, now)):
        changes.add(Topic.FACT, text)
    parts = permission_changes(granted(old.file), granted(new.file), changes)
    _starters(old, new, changes)
    back = {path: undone for path, _, _, undone in edits(is_now, was)}
    shown_before, shown_now = _shows(was, now), _shows(is_now, now)
    for path, before, after, alone in edits(was, is_now):
        is_told = before is not None and _tells(shown_before, _shows(alone, now))
        if not is_told and (after is None or not _tells(shown_now, _shows(back.get(path, is_now), now))):
            changes.also(path, before, after)
    return parts


def _tells(known: object, other: object) -> bool:
    """Whether the page, or who may do what, is another one for a change alone."""
    return known is not None and other is not None and known != other


def _without_copies(raw: Raw) -> Raw:
    """A file without what is watched of its schedule, where that is what its manifest has."""
    record, watch = raw.get("manifest") or raw.get("workflow") or {}, raw.get("watch")
    if not isinstance(watch, Mapping):
        return raw
    own = {name: value for name, value in watch.items() if record.get(name) != value}
    return {**{name: value for name, value in raw.items() if name != "watch"}, **({"watch": own} if own else {})}


def page_changes(old: Page, new: Page) -> Iterator[str]:
    """``timeout: 30m00s → 2h00m``: a line for each value that differs; of the next due times the new ones."""
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name, ()), new.get(name, ())
        if before == after:
            continue
        if name.startswith("next "):
            if after:
                yield f"{name}: {listed(after)}"
            continue
        # By the name of each: LANG of LANG=C, proxy of proxy (image:7)
        was, is_now = ({re.split(r"=| \(", value)[0]: value for value in values} for values in (before, after))
        pairs = [(was.get(key), is_now.get(key)) for key in dict.fromkeys([*was, *is_now])]
        differing = [(had, has) for had, has in pairs if had != has]
        if (len(before) <= 1 and len(after) <= 1) or not differing:
            differing = [(", ".join(before), ", ".join(after))]
        for had, has in differing:
            by_hand = name == "parameters" and had and has
            yield f"{name}: {became(had, has)}{'; a value that was set by hand is replaced' if by_hand else ''}"


def permission_changes(old: Mapping[Statement, str], new: Mapping[Statement, str], changes: ChangeList) -> Parts:
    """Adds the parts that have come and those that have gone, and gives them."""
    gone, come = ([part for part in ours if part not in others] for ours, others in ((old, new), (new, old)))
    for parts, origins, now in ((come, new, True), (gone, {}, False)):
        for text, counts in sentences(parts, origins, now=now):
            changes.permission(text, counts=counts)
    return {*gone}, {*come}


def _starters(old: Declared, new: Declared, changes: ChangeList) -> None:
    """Adds what has to be done so that another scheduler, or another time, holds."""
    was, is_now = old.manifest, new.manifest
    if was.scheduler != is_now.scheduler and is_now.scheduler == "aws":
        starter = was.scheduler or "who starts it now"
        changes.add(Topic.FACT, f"AWS starts it from the deployment on: see that {starter} no longer does then")
    if isinstance(was, BatchManifest) and isinstance(is_now, BatchManifest) and was.architecture != is_now.architecture:
        text = f"its image must be built for {is_now.architecture} and released before the deployment"
        changes.add(Topic.IMAGE, text)
    if (was.scheduler, was.schedule) != (is_now.scheduler, is_now.schedule):
        exports(dict.fromkeys((is_now.scheduler, was.scheduler)), is_now.stage, changes)


def exports(schedulers: Iterable[str], stage: str, changes: ChangeList) -> None:
    """Adds the command by which a scheduler learns of other jobs."""
    for name in schedulers:
        if name in _EXPORTS:
            text = f"{name} goes on as before until its jobs are exported and loaded again"
            changes.add(Topic.EXPORT, text, commands=[f"batchwright export {_EXPORTS[name]} -s {stage}"])


def to_do(old: Declared | None, new: Declared, known: Collection[str], changes: ChangeList) -> None:
    """Adds what a batch needs before a run of it succeeds: secrets, images; and what an hour of it costs."""
    for source, name in new.sources.items():
        if source in new.parameter_sources or source in known:
            continue
        command, is_later = _set_command(new, source), bool(old and source in old.parameter_sources)
        text = _AT_ONCE if command else f"from {path_of(source)}, which must exist; else a run ends with 126"
        kind, text = (Topic.LATER, _LATER) if is_later else (Topic.SECRET, text)
        changes.add(kind, f"new secret {name}: {text}", FailOn.SECRETS, commands=filter(None, [command]))
    images, had = ({side.batch.image.name, side.batch.files_image} if side else {""} for side in (new, old))
    for image in sorted(filter(None, images - had)):
        text = f"a run ends with 126 until the image {image} has been released to the stage"
        command = f"batchwright release {shlex.quote(image)} -s {new.manifest.stage}"
        changes.add(Topic.IMAGE, text, commands=[command])
    costs = [of_hour(size_of(side.task, side.batch), side.batch.region) for side in (old, new) if side]
    first, last = costs[0], costs[-1]
    if old and (first.dollars, first.why) == (last.dollars, last.why):
        return
    share = f"{100 * (last.dollars / first.dollars - 1):+.0f} %; " if old and last.dollars and first.dollars else ""
    table = f" ({share}Fargate's list price of {last.date}; {NOT_IN_IT})" if last.dollars is not None else ""
    words = (cost.words if cost.dollars is not None else f"not known, {cost.why}" for cost in costs)
    changes.add(Topic.COST, f"an hour of running: {' → '.join(words)}{table}")


def _set_command(side: Declared, source: str) -> str:
    """The command that sets a secret of its own or of the stage; empty for one of elsewhere."""
    manifest = side.batch
    if source.startswith("arn:") and f":{manifest.account}:parameter" not in source:
        return ""
    return value_line("set", path_of(source), manifest.project, manifest.stage, [manifest.batch])


def path_of(source: str) -> str:
    """The path of an SSM parameter's ARN; other sources as they are."""
    head, separator, path = source.partition(":parameter")
    return path if separator and ":ssm:" in head and path.startswith("/") else source


def arrival(new: Declared, now: datetime, changes: ChangeList, *, elsewhere: bool) -> Parts:
    """Adds what a batch or a workflow is that is new: its page, who may do what, and its other containers."""
    lead, state = ("new in this stage", "") if elsewhere else (f"new {changes.about.kind}", "new")
    about = f": {shown(new.manifest.description)}" if new.manifest.description else ""
    changes.add(Topic.ADDED, f"{lead}, owner {new.manifest.owner}{about}", state=state)
    for name, values in page_of(comparable(new.raw), now).items():
        if name not in ("purpose", "owner") and any(values) and values not in (("none",), ("no",)):
            changes.add(Topic.FACT, f"{name}: {shown(', '.join(values))}")
    if new.manifest.schedule:
        exports([new.manifest.scheduler], new.manifest.stage, changes)
    for name, container in new.containers.items():
        start = {key: container[key] for key in ("name", "image") if key in container}
        for path, _, value, _ in edits(start, container) if name != new.batch.container else ():
            changes.add(Topic.FACT, f"container {name}, {path}: {shown(value)}")
    return permission_changes({}, granted(new.file), changes)


def departure(old: Declared, kept: Iterable[str], stack: str, changes: ChangeList, *, elsewhere: bool) -> Parts:
    """Adds what becomes of a batch or a workflow that is no longer declared.

    `stack`: its stack, where that has gone from the app with it and so stays deployed; empty where the stack is still
    there, whose deployment deletes the batch.
    """
    is_workflow, starter, commands = isinstance(old.file, WorkflowFile), old.manifest.scheduler, []
    lead, state = ("no longer declared for this stage", "") if elsewhere else ("no longer declared", "removed")
    if stack and is_workflow:
        text = f"its machine stays{f', and {starter} starts it,' if starter else ''} until its stack is deleted"
    elif stack:
        started = f" by {starter}" if starter else ""
        text = f"what is deployed of it stays, and can be started{started}, until its stack is deleted"
        commands = [f"aws cloudformation delete-stack --stack-name {shlex.quote(stack)}"]
    else:
        text = "its machine, and AWS ends the runs in progress" if is_workflow else "it"
        text = f"the deployment deletes {text}"
    changes.add(Topic.REMOVED, f"{lead}: {text}", FailOn.REMOVED, commands=commands, state=state)
    if not is_workflow:
        batch = old.batch
        secrets = [f"its secrets ({listed(batch.secrets)})"] if batch.secrets else []
        image = [f"the image {batch.image.name}"] if batch.image.name else []
        history = f"its history in {batch.history_log_group or StageNames.of(batch).path}"
        changes.add(Topic.REMOVED, f"stays even then: {listed([*kept, *secrets, *image, history])}")
    return set(), set()


def renames(before: Mapping[BatchKey, Declared], after: Mapping[BatchKey, Declared]) -> dict[BatchKey, str]:
    """Batches that have gone, and the new one that each may be: the most alike one of the same stage."""
    names: dict[BatchKey, str] = {}
    gone, come = before.keys() - after.keys(), after.keys() - before.keys()
    pairs = [(_likeness(before[old], after[new]), old, new) for old in gone for new in come if old[0] == new[0]]
    for score, old, new in sorted(pairs, key=lambda pair: (-pair[0], *pair[1:])):
        taken = [name for key, name in names.items() if key[0] == new[0]]
        if score >= 0.7 and old not in names and new[1] not in taken:
            names[old] = new[1]
    return names


def _likeness(before: Declared, after: Declared) -> float:
    """The share of facts that two batches have in common, from 0 to 1. What both lack does not count."""
    facts = [
        (
            *(side.batch.description, tuple(side.main.get("command") or ()), side.batch.owner, side.batch.schedule),
            *(tuple(sorted(side.batch.parameters)), tuple(sorted(side.batch.secrets)), side.batch.timeout_seconds),
            *(side.task.get("cpu"), side.task.get("memory")),
        )
        for side in (before, after)
    ]
    pairs = [(old, new) for old, new in zip(*facts, strict=True) if old or new]
    telling = any(old == new for old, new in [*zip(*facts, strict=True)][:2] if old)
    return sum(old == new for old, new in pairs) / len(pairs) if telling else 0.0


def renamed(before: Declared, new: str, changes: ChangeList) -> None:
    """Adds that a batch that has gone may be a new one."""
    manifest = before.batch
    old, stage = manifest.batch, manifest.stage
    page = with_addresses("docs/upgrading-and-leaving.md")
    text = f"may be {new} under another name: values, log and history stay under {old} ({page})"
    command = f"batchwright params list {old} -s {stage}"
    changes.add(Topic.RENAMED, text, commands=[command] if manifest.secrets or manifest.parameters else [])


_LINE = re.compile(r":\d+$")


def comparable(raw: Any) -> Any:  # noqa: ANN401 - JSON
    """A file without the lines of places, which move with every edit, and with the grants in one order."""
    if isinstance(raw, Mapping):
        content: dict[str, Any] = {
            key: _LINE.sub("", value) if key in ("at", "declared_at") and isinstance(value, str) else comparable(value)
            for key, value in raw.items()
        }
        if isinstance(content.get("grants"), list):
            grants = [{**grant, "statement": settled(grant["statement"])} for grant in content["grants"]]
            return {**content, "grants": sorted(grants, key=str)}
        return content
    return [comparable(item) for item in raw] if isinstance(raw, list) else raw
