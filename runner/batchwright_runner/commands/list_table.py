"""The table of ``batchwright list``. Pure."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.last import Last
from batchwright_runner.contract.moments import cell, head, moment, zone
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.project_pages import with_addresses
from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.contract.verdicts import word
from batchwright_runner.host.terminal.text import shorten
from batchwright_runner.workbench.page.batch import Batch
from batchwright_runner.workbench.page.workflow import KnownWorkflow

_NONE = "-"
_LONGEST = 30
"""Characters of a cell about what is left to do; ``--json`` has the whole."""


def list_table(
    batches: Sequence[Batch], declared: Collection[str] | None = None, workflows: Sequence[KnownWorkflow] = ()
) -> tuple[Sequence[str], list[Sequence[str]]]:
    """The head and the rows of the table.

    Where no batch has a schedule or a scheduler, the images stand in their place. Where a batch is deployed and not
    declared, a column says which ones are declared; where one is paused, has ended or says how long it takes, a column
    says so of all.

    `declared`: names of the batches that the project here declares; ``None`` where that is not known.
    """
    timed = workflows or any(batch.due or batch.manifest.scheduler for batch in batches)
    names, rows = _with_times(batches, workflows) if timed else _with_images(batches)
    if declared is not None and _undeclared(batches, declared):
        names = (names[0], "DECLARED", *names[1:])
        here = ["yes" if batch.name in declared else "no" for batch in batches]
        rows = [(row[0], declared_here, *row[1:]) for row, declared_here in zip(rows, here, strict=True)]
    more: dict[str, list[str]] = {}
    if any(batch.expected_seconds for batch in batches):
        takes = (batch.expected_seconds for batch in batches)
        more["EXPECTED"] = [format_duration(seconds) if seconds else _NONE for seconds in takes]
    if any(batch.last for batch in batches):
        more["LAST RUN"] = [_end(batch.last) for batch in batches]
    if any(batch.manifest.unfinished for batch in batches):
        more["UNFINISHED"] = [_unfinished(batch.manifest.unfinished) for batch in batches]
    if any(batch.pause for batch in batches):
        more["PAUSED"] = [_paused(batch.pause) for batch in batches]
    for name, cells in more.items():
        names = (*names[:-1], name, names[-1])
        rows = [(*row[:-1], cell_text, row[-1]) for row, cell_text in zip(rows, cells, strict=True)]
    ends = [moment(batch.last.ended) for batch in batches if batch.last]
    return _zoned(names, [*ends, *_moments(batches)]), rows


def workflows_table(workflows: Sequence[KnownWorkflow]) -> tuple[Sequence[str], list[Sequence[str]]]:
    """The head and the rows of the table of workflows; a column shows pauses where one is paused."""
    names = ["WORKFLOW", "OWNER", "SCHEDULE", "STARTED BY", "NEXT", "STEPS"]
    rows = []
    for workflow in workflows:
        record = workflow.record
        times = (_schedule(record.schedule), record.scheduler or NOBODY, _due(workflow))
        steps = ", ".join(step.name for step in record.all_steps)
        rows.append([workflow.name, record.owner, *times, steps])
    if any(workflow.record.unfinished for workflow in workflows):
        names.insert(-1, "UNFINISHED")
        for row, workflow in zip(rows, workflows, strict=True):
            row.insert(-1, _unfinished(workflow.record.unfinished))
    if any(workflow.pause for workflow in workflows):
        names.insert(-1, "PAUSED")
        for row, workflow in zip(rows, workflows, strict=True):
            row.insert(-1, _paused(workflow.pause))
    return _zoned(names, _moments(workflows)), [*rows]


def remarks(batches: Sequence[Batch], declared: Collection[str] | None) -> list[str]:
    """The remarks where deployment and declaration differ."""
    if declared is None:
        return []
    undeclared = _undeclared(batches, declared)
    missing = sorted({*declared} - {batch.name for batch in batches})
    sentences = []
    if undeclared:
        sentences.append(
            f"deployed and not declared here: {', '.join(undeclared)}\nIf no other repository declares "
            f"{'them' if len(undeclared) > 1 else 'it'}, delete the stack: "
            f"{with_addresses('docs/upgrading-and-leaving.md')}"
        )
    if missing:
        sentences.append(f"declared here and not deployed: {', '.join(missing)}")
    return sentences


def _undeclared(batches: Sequence[Batch], declared: Collection[str]) -> list[str]:
    """The batches that are deployed and not declared."""
    return [batch.name for batch in batches if batch.name not in declared]


def _with_images(batches: Sequence[Batch]) -> tuple[Sequence[str], list[Sequence[str]]]:
    return ("NAME", "OWNER", "IMAGE", "DESCRIPTION"), [
        (batch.name, batch.manifest.owner, batch.image or _NONE, batch.description) for batch in batches
    ]


def _with_times(
    batches: Sequence[Batch], workflows: Sequence[KnownWorkflow]
) -> tuple[Sequence[str], list[Sequence[str]]]:
    steps = {flow.name: {step.batch for step in flow.record.all_steps} for flow in workflows}
    rows: list[Sequence[str]] = []
    for batch in batches:
        manifest = batch.manifest
        starters = [manifest.scheduler, *(flow for flow, names in steps.items() if batch.name in names)]
        # By its own schedule nobody starts a step that has no scheduler of its own.
        own = bool(manifest.scheduler) or len(starters) == 1
        times = (_schedule(manifest.schedule), _due(batch)) if own else (_NONE, _NONE)
        by = ", ".join(filter(None, starters)) or NOBODY
        rows.append((batch.name, manifest.owner, times[0], by, times[1], batch.description or _NONE))
    return ("NAME", "OWNER", "SCHEDULE", "STARTED BY", "NEXT", "DESCRIPTION"), rows


def _moments(entries: Sequence[Batch | KnownWorkflow]) -> Iterable[float | datetime | None]:
    """When they are due next, and until when they are paused."""
    yield from (at for entry in entries for at in entry.next[:1])
    yield from (moment(entry.pause.until) for entry in entries if entry.pause)


def _zoned(names: Sequence[str], moments: Iterable[float | datetime | None]) -> Sequence[str]:
    """The names of columns: the first one of times says in which zone they all are."""
    first = next((name for name in names if name in ("NEXT", "LAST RUN", "PAUSED")), "")
    times = [at for at in moments if at is not None]
    return [head(name, times) if name == first else name for name in names]


def _schedule(schedule: str) -> str:
    """A schedule, with its zone where that is another one than times are shown in."""
    return schedule.removesuffix(f" {zone()}") or _NONE


def _due(entry: Batch | KnownWorkflow) -> str:
    return _NONE if entry.due is None else cell(entry.next[0]) if entry.next else "not known here"


def _paused(pause: Pause | None) -> str:
    if pause is None:
        return _NONE
    until = moment(pause.until)
    return "yes" if until is None else f"until {cell(until)}"


def _unfinished(text: str) -> str:
    return shorten(text, _LONGEST) or _NONE


def _end(last: Last | None) -> str:
    """How the last run has ended and when: ``exit 3, 2026-11-25 02:31``."""
    ended = moment(last.ended) if last is not None else None
    return _NONE if last is None or last.row is None or ended is None else f"{word(last.row, last.code)}, {cell(ended)}"
