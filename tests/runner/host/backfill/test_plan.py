"""What a backfill runs, and what it leaves out."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from batchwright_runner.contract.due_times import Became
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.errors import UsageError
from batchwright_runner.host.backfill.end import DueEnd, verdict_of
from batchwright_runner.host.backfill.plan import Planned, filled, plan_of, run_of

TOKYO = ZoneInfo("Asia/Tokyo")
DUE = datetime(2026, 11, 3, 2, 30, tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("{date}", "2026-11-03"),
        ("{date-1}", "2026-11-02"),
        ("{date+1}", "2026-11-04"),
        ("s3://sales/{date-7}/{date}.csv", "s3://sales/2026-10-27/2026-11-03.csv"),
        ("plain", "plain"),
    ],
)
def test_an_option_is_filled_with_the_day_in_the_schedules_zone(given: str, expected: str) -> None:
    assert filled({"DATE": given}, DUE) == {"DATE": expected}


@pytest.mark.parametrize(
    "given", ["{day}", "{date", "date}", "{{date}}", "{date-1d}", "{date -1}", "{}", "{date-1000}"]
)
def test_other_braces_are_refused(given: str) -> None:
    with pytest.raises(UsageError, match=r"-o DATE=.* is refused: .*\{date-1\}"):
        filled({"DATE": given}, DUE)


def test_a_day_before_all_calendars_is_refused() -> None:
    with pytest.raises(UsageError, match="-o DATE="):
        filled({"DATE": "{date-1}"}, datetime(1, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([], "due-2026-11-03T0230-1"),
        (["run-0123456789ab/jane/laptop", "due-2026-11-04T0230-7"], "due-2026-11-03T0230-1"),
        (["due-2026-11-03T0230-2", "due-2026-11-03T0230-10"], "due-2026-11-03T0230-11"),
        (["due-2026-11-03T0230-x", "due-2026-11-03T0230-"], "due-2026-11-03T0230-1"),
    ],
)
def test_each_start_has_an_id_of_its_own(known: list[str], expected: str) -> None:
    run = run_of(DUE, known)

    assert (run.text, run.given) == (expected, True)


@pytest.mark.parametrize(
    ("state", "without", "with_all"),
    [
        ("succeeded", False, True),
        ("failed", True, True),
        ("in progress", True, True),
        ("missed", True, True),
        ("not run", True, True),
        ("paused", True, True),
        ("open", False, False),
        ("not due", False, False),
    ],
)
def test_what_has_not_succeeded_is_run(state: str, without: bool, with_all: bool) -> None:
    times = [Became(due=DUE, state=state, word=state)]  # type: ignore[arg-type] # one of them

    assert [plan_of(times, {}, every=every)[0].runs for every in (False, True)] == [without, with_all]
    assert plan_of(times, {}, every=False)[0].may_start == (state == "open")


def test_beyond_the_history_it_is_refused_without_all() -> None:
    missed = Became(due=DUE + timedelta(days=1), state="missed", word="did not run")
    times = [Became(due=DUE, state="unknown", word="unknown", why="runs are known since 2026-11-04 00:00 JST"), missed]

    with pytest.raises(UsageError, match=r"1 due time.*2026-11-03 02:30 JST.*known since.*--all"):
        plan_of(times, {}, every=False)
    assert [planned.runs for planned in plan_of(times, {}, every=True)] == [True, True]


def test_a_run_of_which_the_end_is_not_known_is_run_again() -> None:
    seen = Seen(id="0123abcd", by="cron", started=DUE.timestamp())
    assert plan_of([Became(due=DUE, state="unknown", word="unknown", run=seen)], {}, every=False)[0].runs


def end(day: int, verdict: Verdict | None = None, *, left_out: bool = False) -> DueEnd:
    return DueEnd(planned=Planned(due=DUE.replace(day=day), runs=not left_out, why=""), verdict=verdict)


GOOD = Verdict(Row.OWN, 0, "its own code", "ask")
BAD = Verdict(Row.OWN, 3, "its own code", "ask")
PENDING = DueEnd(planned=Planned(due=DUE.replace(day=2), runs=False, why="", may_start=True))
LATE = Verdict(Row.TIMEOUT, 124, "stopped", "ask")


@pytest.mark.parametrize(
    ("ends", "signals", "code", "why"),
    [
        ([end(1, GOOD), end(2, left_out=True)], (), 0, "2 due times: 1 succeeded, 1 left out"),
        ([end(1, GOOD), end(2, BAD), end(3)], (), 3, "due 2026-11-02 02:30 JST: its own code (3 due times: "),
        (
            [end(1, GOOD), PENDING],
            (),
            123,
            "not run (due 2026-11-02 02:30 JST: its scheduler may still start it; 2 due times: ",
        ),
        ([end(1, BAD), PENDING], (), 3, "due 2026-11-01 02:30 JST: its own code (2 due times: "),
        ([end(1, LATE), end(2, BAD)], (), 124, "due 2026-11-01 02:30 JST: stopped"),
        ([end(1, GOOD), end(2)], (15,), 143, "stopped on SIGTERM (2 due times: 1 succeeded, 1 not run)"),
        ([end(1, BAD), end(2)], (15,), 3, "due 2026-11-01 02:30 JST: its own code"),
        ([end(1, GOOD)], (15,), 0, "1 due time: 1 succeeded"),
    ],
)
def test_the_verdict_is_that_of_the_first_that_failed(
    ends: list[DueEnd], signals: tuple[int, ...], code: int, why: str
) -> None:
    verdict = verdict_of(ends, signals)

    assert (verdict.code, verdict.why[: len(why)], verdict.again) == (
        code,
        why,
        "safe" if code in {123, 143} else "ask",
    )
