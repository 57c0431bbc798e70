"""A stage of many batches, as a company has them: shared images, data that goes from batch to batch, past runs."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from batchwright_runner.workbench.page.build import Known
from batchwright_runner.workbench.page.catalog import SEEN, Catalog, Release, Results, ShownRun
from batchwright_runner.workbench.project.batches import DeclaredBatch
from tests.runner.workbench.page.site.support import HOSTILE, NOW, batch, catalog, grant

TEAMS = ("accounts-team", "finance-systems", "shop-team", "search", "platform-team", "data-office")
TASKS = ("import", "check", "close", "report", "export", "expire", "notify", "archive", "index", "rebuild")
SUBJECTS = (
    "orders",
    "members",
    "coupons",
    "invoices",
    "payments",
    "sales",
    "stock",
    "reviews",
    "mails",
    "clicks",
    "prices",
    "shipments",
    "refunds",
    "campaigns",
    "points",
    "sessions",
    "contracts",
    "skills",
    "jobs",
    "profiles",
)
_WORD = "".join(HOSTILE.split())
BUCKETS = ("orders", "members", "invoices", "sales", "clicks")


def many(count: int = 200) -> list[DeclaredBatch]:
    """So many batches: some share an image, some data, some nothing."""
    return [_batch(number) for number in range(count)]


def _batch(number: int) -> DeclaredBatch:
    subject, task = SUBJECTS[number % len(SUBJECTS)], TASKS[number // len(SUBJECTS) % len(TASKS)]
    name = f"{subject}-{task}" if number < len(SUBJECTS) * len(TASKS) else f"{subject}-{task}-{number}"
    return batch(
        name,
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


def known(batches: list[DeclaredBatch], now: datetime = NOW) -> Known:
    """Past runs: most end well, some fail, some have none."""
    found = {one.manifest.batch: _results(number, now) for number, one in enumerate(batches) if number % 11}
    return Known(said=SEEN, results=found)


def _results(number: int, now: datetime) -> Results:
    runs = []
    for day in range(14):
        ok = (number * 7 + day * 3) % 17 != 0
        ended = now - timedelta(days=14 - day, minutes=number)
        seconds = 300 + number * 7 % 400 + (day * 37 + number) % 90
        runs.append(
            ShownRun(
                ended=ended.isoformat(timespec="seconds"),
                ok=ok,
                code=0 if ok else 3,
                what="succeeded" if ok else "exit 3",
                why="" if ok else "Essential container in task exited",
                seconds=seconds,
            )
        )
    good = [one for one in runs if one.ok]
    failures = next((at for at, one in enumerate(reversed(runs)) if one.ok), len(runs))
    return Results(
        runs=tuple(runs),
        last_success=good[-1].ended,
        failures_in_row=failures,
        usual_seconds=sorted(one.seconds or 0 for one in good)[len(good) // 2],
        slow_seconds=max(one.seconds or 0 for one in good),
        release=Release(
            digest=f"sha256:{number:064x}",
            tag=f"sha-{number:012x}",
            by="alice",
            at=(now - timedelta(days=3)).isoformat(),
        ),
        paused="by ann until 2026-12-01 09:00: the bank is moving" if number == 3 else "",
    )


def large(count: int = 200, now: datetime = NOW) -> Catalog:
    """The catalog of so many batches, with past runs."""
    batches = many(count)
    return catalog(*batches, known=known(batches, now), now=now)


def hostile() -> Catalog:
    """The catalog of a batch all of whose texts are an attack, those of its runs too."""
    run = ShownRun(ended=HOSTILE, ok=False, code=3, what=HOSTILE, why=HOSTILE, seconds=5)
    attacked = batch(
        "attacked",
        description=HOSTILE,
        owner=HOSTILE,
        runbook=f"javascript:alert(1)//{HOSTILE}",
        image={"name": HOSTILE, "repository": HOSTILE},
        command=[HOSTILE],
        options=[{"name": "DAY", "description": HOSTILE, "pattern": HOSTILE}],
        secrets=["DB_PASSWORD"],
        schedule="30 2 * * * Asia/Tokyo",
        grants=[grant(f"s3:{HOSTILE}", "s3:GetObject", on=[f"arn:aws:s3:::{HOSTILE}"], at=HOSTILE)],
        environment=[{"name": HOSTILE, "value": HOSTILE}],
        file={"parameters": {HOSTILE: {"path": "/p", "value": HOSTILE}}, "package": HOSTILE},
    )
    results = Results(runs=(run,), last_success=HOSTILE, failures_in_row=1, paused=HOSTILE)
    return catalog(
        attacked,
        batch("other", image={"name": HOSTILE}, owner="finance", file={"reads": [f"mysql:{_WORD}"]}),
        known=Known(said=SEEN, results={"attacked": results}),
        now=NOW - timedelta(days=30),
    )
