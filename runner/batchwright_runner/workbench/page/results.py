"""How a batch's last runs ended, as the catalog publishes it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from batchwright_runner.contract.last import Last, slow, usual
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.run import Run
from batchwright_runner.contract.verdicts import Row, named, word
from batchwright_runner.host.releases.record import ReleaseRecord

KEPT = 20
"""Runs of a batch that are shown."""


def results(ended: Sequence[Run], last: Last, pause: Pause | None, release: ReleaseRecord | None) -> Mapping[str, Any]:
    """How a batch's last runs ended, with the fields that docs/reference/catalog.schema.json describes."""
    runs = [_ended(run) for run in sorted(ended, key=_end)] or _only(last)
    good = [run for run in runs if run["ok"]]
    lasted = tuple(run["seconds"] for run in good[-KEPT:] if run["seconds"])
    durations = lasted if last.usual_seconds is None else last.durations
    took = usual(durations)
    since = [run["ok"] for run in reversed(runs)]
    return {
        "runs": runs[-KEPT:],
        "last_success": last.succeeded or (good[-1]["ended"] if good else ""),
        "failures_in_row": last.failures or (since.index(True) if True in since else len(since)),
        "usual_seconds": round(took) if took else None,
        "slow_seconds": slow(durations),
        "release": _release(release) if release else None,
        "paused": pause.words() if pause else "",
    }


def _release(record: ReleaseRecord) -> dict[str, str]:
    by = record.by.rpartition("/")[2] or record.by
    return {"digest": record.digest, "tag": record.tag, "by": by, "at": record.at, "kind": record.kind}


def _ended(run: Run) -> dict[str, Any]:
    seconds = run.seconds(_end(run))
    return {
        "ended": datetime.fromtimestamp(_end(run), UTC).isoformat(timespec="seconds"),
        "ok": run.succeeded,
        "code": run.verdict.code if run.verdict else None,
        "what": run.last.word,
        "why": "" if run.succeeded else run.last.state.reason,
        "seconds": round(seconds) if seconds else None,
    }


def _only(last: Last) -> list[dict[str, Any]]:
    """The one run that a record describes; none where none has ended yet."""
    if not last.ended or not last.verdict:
        return []
    row, code = named(last.verdict)
    ok, seconds = row is Row.OWN and code == 0, last.seconds or None
    return [
        {"ended": last.ended, "ok": ok, "code": last.code, "what": word(row, code), "why": "", "seconds": seconds},
    ]


def _end(run: Run) -> float:
    return run.ended or run.created
