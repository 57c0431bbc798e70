"""A run as ``--json`` prints it, and as tables are made of. Pure."""

from collections.abc import Mapping
from typing import Any

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.moments import SHORT, cell, iso
from batchwright_runner.contract.run import Attempt, Run
from batchwright_runner.contract.starters import who_started
from batchwright_runner.contract.stop_reasons import advice
from batchwright_runner.contract.tasks import identity
from batchwright_runner.contract.verdicts import Row, word
from batchwright_runner.contract.workflows.run import StepsRun

Entry = Mapping[str, Any]


def entry_of(run: Run, now: float) -> Entry:
    """A run as ``--json`` prints it; a workflow's with ``steps``, the runs of its steps.

    `now`: seconds since 1970.
    """
    match run:
        case StepsRun():
            return _of_steps(run, now)
        case _:
            return _of_batch(run, now)


def _of_steps(run: StepsRun, now: float) -> Entry:
    execution, verdict = run.whole, run.verdict
    seconds = max(0.0, (now if run.in_progress else execution.stopped) - execution.started)
    return {
        "batch": run.workflow.name,
        "run": f"{run.workflow.name}@{run.short_id}",
        "id": run.short_id,
        "run_id": execution.run_id,
        "by": execution.asked_by,
        "backfill": execution.backfill,
        "task": "",
        "execution": execution.arn,
        "started": iso(execution.started),
        "seconds": round(seconds, 1),
        "code": verdict.code if verdict else None,
        "row": verdict.row.value if verdict else None,
        "word": word(verdict.row, verdict.code) if verdict else execution.status.lower(),
        "reason": execution.why,
        "advice": "",
        "result": verdict.why if verdict else execution.status.lower(),
        "attempts": [],
        "steps": [{"step": name, **_of_batch(step, now), "by": run.workflow.name} for name, step in run.steps],
    }


def _of_batch(run: Run, now: float) -> Entry:
    return {
        "batch": run.manifest.batch,
        "run": run.last.name,
        "id": run.last.name.partition("@")[2],
        "run_id": run.started_by,
        "by": who_started(run.backfill or run.started_by),
        "backfill": run.backfill,
        **_result(run, now),
        "attempts": [{"number": attempt.number, **_result(attempt, now)} for attempt in run.attempts],
    }


def _result(of: Run | Attempt, now: float) -> Entry:
    """The state of a run, or of an attempt of it."""
    last = of.last if isinstance(of, Run) else of
    seconds, outcome = of.seconds(now), of.verdict
    return {
        "task": identity(last.arn) if last.has_task else "",
        "started": iso(of.created),
        "seconds": None if seconds is None else round(seconds, 1),
        "code": outcome.code if outcome else None,
        "row": outcome.row.value if outcome else None,
        "word": last.word,
        "reason": last.state.reason,
        "advice": advice(outcome, last.state.reason) if outcome else "",
        "result": outcome.why if outcome else last.state.status.lower(),
    }


def cells_of(entry: Entry) -> tuple[str, ...]:
    """A run in a row of a table: its name, when it started, how long it took, who started it, how it ended."""
    seconds = entry["seconds"]
    took = "-" if seconds is None else format_duration(seconds)
    step = entry.get("step", "")
    name = (
        f"- {step}: {entry['run']}"
        if step and step != entry["batch"]
        else f"- {entry['run']}"
        if step
        else entry["run"]
    )
    return (name, cell(entry["started"], SHORT), took, entry["by"], words_of(entry))


def words_of(entry: Entry) -> str:
    """How a run stands or ended, in a few words for a table: ``succeeded, 2 attempts``."""
    attempts = f", {len(entry['attempts'])} attempts" if len(entry["attempts"]) > 1 else ""
    words = f"{entry['word']}{attempts}{', late' if entry.get('late') else ''}"
    words += ", backfill" if entry["backfill"] else ""
    why = entry["advice"] or entry["reason"]
    return words if entry["row"] in (None, Row.OWN.value) or not why else f"{words}: {why}"


def expectation(entry: Entry, expected: Mapping[str, int]) -> Entry:
    """What is added to an entry where the batch says how long a run usually takes at most.

    `expected`: Batch to seconds.
    """
    seconds, took = expected.get(entry["batch"]), entry["seconds"]
    if seconds is None or took is None or entry["backfill"]:  # a run of a backfill counts for nothing
        return {}
    return {"expected_seconds": seconds, "late": took > seconds}
