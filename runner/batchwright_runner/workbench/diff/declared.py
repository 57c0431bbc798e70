"""A batch or a workflow of two assemblies: what their pages show otherwise, and all else in their files. Pure."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.command_lines import value_line
from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.workflows.file import WorkflowFile
from batchwright_runner.host.cost.cost import NOT_IN_IT, Cost, of_hour
from batchwright_runner.workbench.diff.changes import ChangeList, FailOn, Topic, became, edits, listed, shown
from batchwright_runner.workbench.diff.read import BatchKey, BatchSide, Raw, WorkflowSide
from batchwright_runner.workbench.diff.statements import Line, granted, sentences, settled
from batchwright_runner.workbench.page.batch import declared_batch, size_of
from batchwright_runner.workbench.page.batch_page import declared_facts
from batchwright_runner.workbench.page.document import Code, Fact, Link, Value
from batchwright_runner.workbench.page.workflow import declared_workflow
from batchwright_runner.workbench.page.workflow_page import declared_facts as workflow_facts

Page = dict[str, tuple[str, ...]]
"""A fact's name to its values."""
_LINE = re.compile(r":\d+$")
_EXPORTS = {"rundeck": "rundeck", "cron": "crontab"}
"""Scheduler to the export that is for it."""
_AT_ONCE = "set it before the deployment; a run without it ends with 126"
_LATER = "set it after the deployment, which deletes the parameter of that name; until then a run ends with 126"


def page_of(raw: Raw, now: datetime) -> Page:
    """What a page shows of a file; the line of a declaration moves with each edit, and is no part of it."""
    try:
        return _page(raw, now)
    except _UNREADABLE as error:
        return {"its file": (f"no page can be made of it: {error}",)}


_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)


def _page(raw: Raw, now: datetime) -> Page:
    return {fact.name: _values(fact.value) for fact in _facts(raw, now) if fact.name != "declared at"}


def _facts(raw: Raw, now: datetime) -> Iterator[Fact]:
    if "workflow" not in raw:
        yield from declared_facts(declared_batch(BatchFile.from_dict(raw), now))
        return
    yield from workflow_facts(declared_workflow(WorkflowFile.from_dict(raw), (), now))
    if seconds := (raw.get("watch") or {}).get("expected_seconds"):
        yield Fact("expected to take", f"{format_duration(seconds)} at most")


def _values(value: Value) -> tuple[str, ...]:
    if not isinstance(value, tuple):
        return (_text(value),)
    values = [""]
    for part in value:
        if part == ", ":
            values.append("")
        else:
            values[-1] += _text(part)
    return tuple(values)


def _text(part: object) -> str:
    if isinstance(part, Link):
        return part.url or part.text
    return part.text if isinstance(part, Code) else str(part)


def both(
    old: BatchSide | WorkflowSide, new: BatchSide | WorkflowSide, now: datetime, changes: ChangeList
) -> tuple[set[Line], set[Line]]:
    """Adds what differs of the two pages, of who may do what, and of all else in the files; gives the lines."""
    was, is_now = (_without_copies(comparable(side.raw)) for side in (old, new))
    if was.get("access") != is_now.get("access"):  # it has the same statements, without their places
        was, is_now = ({key: value for key, value in raw.items() if key != "permissions"} for raw in (was, is_now))
    pages = page_of(was, now), page_of(is_now, now)
    for text in page_changes(*pages):
        changes.add(Topic.FACT, text)
    gone, come = permission_changes(granted(old.raw), granted(new.raw), changes)
    _starters(old, new, changes)
    back = {path: undone for path, _, _, undone in edits(is_now, was)}
    shown_before, shown_now = _shown(was, now), _shown(is_now, now)
    for path, before, after, alone in edits(was, is_now):
        is_told = before is not None and _tells(shown_before, alone, now)
        if not is_told and (after is None or not _tells(shown_now, back.get(path, is_now), now)):
            changes.also(path, before, after)
    return gone, come


def _without_copies(raw: Raw) -> Raw:
    """A file without what is watched of its schedule, where that is what its manifest has."""
    record, watch = raw.get("manifest") or raw.get("workflow") or {}, raw.get("watch")
    if not isinstance(watch, Mapping):
        return raw
    own = {name: value for name, value in watch.items() if record.get(name) != value}
    return {**{name: value for name, value in raw.items() if name != "watch"}, **({"watch": own} if own else {})}


def _shown(raw: Raw, now: datetime) -> tuple[Page, list[Line]] | None:
    """The page of a file, and who may do what; none of one that takes another change with it."""
    try:
        return _page(raw, now), [*granted(raw)]
    except _UNREADABLE:
        return None


