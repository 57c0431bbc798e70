"""A run as ``--json`` prints it, and as tables are made of. Pure."""

from collections.abc import Mapping
from datetime import datetime

from batchwright_runner.contract.ends import OUT_OF_MEMORY
from batchwright_runner.contract.verdicts import Row, word
from batchwright_runner.host.fargate.find_run import short_id
from batchwright_runner.host.fargate.known_run import KnownRun
from batchwright_runner.host.fargate.task import task_id
from batchwright_runner.host.runs.run_id import who_started

Entry = dict[str, object]


def entry_of(run: KnownRun, now: float) -> Entry:
    """A run as ``--json`` prints it.

    Args:
        run: The run.
        now: Seconds since 1970.
    """
    times = run.state.times
    end = times.get("executionStoppedAt") or times.get("stoppedAt") or (0.0 if run.state.ended else now)
    found = run.result
    killed = found is not None and found.row is Row.OWN and OUT_OF_MEMORY in run.state.reason
    status = run.state.status.lower()
    return {
        "batch": run.manifest.batch,
        "id": short_id(run.arn),
        "run_id": run.started_by,
        "by": who_started(run.started_by),
        "task": task_id(run.arn) if run.has_task else "",
        "started": datetime.fromtimestamp(run.created).astimezone().isoformat(timespec="seconds"),
        "seconds": round(max(0.0, end - run.created), 1) if end else None,
        "code": found.code if found else None,
        "row": found.row.value if found else None,
        "word": "out of memory" if killed else word(found.row, found.code) if found else status,
        "reason": run.state.reason,
        "result": found.why if found else status,
    }


def expectation(run: KnownRun, expected: Mapping[str, int], now: float) -> Entry:
    """What an entry says beside, where the batch says how long a run usually takes at most.

    Args:
        run: The run.
        expected: Batch to seconds.
        now: Seconds since 1970.
    """
    seconds, entry = expected.get(run.manifest.batch), entry_of(run, now)
    took = entry["seconds"]
    if seconds is None or not isinstance(took, float):
        return {}
    return {"expected_seconds": seconds, "late": took > seconds}
