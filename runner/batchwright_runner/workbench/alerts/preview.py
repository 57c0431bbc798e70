"""What would be said of a batch's runs, for each channel: decided as the alerts' function decides. Pure."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from batchwright_runner.contract.alerting.decide import decide
from batchwright_runner.contract.alerting.due import SLACK, look_at
from batchwright_runner.contract.alerting.events import Check, TaskEnded
from batchwright_runner.contract.alerting.known import Known
from batchwright_runner.contract.alerting.messages import Message, told_together
from batchwright_runner.contract.alerting.record import Record
from batchwright_runner.contract.alerting.settings import AlertSettings
from batchwright_runner.contract.judgment.verdict import Ending
from batchwright_runner.contract.last import ENOUGH, Last
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.missed.watched import GRACE
from batchwright_runner.contract.moments import moment, utc
from batchwright_runner.contract.notices.channels import amazon_q, datadog_event, plain, slack
from batchwright_runner.contract.notices.note import Note, Notice
from batchwright_runner.contract.notices.rules import Ask
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.watch import Watch
from batchwright_runner.workbench.alerts.samples import (
    GOOD,
    LINES,
    RUN,
    SAMPLES,
    WITH_ITS_HOST,
    cluster_of,
    sample_task,
)

OTHERS = ("recovered", "slow", "missed", "late", "twice", "stopped", "several")
"""What may be told beside an end of a row."""
ENDED, DUE = 1795542130.0, 1795541400.0
"""17:42:10 and 17:30 on 2026-11-24, in UTC."""
TOOK, USUAL, EXPECTED, DAY = 723.0, 600, 1800, 86_400.0
UNKNOWN_CHANNEL = "the stage's channel"


def sample_message(manifest: BatchManifest, what: Row | str, last: Last, watch: Watch) -> tuple[Notice, Note]:
    """What would be told of a batch, as facts and in words.

    Args:
        manifest: The batch.
        what: A row of `SAMPLES`, or one of `OTHERS`.
        last: Its last ends, for how long it usually takes and when it last ended well.
        watch: What is watched of it, with what it asks of its alerts.
    """
    ask = replace(Ask.of(watch.alerts), off=False)
    known = Known(
        settings=AlertSettings(
            project=manifest.project,
            stage=manifest.stage,
            region=manifest.region,
            account=manifest.account,
            cluster=cluster_of(manifest),
            table="",
        ),
        manifest=manifest,
        watch=replace(watch, alerts=ask.to_dict()),
        lines=LINES,
    )
    wanted: tuple[Row | str, ...] = (Row.OWN, Row.TIMEOUT, "slow") if what == "several" else (what,)
    notices = [_notice(known, manifest, part, last, ask) for part in wanted]
    return told_together([Message(channel="sns", to="", notice=notice) for notice in notices])


def _notice(known: Known, manifest: BatchManifest, what: Row | str, last: Last, ask: Ask) -> Notice:
    if what in ("missed", "late", "twice"):
        return _of_due(known, manifest, str(what), last)
    failures = max(last.failures, ask.after_failures if what == "recovered" else ask.after_failures - 1)
    at = max(ENDED, (moment(last.ended) or 0.0) + 60)
    since = last.failing_since or utc(at - DAY)
    before = replace(last, failures=failures, failing_since=since) if failures else last
    ending, seconds = SAMPLES[what] if isinstance(what, Row) else GOOD, TOOK
    if what == "slow":
        durations = last.durations if len(last.durations) >= ENOUGH else (USUAL,) * ENOUGH
        before = replace(last, failures=0, failing_since="", durations=durations)
        seconds = 3 * (before.usual_seconds or USUAL) + 300
    elif what == "stopped":
        ending = WITH_ITS_HOST
    return _of_end(known, manifest, ending, Record(before=before), (at, seconds))


def _of_end(known: Known, manifest: BatchManifest, ending: Ending, record: Record, when: tuple[float, float]) -> Notice:
    """What is told of an end, once no further attempt may follow it."""
    event = TaskEnded(manifest.batch, sample_task(manifest, ending, *when))
    (notice,) = decide(event, known, record, math.inf).notes
    return notice


def _of_due(known: Known, manifest: BatchManifest, what: str, last: Last) -> Notice:
    """What is told of a due time."""
    expected, at = known.watch.expected_seconds or EXPECTED, DUE
    watch = replace(known.watch, schedule="30 17 * * * UTC", expected_seconds=expected, window_seconds=0)
    by = watch.scheduler or "someone"
    first = Seen(id=RUN, by=by, started=at + 1, scheduled=at)
    runs = {"missed": (), "late": (first,), "twice": (first, replace(first, id="4d5e6f70", started=at + 2))}[what]
    check = Check(manifest.batch, DUE, what != "twice", at + (GRACE if what == "twice" else expected + SLACK))
    now = check.at + (expected if what == "late" else 0)
    of = replace(known, watch=watch, manifest=replace(manifest, overlap="allow"), current=runs)
    told = [notice for decision in look_at(check, of, Record(before=last), now) for notice in decision.notes]
    return next(notice for notice in told if notice.kind == what)


WRITERS: Mapping[str, Callable[[Notice, Note, str, str], object]] = {
    "email": lambda _of, said, _project, _channel: plain(said),
    "chat": lambda of, said, _project, _channel: amazon_q(of, said),
    "slack": lambda of, said, _project, channel: slack(of, said, channel),
    "datadog": lambda of, said, project, _channel: datadog_event(of, said, project),
}
"""Channel to what makes its message, a text or what its request holds as JSON: of a notice and what is said of it, for
a project, into a Slack channel."""