def _tells(known: tuple[Page, list[Line]] | None, raw: Raw, now: datetime) -> bool:
    """Whether the page, or who may do what, is another one for this change alone."""
    other = _shown(raw, now)
    return known is not None and other is not None and known != other


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
        was, is_now = ({_name(value): value for value in values} for values in (before, after))
        pairs = [(was.get(key), is_now.get(key)) for key in dict.fromkeys([*was, *is_now])]
        differing = [(had, has) for had, has in pairs if had != has]
        if (len(before) <= 1 and len(after) <= 1) or not differing:
            differing = [(", ".join(before), ", ".join(after))]
        for had, has in differing:
            end = _REMARKS.get(name, "") if had and has else ""
            yield f"{name}: {became(had, has)}{end}"


_REMARKS = {"parameters": "; a value that was set by hand is replaced"}


def _name(value: str) -> str:
    """The name of a value of several: ``LANG`` of ``LANG=C``, ``proxy`` of ``proxy (image:7)``."""
    return value.partition("=")[0].partition(" (")[0]


def permission_changes(
    old: Mapping[Line, str], new: Mapping[Line, str], changes: ChangeList
) -> tuple[set[Line], set[Line]]:
    """Adds the lines that have gone and those that have come, and gives them."""
    come, gone = ([line for line in ours if line not in theirs] for ours, theirs in ((new, old), (old, new)))
    for lines, is_now, origins in ((come, True, new), (gone, False, {})):
        for text, counts in sentences(lines, origins, now=is_now):
            changes.permission(text, counts=counts)
    return {*gone}, {*come}


def _starters(old: BatchSide | WorkflowSide, new: BatchSide | WorkflowSide, changes: ChangeList) -> None:
    """Adds what has to be done so that another scheduler, or another time, holds."""
    was, is_now = old.manifest, new.manifest
    if was.scheduler != is_now.scheduler and is_now.scheduler == "aws":
        text = (
            f"AWS starts it from the deployment on: see that {was.scheduler or 'who starts it now'} no longer does then"
        )
        changes.add(Topic.FACT, text)
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


def to_do(old: BatchSide | None, new: BatchSide, known: frozenset[str], changes: ChangeList) -> None:
    """Adds what a batch needs before a run of it succeeds: secrets, images; and what an hour of it costs."""
    parameters = old.parameter_sources if old else frozenset[str]()
    for source, name in new.sources.items():
        if source in new.parameter_sources or source in known:
            continue
        lead, command = f"new secret {name}: ", _set_command(new, source)
        if source in parameters:
            changes.add(Topic.LATER, f"{lead}{_LATER}", commands=[command], gates=[FailOn.SECRETS])
        elif command:
            changes.add(Topic.SECRET, f"{lead}{_AT_ONCE}", commands=[command], gates=[FailOn.SECRETS])
        else:
            text = f"{lead}from {path_of(source)}, which must exist; else a run ends with 126"
            changes.add(Topic.SECRET, text, gates=[FailOn.SECRETS])
    had = {old.manifest.image.name, old.manifest.files_image} if old else {""}
    for image in dict.fromkeys((new.manifest.image.name, new.manifest.files_image)):
        if image and image not in had:
            text = f"a run ends with 126 until the image {image} has been released to the stage"
            command = f"batchwright release {shlex.quote(image)} -s {new.manifest.stage}"
            changes.add(Topic.IMAGE, text, commands=[command])
    costs = [_cost(side) for side in (old, new) if side]
    if len({(cost.dollars, cost.why) for cost in costs}) < 2 and old:
        return
    last = costs[-1]
    share = (
        f"{100 * (last.dollars / costs[0].dollars - 1):+.0f} %; " if old and last.dollars and costs[0].dollars else ""
    )
    table = f" ({share}Fargate's list price of {last.date}; {NOT_IN_IT})" if last.dollars is not None else ""
    changes.add(Topic.COST, f"an hour of running: {' → '.join(map(_hour, costs))}{table}")


def _cost(side: BatchSide) -> Cost:
    return of_hour(size_of(side.task, side.manifest), side.manifest.region)


def _hour(cost: Cost) -> str:
    return cost.words if cost.dollars is not None else f"not known, {cost.why}"


def _set_command(side: BatchSide, source: str) -> str:
    """The command that sets a secret of its own or of the stage; empty for one of elsewhere."""
    manifest = side.manifest
    if source.startswith("arn:") and f":{manifest.account}:parameter" not in source:
        return ""
    return value_line("set", path_of(source), manifest.project, manifest.stage, [manifest.batch])


def path_of(source: str) -> str:
    """The path of an SSM parameter's ARN; other sources as they are."""
    head, separator, path = source.partition(":parameter")
    return path if separator and ":ssm:" in head and path.startswith("/") else source


