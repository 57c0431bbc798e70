"""The changes of a batch that is new, has gone, or may have another name. Pure."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.workbench.diff.access import access_changes
from batchwright_runner.workbench.diff.batch import BatchPair, BatchSide
from batchwright_runner.workbench.diff.change import ChangeList, FailOn, Topic, When
from batchwright_runner.workbench.diff.images import new_images
from batchwright_runner.workbench.diff.read import Assembly, BatchKey
from batchwright_runner.workbench.diff.rules import Difference
from batchwright_runner.workbench.diff.schedules import first_starts
from batchwright_runner.workbench.diff.stacks import inventory
from batchwright_runner.workbench.diff.task import first_cost, memory, new_sidecars, vcpu
from batchwright_runner.workbench.diff.template import StackResource
from batchwright_runner.workbench.diff.variables import new_variables
from batchwright_runner.workbench.diff.wording import command_line, listed, shown

ALIKE = 0.7
"""From which share of equal facts on two batches may be one that was renamed."""


def arrival(
    after: BatchSide,
    resources: Iterable[StackResource],
    now: datetime,
    known: frozenset[str],
    changes: ChangeList,
    *,
    elsewhere: bool = False,
) -> dict[str, list[Difference]]:
    """Adds what a batch is that is new, and gives what differs of its roles in its file, as `access_changes` does."""
    manifest = after.manifest
    declared(manifest, changes, elsewhere=elsewhere)
    for text in _facts(after):
        changes.add(Topic.RUN, text, When.DEPLOY)
    first_cost(after, changes)
    first_starts(manifest, now, changes)
    pair = BatchPair(before=nothing_of(after), after=after, now=now, known=known)
    new_images(pair, changes)
    new_variables(pair, changes)
    sidecars = ChangeList(changes.about, changes.stage)
    new_sidecars(pair, sidecars)
    changes.entries += [replace(change, when=When.DEPLOY) for change in sidecars.entries]
    differences = access_changes(pair, changes)
    if listing := inventory(resources):
        changes.add(Topic.RESOURCE, f"makes {listing}", When.DEPLOY)
    return differences


def declared(record: BatchManifest | WorkflowRecord, changes: ChangeList, *, elsewhere: bool) -> None:
    """Adds that a batch or a workflow is new, or another stage had it before."""
    lead = "new in this stage" if elsewhere else f"new {changes.about.kind}"
    about = f": {shown(record.description)}" if record.description else ""
    changes.add(Topic.ADDED, f"{lead}, owner {record.owner}{about}", When.DEPLOY, come=not elsewhere)


def nothing_of(side: BatchSide) -> BatchSide:
    """The same batch without permissions, values and containers."""
    raw = {**side.raw, "access": {}, "parameters": {}, "task": {}, "startable": []}
    return BatchSide(raw=raw, manifest=side.manifest)


def _facts(after: BatchSide) -> Iterable[str]:
    manifest, main = after.manifest, after.main
    image = manifest.image.name or shown(main.get("image"))
    yield f"runs {command_line(main.get('command'))} in the image {image}"
    size = f"{vcpu(after.task.get('cpu'))}, {memory(after.task.get('memory'))}"
    yield f"{size}, timeout {format_duration(manifest.timeout_seconds)}"


def departure(
    before: BatchSide, kept: Iterable[StackResource], stack: str, changes: ChangeList, *, elsewhere: bool = False
) -> None:
    """Adds what becomes of a batch that is no longer declared.

    `stack`: its stack, where that has gone from the app with it and so stays deployed; empty where the stack is still
    there, whose deployment deletes the batch.
    """
    manifest = before.manifest
    lead = "no longer declared for this stage" if elsewhere else "no longer declared"
    if stack:
        starter = f" by {manifest.scheduler}" if manifest.scheduler else ""
        text = f"{lead}: what is deployed of it stays, and can be started{starter}, until its stack is deleted"
        command = f"aws cloudformation delete-stack --stack-name {shlex.quote(stack)}"
        changes.add(Topic.REMOVED, text, When.STAY, commands=[command], gates=[FailOn.REMOVED], gone=not elsewhere)
    else:
        text = f"{lead}: the deployment deletes it"
        changes.add(Topic.REMOVED, text, When.DEPLOY, gates=[FailOn.REMOVED], gone=not elsewhere)
    names = [resource.name for resource in kept]
    if manifest.secrets:
        names.append(f"its secrets ({listed(manifest.secrets)})")
    if manifest.image.name:
        names.append(f"the image {manifest.image.name}")
    names.append(f"its history in {manifest.history_log_group or StageNames.of(manifest).path}")
    changes.add(Topic.REMOVED, f"stays even then: {listed(names)}", When.STAY)


def renames(before: Assembly, after: Assembly) -> Mapping[BatchKey, str]:
    """Batches that have gone, and the new one that each may be: the most alike one of the same stage."""
    gone = [key for key in before.batches if key not in after.batches]
    come = [key for key in after.batches if key not in before.batches]
    names: dict[BatchKey, str] = {}
    taken: set[BatchKey] = set()
    scores = [
        (likeness(before.batches[old], after.batches[new]), old, new)
        for old in gone
        for new in come
        if old[0] == new[0]
    ]
    for score, old, new in sorted(scores, key=lambda score: (-score[0], score[1], score[2])):
        if score >= ALIKE and old not in names and new not in taken:
            names[old] = new[1]
            taken.add(new)
    return names


def likeness(before: BatchSide, after: BatchSide) -> float:
    """The share of facts that two batches have in common, from 0 to 1. What both lack does not count."""
    facts = [_facts_of(side) for side in (before, after)]
    pairs = [(old, new) for old, new in zip(*facts, strict=True) if old or new]
    telling = any(old == new for old, new in list(zip(*facts, strict=True))[:2] if old)
    return sum(old == new for old, new in pairs) / len(pairs) if telling else 0.0


def _facts_of(side: BatchSide) -> tuple[object, ...]:
    """The facts by which batches are told apart; first the two of which one at least must be the same."""
    manifest = side.manifest
    return (
        manifest.description,
        tuple(side.main.get("command") or ()),
        manifest.owner,
        manifest.schedule,
        tuple(sorted(manifest.parameters)),
        tuple(sorted(manifest.secrets)),
        side.task.get("cpu"),
        side.task.get("memory"),
        manifest.timeout_seconds,
    )


def renamed(before: BatchSide, new: str, changes: ChangeList) -> None:
    """Adds that a batch that has gone may be a new one."""
    manifest = before.manifest
    old, stage = manifest.batch, manifest.stage
    text = f"may be {new} under another name: values, log and history stay under {old} (docs/upgrading-and-leaving.md)"
    command = f"batchwright params list {old} -s {stage}"
    changes.add(Topic.RENAMED, text, When.STAY, commands=[command] if manifest.secrets or manifest.parameters else [])
