"""A stage of many batches, as a company has them: shared images, data that goes from batch to batch, past runs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from batchwright_runner.contract.pauses import Pause
from batchwright_runner.host.releases.record import ReleaseRecord
from batchwright_runner.workbench.page.batch import Batch
from batchwright_runner.workbench.page.catalog import Catalog
from tests.runner.workbench.page.site.support import HOSTILE, NOW, batch, catalog, grant, ran

TEAMS = ("accounts-team", "finance-systems", "shop-team", "search", "platform-team", "data-office")
TASKS = ("import", "check", "close", "report", "export", "expire", "notify", "archive", "index", "rebuild")
SUBJECTS = (
    *("orders", "members", "coupons", "invoices", "payments", "sales", "stock", "reviews", "mails", "clicks"),
    *("prices", "shipments", "refunds", "campaigns", "points", "sessions", "contracts", "skills", "jobs", "profiles"),
)
_WORD = "".join(HOSTILE.split())
BUCKETS = ("orders", "members", "invoices", "sales", "clicks")


def _batch(number: int, now: datetime) -> Batch:
    subject, task = SUBJECTS[number % len(SUBJECTS)], TASKS[number // len(SUBJECTS) % len(TASKS)]
    name = f"{subject}-{task}" if number < len(SUBJECTS) * len(TASKS) else f"{subject}-{task}-{number}"
    return batch(
        name,
        now=now,
        owner=TEAMS[number % 7 % len(TEAMS)],
        timeout_seconds=3600,
        log_group=f"/batches/production/{name}",
        description=f"{task.capitalize()}s the {subject} of the day before, and says how many there were.",
        image={"name": "shop" if number % 5 == 0 else "sales" if number % 17 == 3 else name},
        grants=[*_grants(subject, task)],
        schedule=_schedule(number),
        scheduler="aws" if number % 3 == 0 else "rundeck" if number % 4 else "",
        secrets=["DB_PASSWORD"] if number % 2 else [],
        file={"watch": {"expected_seconds": 60 * (number % 40)}},
    )


def _grants(subject: str, task: str) -> Iterator[dict[str, object]]:
    if subject in BUCKETS and task in ("import", "close"):
        yield grant("s3:PutObject", on=[f"arn:aws:s3:::{subject}/*"])
    if subject in BUCKETS and task in ("check", "report", "export"):
        yield grant("s3:GetObject", on=[f"arn:aws:s3:::{subject}/*"])
    if task == "notify":
        yield grant("sqs:SendMessage", on=["arn:aws:sqs:ap-northeast-1:111111111111:mails"])
    if task == "report" and subject in ("sales", "invoices"):
        yield grant("s3:PutObject", on=["arn:aws:s3:::reports/*"])


def _schedule(number: int) -> str:
    if number % 11 == 4:
        return ""
    if number % 29 == 7:
        return "*/15 * * * * Asia/Tokyo"
    if number % 13 == 5:
        return f"0 {number % 24} 1 * * Asia/Tokyo"
    if number % 7 == 2:
        return f"{number % 60} 6 * * MON Asia/Tokyo"
    zone = "UTC" if number % 31 == 6 else "Asia/Tokyo"
    return f"{number * 5 % 60} {number % 6} * * * {zone}"


def _with_runs(number: int, built: Batch) -> Batch:
    """A batch with its past runs: most end well, some fail, some batches have none."""
    runs = []
    for day in range(14):
        ended = built.now - timedelta(days=14 - day, minutes=number)
        seconds = 300 + number * 7 % 400 + (day * 37 + number) % 90
        failed = (number * 7 + day * 3) % 17 == 0
        runs.append(ran(built, ended.timestamp() - seconds, seconds, 3 if failed else 0, "Essential container exited"))
    at = (built.now - timedelta(days=3)).isoformat()
    released = ReleaseRecord(
        image=built.image, digest=f"sha256:{number:064x}", tag=f"sha-{number:012x}", by="a/alice", at=at
    )
    paused = Pause(reason="the bank is moving", by="a/ann", until="2026-12-01T09:00:00Z") if number == 3 else None
    return replace(built, runs=runs[::-1], release=released, pause=paused)


def large(count: int = 200, now: datetime = NOW) -> Catalog:
    """The catalog of so many batches: some share an image, some data, some nothing; most have past runs."""
    batches = [_batch(number, now) for number in range(count)]
    return catalog(*(_with_runs(at, built) if at % 11 else built for at, built in enumerate(batches)), now=now)


def hostile() -> Catalog:
    """The catalog of a batch all of whose texts are an attack, those of its runs too."""
    then = NOW - timedelta(days=30)
    attacked = batch(
        "attacked",
        now=then,
        description=HOSTILE,
        owner=HOSTILE,
        runbook=f"javascript:alert(1)//{HOSTILE}",
        image={"name": HOSTILE, "repository": HOSTILE},
        command=[HOSTILE],
        options=[{"name": "DAY", "description": HOSTILE, "pattern": HOSTILE}],
        parameters={"TO": ""},
        secrets=["DB_PASSWORD"],
        schedule="30 2 * * * Asia/Tokyo",
        grants=[grant(f"s3:{HOSTILE}", "s3:GetObject", on=[f"arn:aws:s3:::{HOSTILE}"], at=HOSTILE)],
        environment=[{"name": HOSTILE, "value": HOSTILE}],
        file={"parameters": {"TO": {"path": "/p", "value": HOSTILE}}, "package": HOSTILE},
    )
    ended = replace(
        attacked,
        runs=[ran(attacked, then.timestamp() - 60, 5, 3, HOSTILE)],
        pause=Pause(reason=HOSTILE, by=HOSTILE),
        release=ReleaseRecord(image=HOSTILE, digest=HOSTILE, tag=HOSTILE, by=HOSTILE, at=HOSTILE),
    )
    second = batch("other", now=then, image={"name": HOSTILE}, owner="finance", file={"reads": [f"mysql:{_WORD}"]})
    return catalog(ended, second, now=then)
