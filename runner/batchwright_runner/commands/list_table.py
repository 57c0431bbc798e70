"""The table of ``batchwright list``. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.last import Last
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import cell, head, moment, zone
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.times import next_times
from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.contract.verdicts import word
from batchwright_runner.contract.workflows.record import Workflow

_NONE = "-"


def list_table(
    manifests: Sequence[BatchManifest],
    now: datetime,
    declared: Collection[str] | None = None,
    paused: Mapping[str, Pause] | None = None,
    expected: Mapping[str, int] | None = None,
    lasts: Mapping[str, Last] | None = None,
    workflows: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Sequence[str], list[Sequence[str]]]:
    """The head and the rows of the table.

    Where no batch has a schedule or a scheduler, the images stand in their place. Where a batch is deployed and not
    declared, a column says which ones are declared.

    Args:
        manifests: The batches, one at least.
        now: The time from which on the next due times count. With a time zone.
        declared: Names of the batches that the project here declares; ``None`` where that is not known.
        paused: Batch to pause; a column shows it where one is paused. Default: none is.
        expected: Batch to how long a run usually takes at most, in seconds; a column shows it where one says it.
            Default: none does.
        lasts: Batch to its last ends; a column shows the last one where one has ended. Default: none has.
        workflows: Batch to the workflows of which it is a step, which start it, too. Default: there are none.
    """
    due = {one.batch: _next(one.schedule, now) for one in manifests if one.schedule}
    timed = workflows or any(manifest.schedule or manifest.scheduler for manifest in manifests)
    names, rows = _with_times(manifests, due, workflows or {}) if timed else _with_images(manifests)
    if declared is not None and undeclared(manifests, declared):
        names = (names[0], "DECLARED", *names[1:])
        here = ["yes" if one.batch in declared else "no" for one in manifests]
        rows = [(row[0], said, *row[1:]) for row, said in zip(rows, here, strict=True)]
    more: dict[str, list[str]] = {}
    if expected:
        takes = [format_duration(expected[one.batch]) if one.batch in expected else _NONE for one in manifests]
        more["EXPECTED"] = takes
    if lasts:
        more["LAST RUN"] = [_end(lasts.get(one.batch)) for one in manifests]
    held = {one.batch: (paused or {})[one.batch] for one in manifests if one.batch in (paused or {})}
    if held:
        more["PAUSED"] = [_paused(held.get(one.batch)) for one in manifests]
    for name, cells in more.items():
        names = (*names[:-1], name, names[-1])
        rows = [(*row[:-1], one, row[-1]) for row, one in zip(rows, cells, strict=True)]
    said = [*(last.ended for last in (lasts or {}).values()), *(pause.until for pause in held.values())]
    return _zoned(names, [*due.values(), *map(moment, said)]), rows


def workflows_table(
    workflows: Sequence[Workflow], now: datetime, paused: Mapping[str, Pause]
) -> tuple[Sequence[str], list[Sequence[str]]]:
    """The head and the rows of the table of workflows.

    Args:
        workflows: The workflows.
        now: The time from which on the next due times count. With a time zone.
        paused: Workflow to pause; a column shows it where one is paused.
    """
    names = ["WORKFLOW", "OWNER", "SCHEDULE", "STARTED BY", "NEXT", "STEPS"]
    due = {one.name: _next(one.schedule, now) for one in workflows if one.schedule}
    rows = []
    for workflow in workflows:
        times = (_schedule(workflow.schedule), workflow.scheduler or NOBODY, _due(workflow.name, due))
        steps = ", ".join(step.name for step in workflow.all_steps)
        rows.append([workflow.name, workflow.owner, *times, steps])
    held = {workflow.name: paused[workflow.name] for workflow in workflows if workflow.name in paused}
    if held:
        names.insert(-1, "PAUSED")
        for row in rows:
            row.insert(-1, _paused(held.get(row[0])))
    return _zoned(names, [*due.values(), *(moment(pause.until) for pause in held.values())]), [*rows]


def steps_of_workflows(workflows: Sequence[Workflow]) -> dict[str, list[str]]:
    """Batch to the workflows of which it is a step."""
    found: dict[str, list[str]] = {}
    for workflow in workflows:
        for batch in dict.fromkeys(step.batch for step in workflow.all_steps):
            found.setdefault(batch, []).append(workflow.name)
    return found


def described_workflow(workflow: Workflow, pause: Pause | None) -> dict[str, Any]:
    """A workflow as ``--json`` shows it: its record, with its name as ``workflow``, and its pause."""
    record = workflow.to_dict()
    return {"workflow": record.pop("name"), **record, "paused": pause and asdict(pause)}


def undeclared(manifests: Sequence[BatchManifest], declared: Collection[str]) -> list[str]:
    """The batches that are deployed and not declared."""
    return [manifest.batch for manifest in manifests if manifest.batch not in declared]


def described(
    manifest: BatchManifest,
    declared: Collection[str] | None,
    pause: Pause | None = None,
    expected: int = 0,
    mute: Pause | None = None,
    last: Last | None = None,
) -> dict[str, Any]:
    """A batch as ``--json`` shows it: its manifest, its pause, and whether it is declared here where that is known.

    Args:
        manifest: The batch.
        declared: Names of the batches that the project here declares; ``None`` where that is not known.
        pause: Its pause. Default: it is not paused.
        expected: How long a run usually takes at most, in seconds. Default: it is not said.
        mute: The record that keeps messages about it back. Default: they are sent.
        last: Its last ends. Default: none is known.
    """
    known: dict[str, Any] = {} if declared is None else {"declared": manifest.batch in declared}
    known |= {"expected_seconds": expected} if expected else {}
    records = (("paused", pause), ("muted", mute), ("last", last))
    known |= {name: record and asdict(record) for name, record in records}
    return {**asdict(manifest), **known}


def remarks(manifests: Sequence[BatchManifest], declared: Collection[str] | None) -> list[str]:
    """What is said where deployment and declaration differ."""
    if declared is None:
        return []
    left = undeclared(manifests, declared)
    missing = sorted({*declared} - {manifest.batch for manifest in manifests})
    found = []
    if left:
        found.append(
            f"deployed and not declared here: {', '.join(left)}\nIf no other repository declares "
            f"{'them' if len(left) > 1 else 'it'}, delete the stack: docs/upgrading-and-leaving.md"
        )
    if missing:
        found.append(f"declared here and not deployed: {', '.join(missing)}")
    return found


def _with_images(manifests: Sequence[BatchManifest]) -> tuple[Sequence[str], list[Sequence[str]]]:
    return ("NAME", "OWNER", "IMAGE", "DESCRIPTION"), [
        (
            manifest.batch,
            manifest.owner,
            manifest.image.name or manifest.image.repository or _NONE,
            _description(manifest),
        )
        for manifest in manifests
    ]


def _with_times(
    manifests: Sequence[BatchManifest], due: Mapping[str, datetime | None], workflows: Mapping[str, Sequence[str]]
) -> tuple[Sequence[str], list[Sequence[str]]]:
    rows: list[Sequence[str]] = [
        (
            manifest.batch,
            manifest.owner,
            _schedule(manifest.schedule),
            ", ".join([manifest.scheduler] * bool(manifest.scheduler) + [*workflows.get(manifest.batch, ())]) or NOBODY,
            _due(manifest.batch, due),
            _description(manifest) or _NONE,
        )
        for manifest in manifests
    ]
    return ("NAME", "OWNER", "SCHEDULE", "STARTED BY", "NEXT", "DESCRIPTION"), rows


def _zoned(names: Sequence[str], moments: Iterable[float | datetime | None]) -> Sequence[str]:
    """The names of columns: the first one of times says in which zone they all are."""
    first = next((name for name in names if name in ("NEXT", "LAST RUN", "PAUSED")), "")
    known = [at for at in moments if at is not None]
    return [head(name, known) if name == first else name for name in names]


def _schedule(schedule: str) -> str:
    """A schedule, with its zone where that is another one than times are shown in."""
    return schedule.removesuffix(f" {zone()}") or _NONE


def _due(name: str, due: Mapping[str, datetime | None]) -> str:
    at = due.get(name)
    return _NONE if name not in due else "not known here" if at is None else cell(at)


def _paused(pause: Pause | None) -> str:
    if pause is None:
        return _NONE
    until = moment(pause.until)
    return "yes" if until is None else f"until {cell(until)}"


def _end(last: Last | None) -> str:
    """How the last run has ended and when: ``exit 3, 2026-11-25 02:31``."""
    ended = moment(last.ended) if last is not None else None
    return _NONE if last is None or last.row is None or ended is None else f"{word(last.row, last.code)}, {cell(ended)}"


def _next(schedule: str, now: datetime) -> datetime | None:
    """When it is due next; none where the schedule or its zone is not known here."""
    try:
        return next_times(CronSchedule.from_text(schedule), now)[0]
    except ScheduleError:
        return None


def _description(manifest: BatchManifest) -> str:
    return " ".join(manifest.description.split())
