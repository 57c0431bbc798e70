"""Writes the messages of docs/alerts.md: for every row of the exit codes, and what else is sent.

python docs/generate_alerts.py [--check]
"""

import json
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from batchwright_runner.contract.alerting.decide import decide
from batchwright_runner.contract.alerting.due import SLACK, look_at
from batchwright_runner.contract.alerting.events import Check, TaskEnded
from batchwright_runner.contract.alerting.forms import plain
from batchwright_runner.contract.alerting.forms import slack as for_slack
from batchwright_runner.contract.alerting.known import KnownBatch
from batchwright_runner.contract.alerting.message import Message
from batchwright_runner.contract.alerting.notes import AGAIN
from batchwright_runner.contract.alerting.record import AlertRecord
from batchwright_runner.contract.alerting.settings import AlertSettings
from batchwright_runner.contract.ends import ENDED_BY_ITSELF, FAILED_TO_START, RUNNER_TIMEOUT, STOPPED_ON_REQUEST
from batchwright_runner.contract.judgment.ending import stop_reason
from batchwright_runner.contract.judgment.verdict import StopRequest
from batchwright_runner.contract.last import Last
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.moments import show_in, utc
from batchwright_runner.contract.variables import RUN_ID, SCHEDULED_TIME
from batchwright_runner.contract.verdicts import ROWS, Row
from batchwright_runner.contract.watch import Watch

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.written import with_parts, write

PAGE = Path(__file__).parent / "alerts.md"
WHERE = ": daily-report in production"
ENDED, DUE, TOOK, TASK = 1795542130.0, 1795541400.0, 723.0, "0123456789abcdef0123456789abcdef"
BATCH = BatchManifest.from_dict(
    {
        "schema": 1,
        "project": "batches",
        "stage": "production",
        "batch": "daily-report",
        "owner": "finance-systems",
        "runbook": "https://wiki.example.com/daily-report",
        "cluster": "batches-production",
        "task_definition": "arn:aws:ecs:eu-west-1:111111111111:task-definition/batches-production-daily-report:7",
        "container": "main",
        "essential": "",
        "subnets": "subnet-0123456789abcdef0",
        "log_group": "/batches/production/daily-report",
        "log_stream_prefix": "run",
        "image": {"name": "reports"},
    }
)
LAST = Last(
    ended="2026-11-23T17:42:10Z",
    verdict="Batchwright.Exit3",
    code=3,
    failures=1,
    failing_since="2026-11-23T17:42:10Z",
    succeeded="2026-11-22T17:40:07Z",
    durations=(590, 600, 610),
)
WATCH = Watch(schedule="30 17 * * * UTC", scheduler="rundeck", expected_seconds=1800)
SETTINGS = AlertSettings(
    project="batches",
    stage="production",
    region="eu-west-1",
    account="111111111111",
    cluster="batches-production",
    table="",
    topic="",
)
LINES = ("loading 2026-11-24", "Traceback (most recent call last):", "ValueError: no rate for XAU")
KNOWN = KnownBatch(settings=SETTINGS, manifest=BATCH, watch=WATCH, lines=LINES)

Stopped = tuple[int | None, str, str, bool]
"""The exit code of a task, why it stopped, in a word and in a sentence, and whether it had begun."""
SAMPLES: Mapping[Row | str, Stopped] = {
    Row.OWN: (3, ENDED_BY_ITSELF, "Essential container in task exited", True),
    Row.NEVER_STARTED: (None, FAILED_TO_START, "CannotPullContainerError: reports:stage-production: not found", False),
    Row.TIMEOUT: (0, STOPPED_ON_REQUEST, RUNNER_TIMEOUT.format("30m00s"), True),
    Row.ENDED_BY_AWS: (143, "SpotInterruption", "Your Spot Task was interrupted.", True),
    Row.NO_RESULT: (None, ENDED_BY_ITSELF, "Essential container in task exited", True),
    "host": (143, STOPPED_ON_REQUEST, stop_reason(StopRequest("signal", 15, host="rundeck-01")), True),
    "recovered": (0, ENDED_BY_ITSELF, "Essential container in task exited", True),
}
TITLES = {
    "host": "143, 129: a runner was stopped at which no person sat",
    "recovered": "a success after a failure that was reported",
    "missed": "a run that did not come, or did not end well",
    "late": "a run that goes on for too long",
}
SILENT = (Row.USAGE, Row.OVERLAP, Row.PAUSED, Row.SIGNAL, Row.STOPPED_BY_OTHERS)
REFUSED = "A machine that refuses its input (usage) and a run that waited in vain (overlap) are reported."


