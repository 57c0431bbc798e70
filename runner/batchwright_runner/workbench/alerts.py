"""What would be said of a batch's runs, for each channel: decided as the alerts' function decides."""

import math
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from batchwright_runner.contract.alerting.decide import decide
from batchwright_runner.contract.alerting.due import SLACK, look_at
from batchwright_runner.contract.alerting.events import Check, TaskEnded
from batchwright_runner.contract.alerting.known import KnownBatch
from batchwright_runner.contract.alerting.messages import Message, told_together
from batchwright_runner.contract.alerting.record import AlertRecord
from batchwright_runner.contract.alerting.settings import AlertSettings
from batchwright_runner.contract.ends import ENDED_BY_ITSELF, FAILED_TO_START, RUNNER_TIMEOUT, STOPPED_ON_REQUEST
from batchwright_runner.contract.judgment.ending import stop_reason
from batchwright_runner.contract.judgment.verdict import Ending, StopRequest
from batchwright_runner.contract.last import ENOUGH, Last, LastError
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.missed.watched import GRACE
from batchwright_runner.contract.moments import moment, utc
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.notices.channels import amazon_q, datadog_event, plain, slack
from batchwright_runner.contract.notices.note import Note, Notice
from batchwright_runner.contract.notices.rules import Ask
from batchwright_runner.contract.variables import RUN_ID
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.watch import Watch, WatchError
from batchwright_runner.host.aws.parameters import read_parameter
from batchwright_runner.host.stage.last_ends import last_end
from batchwright_runner.host.stage.patient import patient
from batchwright_runner.host.stage.session import Stage

SAMPLES: Mapping[Row, Ending] = {
    Row.NEVER_STARTED: Ending(
        began=False,
        stop_code=FAILED_TO_START,
        reason="CannotPullContainerError: reports:stage-production: not found",
    ),
    Row.TIMEOUT: Ending(exit_code=0, stop_code=STOPPED_ON_REQUEST, reason=RUNNER_TIMEOUT.format("30m00s")),
    Row.ENDED_BY_AWS: Ending(exit_code=143, stop_code="SpotInterruption", reason="Your Spot Task was interrupted."),
    Row.OWN: Ending(exit_code=3, stop_code=ENDED_BY_ITSELF, reason="Essential container in task exited"),
    Row.NO_RESULT: Ending(stop_code=ENDED_BY_ITSELF, reason="Essential container in task exited"),
}
"""Row to an end that belongs to it, of those that people are told of."""
GOOD = replace(SAMPLES[Row.OWN], exit_code=0)
WITH_ITS_HOST = Ending(
    exit_code=143,
    stop_code=STOPPED_ON_REQUEST,
    reason=stop_reason(StopRequest("signal", signal.SIGTERM, host="rundeck-01")),
)
SILENT: Mapping[Row, str] = {
    Row.USAGE: "nothing was started: whoever gave the command sees it; a machine that refuses its input is told",
    Row.OVERLAP: "another run is in progress: that one is told if it fails, and so is one that gave up waiting",
    Row.PAUSED: "someone keeps the batch from being started, and knows it",
    Row.SIGNAL: "who stops a run at a terminal knows it; for a runner that no one sits at, see --row stopped",
    Row.STOPPED_BY_OTHERS: "someone stopped it on purpose, and knows it",
}
"""Rows of which no one is told, and why."""
OTHERS = ("recovered", "slow", "missed", "late", "twice", "stopped", "several")
"""What may be told beside an end of a row."""
ENDED, DUE = 1795542130.0, 1795541400.0
"""17:42:10 and 17:30 on 2026-11-24, in UTC."""
TOOK, USUAL, EXPECTED, DAY = 723.0, 600, 1800, 86_400.0
LINES = ("loading 2026-11-24", "Traceback (most recent call last):", "ValueError: no rate for XAU")
"""The last lines of a log."""
TASK, RUN = "0123456789abcdef0123456789abcdef", "9f1c2d3e"
UNKNOWN_CHANNEL = "the stage's channel"

WRITERS: Mapping[str, Callable[[Notice, Note, str, str], object]] = {
    "email": lambda _of, said, _project, _channel: plain(said),
    "chat": lambda of, said, _project, _channel: amazon_q(of, said),
    "slack": lambda of, said, _project, channel: slack(of, said, channel),
    "datadog": lambda of, said, project, _channel: datadog_event(of, said, project),
}
"""Channel to what makes its message, a text or what its request holds as JSON: of a notice and what is said of it, for
a project, into a Slack channel."""


