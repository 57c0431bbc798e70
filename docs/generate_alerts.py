"""Writes the messages of docs/alerts.md: for every row of the exit codes, and what else is sent.

python docs/generate_alerts.py [--check]
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from batchwright_runner.contract.last import Last
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import show_in
from batchwright_runner.contract.notices.channels import plain
from batchwright_runner.contract.notices.note import AGAIN
from batchwright_runner.contract.verdicts import ROWS, Row
from batchwright_runner.contract.watch import Watch
from batchwright_runner.workbench.alerts import OTHERS, SAMPLES, SILENT, sample_message

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.written import with_parts, write

PAGE = Path(__file__).parent / "alerts.md"
WHERE = ": daily-report in production"
REFUSED = "A machine that refuses its input (usage) is reported."

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
WATCH = Watch(scheduler="rundeck", expected_seconds=1800)
WHOLE = Row.OWN
"""The row whose e-mail the page shows in full."""
TITLES = {
    "recovered": "a success after a failure that was reported",
    "slow": "a run that took much longer than usual",
    "missed": "a run that did not come",
    "late": "a run that goes on for too long",
    "twice": "two runs for one due time",
    "stopped": "a runner without a terminal that was stopped",
    "several": "several messages at once",
}


def messages() -> Iterator[tuple[str, Row | str]]:
    """What is sent, in the order of the page: heading and row."""
    for row in sorted(SAMPLES, key=lambda row: row is not WHOLE):
        codes = ", ".join(map(str, ROWS[row].codes)) or "the container's own"
        yield codes, row
    yield from ((TITLES[kind], kind) for kind in OTHERS)


def message(row: Row | str) -> str:
    """The e-mail of a row."""
    return plain(sample_message(BATCH, row, LAST, WATCH)[1])


def beginning(row: Row | str) -> str:
    """What the page shows of a row's e-mail beside the whole one: what is its own."""
    title, body, *_ = message(row).split("\n\n")
    own = [line for line in body.splitlines() if line not in AGAIN.values()] if row not in OTHERS[:2] else []
    return "<br>".join([f"**{title.removesuffix(WHERE)}**", *own])


def text() -> str:
    """The part of the page."""
    show_in(lambda: "Asia/Tokyo")
    rows = [f"| {title} | {beginning(row)} |" for title, row in messages() if row is not WHOLE]
    silent = [f"{', '.join(map(str, ROWS[row].codes))} ({ROWS[row].word})" for row in SILENT]
    last = f"The other rows are not reported: {', '.join(silent)}. {REFUSED}"
    table = "\n".join(["| code, or what happened | the message begins |", "| --- | --- |", *rows])
    return "\n\n".join([f"```\n{message(WHOLE)}\n```", table, last])


if __name__ == "__main__":
    sys.exit(write({PAGE: with_parts(PAGE, {"messages": text()})}))