def message(what: Row | str) -> Message:
    """What is sent."""
    if what in ("missed", "late"):
        run = Seen(id="daily-report@01234567", by="rundeck", started=DUE + 1, scheduled=DUE)
        known = replace(KNOWN, current=(run,) if what == "late" else ())
        check = Check(BATCH.batch, DUE, True, DUE + WATCH.expected_seconds + SLACK)
        later = check.at + (WATCH.expected_seconds if what == "late" else 0)
        (decision,) = look_at(check, known, AlertRecord(before=LAST), later)
    else:
        end = TaskEnded(BATCH.batch, _task(*SAMPLES[what]))
        decision = decide(end, KNOWN, AlertRecord(before=LAST), math.inf)
    return decision.messages[0]


def _task(code: int | None, stop_code: str, reason: str, began: bool) -> dict[str, Any]:
    """A task that has ended so, as the event of its end shows it."""
    started = utc(ENDED - TOOK)
    main: dict[str, Any] = {"name": "main", "lastStatus": "STOPPED"}
    variables = [{"name": RUN_ID, "value": "9f1c2d3e"}, {"name": SCHEDULED_TIME, "value": utc(DUE)}]
    return {
        "taskArn": f"arn:aws:ecs:eu-west-1:111111111111:task/batches-production/{TASK}",
        "taskDefinitionArn": BATCH.task_definition,
        "lastStatus": "STOPPED",
        "startedBy": "9f1c2d3e",
        "createdAt": started,
        **({"startedAt": started} if began else {}),
        "executionStoppedAt": utc(ENDED),
        "stopCode": stop_code,
        "stoppedReason": reason,
        "containers": [main if code is None else {**main, "exitCode": code}],
        "overrides": {"containerOverrides": [{"name": "main", "environment": variables}]},
    }


def rows() -> Iterator[str]:
    """The rows of the table: when a message is sent, and how it begins."""
    for what in (*SAMPLES, "missed", "late"):
        if what is Row.OWN:
            continue
        title = TITLES[what] if isinstance(what, str) else ", ".join(map(str, ROWS[what].codes))
        told = message(what)
        own = [line for line in told.sentences if line not in AGAIN.values()] if what != "recovered" else []
        yield f"| {title} | {'<br>'.join([f'**{told.title.removesuffix(WHERE)}**', *own])} |"


def text() -> str:
    """The part of the page."""
    show_in(lambda: "Asia/Tokyo")
    silent = [f"{', '.join(map(str, ROWS[row].codes))} ({ROWS[row].word})" for row in SILENT]
    last = f"The other rows are not reported: {', '.join(silent)}. {REFUSED}"
    table = "\n".join(["| code, or what happened | the message begins |", "| --- | --- |", *rows()])
    return "\n\n".join([f"```\n{plain(message(Row.OWN))}\n```", table, last])


if __name__ == "__main__":
    if "--all" in sys.argv:  # to be looked at: every message, as an e-mail and as Slack's request
        show_in(lambda: "Asia/Tokyo")
        for what in (*SAMPLES, "missed", "late"):
            print(
                plain(message(what)), json.dumps(for_slack(message(what), "#batches"), ensure_ascii=False), sep="\n\n"
            )
        sys.exit()
    sys.exit(write({PAGE: with_parts(PAGE, {"messages": text()})}))