def records_of(stage: Stage, manifest: BatchManifest) -> tuple[Last, Watch]:
    """What a stage knows of a batch's ends, and what is watched of it; empty where it cannot be read as a record."""
    names = StageNames.of(manifest)
    path, last = names.watch(manifest.batch), None
    with patient(stage, f"the last ends of {manifest.batch} cannot be read") as aws, suppress(LastError):
        last = last_end(aws.call, names, manifest.batch)
    found = read_parameter(stage.aws, path, f"the record {path} cannot be read", stage.waiter)
    try:
        watch = Watch.from_text("{}" if found is None else str(found["Value"]))
    except WatchError:
        watch = Watch()
    return last or Last(), watch


def sample_message(manifest: BatchManifest, what: Row | str, last: Last, watch: Watch) -> tuple[Notice, Note]:
    """What would be told of a batch, as facts and in words."""
    ask = replace(Ask.of(watch.alerts), off=False)
    settings = AlertSettings(
        project=manifest.project,
        stage=manifest.stage,
        region=manifest.region,
        account=manifest.account,
        cluster=_cluster_of(manifest),
        table="",
    )
    known = KnownBatch(settings=settings, manifest=manifest, watch=replace(watch, alerts=ask.to_dict()), lines=LINES)
    wanted: tuple[Row | str, ...] = (Row.OWN, Row.TIMEOUT, "slow") if what == "several" else (what,)
    notices = [_notice(known, manifest, part, last, ask) for part in wanted]
    return told_together([Message(channel="sns", to="", notice=notice) for notice in notices])


def _notice(known: KnownBatch, manifest: BatchManifest, what: Row | str, last: Last, ask: Ask) -> Notice:
    """What is told of an end, once no further attempt may follow it, or of a due time."""
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
    event = TaskEnded(manifest.batch, _task(manifest, ending, at, seconds))
    (notice,) = decide(event, known, AlertRecord(before=before), math.inf).notes
    return notice


def _of_due(known: KnownBatch, manifest: BatchManifest, what: str, last: Last) -> Notice:
    expected, at = known.watch.expected_seconds or EXPECTED, DUE
    watch = replace(known.watch, schedule="30 17 * * * UTC", expected_seconds=expected, window_seconds=0)
    first = Seen(id=RUN, by=watch.scheduler or "someone", started=at + 1, scheduled=at)
    runs = {"missed": (), "late": (first,), "twice": (first, replace(first, id="4d5e6f70", started=at + 2))}[what]
    check = Check(manifest.batch, DUE, what != "twice", at + (GRACE if what == "twice" else expected + SLACK))
    of = replace(known, watch=watch, manifest=replace(manifest, overlap="allow"), current=runs)
    decisions = look_at(check, of, AlertRecord(before=last), check.at + (expected if what == "late" else 0))
    return next(notice for decision in decisions for notice in decision.notes if notice.kind == what)


def _task(manifest: BatchManifest, ending: Ending, ended: float, seconds: float) -> dict[str, Any]:
    """A task that has ended so, as the event of its end shows it."""
    started = utc(ended - seconds)
    main: dict[str, Any] = {"name": manifest.container, "lastStatus": "STOPPED"}
    variables = [{"name": RUN_ID, "value": RUN}]
    return {
        "taskArn": f"{manifest.task_definition.partition(':task-definition/')[0]}:task/{_cluster_of(manifest)}/{TASK}",
        "taskDefinitionArn": manifest.task_definition,
        "lastStatus": "STOPPED",
        "startedBy": RUN,
        "createdAt": started,
        **({"startedAt": started} if ending.began else {}),
        "executionStoppedAt": utc(ended),
        "stopCode": ending.stop_code,
        "stoppedReason": ending.reason,
        "containers": [main if ending.exit_code is None else {**main, "exitCode": ending.exit_code}],
        "overrides": {"containerOverrides": [{"name": manifest.container, "environment": variables}]},
    }


def _cluster_of(manifest: BatchManifest) -> str:
    return manifest.cluster.rpartition("/")[2]