def arrival(
    new: BatchSide | WorkflowSide, now: datetime, changes: ChangeList, *, elsewhere: bool
) -> tuple[set[Line], set[Line]]:
    """Adds what a batch or a workflow is that is new: its page, who may do what, and its other containers."""
    lead = "new in this stage" if elsewhere else f"new {changes.about.kind}"
    about = f": {shown(new.manifest.description)}" if new.manifest.description else ""
    changes.add(Topic.ADDED, f"{lead}, owner {new.manifest.owner}{about}", come=not elsewhere)
    for name, values in page_of(comparable(new.raw), now).items():
        if name not in ("purpose", "owner") and any(values) and values not in (("none",), ("no",)):
            changes.add(Topic.FACT, f"{name}: {shown(', '.join(values))}")
    if new.manifest.schedule:
        exports([new.manifest.scheduler], new.manifest.stage, changes)
    for container in (new.raw.get("task") or {}).get("containerDefinitions") or ():
        if container.get("name") != getattr(new.manifest, "container", ""):
            start = {key: container[key] for key in ("name", "image") if key in container}
            for path, _, value, _ in edits(start, container):
                changes.add(Topic.FACT, f"container {container.get('name')}, {path}: {shown(value)}")
    return permission_changes({}, granted(new.raw), changes)


def departure(
    old: BatchSide | WorkflowSide, kept: Iterable[str], stack: str, changes: ChangeList, *, elsewhere: bool
) -> None:
    """Adds what becomes of a batch or a workflow that is no longer declared.

    `stack`: its stack, where that has gone from the app with it and so stays deployed; empty where the stack is still
    there, whose deployment deletes the batch.
    """
    manifest = old.manifest
    lead = "no longer declared for this stage" if elsewhere else "no longer declared"
    commands = []
    if stack and isinstance(old, WorkflowSide):
        starter = f", and {manifest.scheduler} starts it," if manifest.scheduler else ""
        text = f"{lead}: its machine stays{starter} until its stack is deleted"
    elif stack:
        starter = f" by {manifest.scheduler}" if manifest.scheduler else ""
        text = f"{lead}: what is deployed of it stays, and can be started{starter}, until its stack is deleted"
        commands = [f"aws cloudformation delete-stack --stack-name {shlex.quote(stack)}"]
    elif isinstance(old, WorkflowSide):
        text = f"{lead}: the deployment deletes its machine, and AWS ends the runs in progress"
    else:
        text = f"{lead}: the deployment deletes it"
    changes.add(Topic.REMOVED, text, commands=commands, gates=[FailOn.REMOVED], gone=not elsewhere)
    if isinstance(old, WorkflowSide):
        return
    names = [*kept]
    if old.manifest.secrets:
        names.append(f"its secrets ({listed(old.manifest.secrets)})")
    if old.manifest.image.name:
        names.append(f"the image {old.manifest.image.name}")
    names.append(f"its history in {old.manifest.history_log_group or StageNames.of(old.manifest).path}")
    changes.add(Topic.REMOVED, f"stays even then: {listed(names)}")


def renames(gone: Mapping[BatchKey, BatchSide], come: Mapping[BatchKey, BatchSide]) -> dict[BatchKey, str]:
    """Batches that have gone, and the new one that each may be: the most alike one of the same stage."""
    names: dict[BatchKey, str] = {}
    taken: set[BatchKey] = set()
    pairs = [(_likeness(gone[old], come[new]), old, new) for old in gone for new in come if old[0] == new[0]]
    for score, old, new in sorted(pairs, key=lambda pair: (-pair[0], *pair[1:])):
        if score >= 0.7 and old not in names and new not in taken:
            names[old] = new[1]
            taken.add(new)
    return names


def _likeness(before: BatchSide, after: BatchSide) -> float:
    """The share of facts that two batches have in common, from 0 to 1. What both lack does not count."""
    facts = [
        (
            *(side.manifest.description, tuple(side.main.get("command") or ()), side.manifest.owner),
            *(side.manifest.schedule, tuple(sorted(side.manifest.parameters)), tuple(sorted(side.manifest.secrets))),
            *(side.task.get("cpu"), side.task.get("memory"), side.manifest.timeout_seconds),
        )
        for side in (before, after)
    ]
    pairs = [(old, new) for old, new in zip(*facts, strict=True) if old or new]
    telling = any(old == new for old, new in [*zip(*facts, strict=True)][:2] if old)
    return sum(old == new for old, new in pairs) / len(pairs) if telling else 0.0


def renamed(before: BatchSide, new: str, changes: ChangeList) -> None:
    """Adds that a batch that has gone may be a new one."""
    manifest = before.manifest
    old, stage = manifest.batch, manifest.stage
    text = f"may be {new} under another name: values, log and history stay under {old} (docs/upgrading-and-leaving.md)"
    command = f"batchwright params list {old} -s {stage}"
    changes.add(Topic.RENAMED, text, commands=[command] if manifest.secrets or manifest.parameters else [])


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
