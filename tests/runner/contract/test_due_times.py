"""The due times between two days, and what became of each, by table."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from batchwright_runner.contract.due_times import Became, DueDays, became, due_times, left_out
from batchwright_runner.contract.missed.judge import judge
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.missed.watched import Blind, Watched
from batchwright_runner.contract.schedules.schedule import from_text
from batchwright_runner.contract.schedules.zones import zone_of
from tests.runner.contract.missed.nights import FAILED, NIGHTS, SET, Night
from tests.runner.contract.missed.support import DAY, DUE, HOUR, NIGHTLY, NOW, run

ONE = date(2026, 11, 25)

# The days.


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-11-01..2026-11-07", date(2026, 11, 1), date(2026, 11, 7)),
        (" 2026-11-25 ", ONE, ONE),
        ("2026-11-25..2026-11-25", ONE, ONE),
        ("2026-11-25..", ONE, None),
        ("2024-02-29", date(2024, 2, 29), date(2024, 2, 29)),
    ],
)
def test_days_are_read(text: str, first: date, last: date | None) -> None:
    days = DueDays.parse(text)

    assert (days.first, days.last) == (first, last)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "allowed: a day"),
        ("yesterday", "allowed: a day"),
        ("..2026-11-07", "allowed: a day"),
        ("2026-11-01...2026-11-07", "allowed: a day"),
        ("2026-11-01,2026-11-07", "allowed: a day"),
        ("20261101..20261107", "allowed: a day"),
        ("\u0662\u0660\u0662\u0666-11-01", "allowed: a day"),
        ("2026-02-30", "a day that no calendar has"),
        ("2026-11-01..2026-11-31", "a day that no calendar has"),
        ("2026-11-07..2026-11-01", "goes backwards: write 2026-11-01..2026-11-07"),
        ("0001-01-01", "allowed: days from 1970-01-01 to 9998-12-31"),
        ("2026-11-01..9999-12-31", "allowed: days from 1970-01-01 to 9998-12-31"),
    ],
)
def test_what_are_no_days_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        DueDays.parse(text)


# The times.


@pytest.mark.parametrize(
    ("schedule", "zone", "first", "last", "expected"),
    [
        ("30 2 * * * Asia/Tokyo", "Asia/Tokyo", "2026-11-24", "2026-11-25", ["11-24 02:30", "11-25 02:30"]),
        ("0 0,23 * * * Asia/Tokyo", "Asia/Tokyo", "2026-11-24", "2026-11-24", ["11-24 00:00", "11-24 23:00"]),
        ("59 23 * * * UTC", "UTC", "2026-11-24", "2026-11-24", ["11-24 23:59"]),
        ("30 2 * * MON Asia/Tokyo", "Asia/Tokyo", "2026-11-24", "2026-11-25", []),
        ("30 2 * * * Europe/Berlin", "Europe/Berlin", "2026-03-28", "2026-03-30", ["03-28 02:30", "03-30 02:30"]),
        ("30 2 * * * Europe/Berlin", "Europe/Berlin", "2026-10-25", "2026-10-25", ["10-25 02:30"]),
        ("", "Asia/Tokyo", "2026-11-24", "2026-11-25", ["11-24 00:00", "11-25 00:00"]),
        ("", "Asia/Beirut", "2026-03-28", "2026-03-30", ["03-28 00:00", "03-29 01:00", "03-30 00:00"]),
        ("0 0 * * * Asia/Beirut", "Asia/Beirut", "2026-03-28", "2026-03-29", ["03-28 00:00"]),
        ("0 0,22 * * * America/Nuuk", "America/Nuuk", "2026-03-28", "2026-03-28", ["03-28 00:00", "03-28 22:00"]),
        ("0 0 * * * Pacific/Apia", "Pacific/Apia", "2011-12-29", "2011-12-30", ["12-29 00:00"]),
        ("", "Pacific/Apia", "2011-12-29", "2011-12-31", ["12-29 00:00", "12-31 00:00"]),
        ("59 23 31 12 * America/Lima", "America/Lima", "9998-12-31", "9998-12-31", ["12-31 23:59"]),
    ],
)
def test_due_times_are_those_of_the_days_in_their_zone(
    schedule: str, zone: str, first: str, last: str, expected: list[str]
) -> None:
    cron = from_text(schedule) if schedule else None
    days = date.fromisoformat(first), date.fromisoformat(last)
    times = due_times(cron, zone_of(zone), *days)

    assert [f"{at:%m-%d %H:%M}" for at in times] == expected
    assert all(str(at.tzinfo) == zone for at in times)


def test_a_time_that_the_clock_leaves_out_is_known() -> None:
    daily, days = from_text("30 2,4 * * * America/New_York"), (date(2026, 3, 7), date(2026, 3, 9))

    times = left_out(daily, due_times(daily, zone_of(daily.zone), *days), *days)

    assert [f"{at:%m-%d %H:%M}" for at in times] == ["03-08 02:30"]


# What became of them.


def of(batch: Watched, *runs: Seen, now: float = NOW, known_since: float = 0.0, blind: Blind | None = None) -> Became:
    times = due_times(batch.schedule, zone_of("Asia/Tokyo"), ONE, ONE)
    (outcome,) = became(replace(batch, runs=runs), blind or Blind(), times, now, known_since)
    return outcome


JUDGED = {name: night for name, night in NIGHTS.items() if night.became is not None}


@pytest.mark.parametrize("night", JUDGED.values(), ids=JUDGED.keys())
def test_what_became_of_a_due_time(night: Night) -> None:
    outcome = of(replace(NIGHTLY, **night.batch), *night.runs)

    assert (outcome.state, outcome.word) == night.became


@pytest.mark.parametrize(
    ("now", "state", "word"),
    [
        (DUE - 1, "not due", "not due yet"),
        (DUE + 300, "open", "may still start"),
        (DUE + HOUR, "missed", "did not run"),
    ],
)
def test_what_may_still_come_is_open(now: float, state: str, word: str) -> None:
    outcome = of(replace(NIGHTLY, since=0.0), now=now)

    assert (outcome.state, outcome.word) == (state, word)


def test_a_later_run_is_not_taken_for_the_last_day() -> None:
    assert of(NIGHTLY, run(DUE + DAY + 4, DUE + DAY + 60), now=NOW + DAY).state == "missed"


def test_beyond_the_history_it_is_unknown_and_says_since_when_runs_are_known() -> None:
    outcome = of(NIGHTLY, known_since=DUE + HOUR)

    assert (outcome.state, outcome.why) == ("unknown", "runs are known since 2026-11-24 18:30 UTC")
    assert of(NIGHTLY, run(DUE + 4, DUE + 2 * HOUR), known_since=DUE + HOUR).state == "succeeded"


def test_without_a_history_it_is_said_why_no_more_is_known() -> None:
    denied, until = replace(NIGHTLY, forgotten="not allowed"), "runs are known since 2026-11-24 18:30 UTC"

    assert of(denied, known_since=DUE + HOUR).why == f"{until}: not allowed"
    outcome = of(replace(denied, since=DUE + HOUR))
    assert (outcome.state, outcome.why) == ("unknown", "not allowed")


def test_what_may_not_be_looked_at_is_unknown() -> None:
    outcome = of(NIGHTLY, blind=Blind(tasks="not allowed"))

    assert (outcome.state, outcome.why) == ("unknown", "not allowed")


def test_before_its_schedule_held_it_was_not_missed() -> None:
    outcome = of(replace(NIGHTLY, since=DUE + HOUR))

    assert (outcome.state, outcome.word) == ("not run", "did not run")
    assert outcome.why.startswith("its schedule holds since ")


def test_the_run_that_tells_is_named_with_its_backfill() -> None:
    outcome = of(NIGHTLY, run(DUE + HOUR, DUE + 2 * HOUR, **SET))

    assert outcome.run is not None
    assert outcome.run.named.startswith("1a2b3c4d by alice@laptop of a backfill, for ")
    missed = judge(replace(NIGHTLY, runs=[outcome.run]), Blind(), NOW - DAY, NOW).findings
    (why,) = (finding.why.split(",")[0] for finding in missed)
    assert why == "made up for by 1a2b3c4d by alice@laptop of a backfill"


def test_a_run_of_a_backfill_is_never_late() -> None:
    watched = replace(NIGHTLY, expected=60)

    for batch, kinds in (({}, ["long"]), (SET, ["missed"])):
        judged = judge(replace(watched, runs=[run(DUE + 4, **batch)]), Blind(), NOW - DAY, NOW).findings
        assert [finding.kind for finding in judged] == kinds


def test_each_due_time_has_its_own() -> None:
    times = due_times(NIGHTLY.schedule, zone_of("Asia/Tokyo"), date(2026, 11, 23), date(2026, 11, 25))
    batch = replace(NIGHTLY, since=0.0, runs=[run(DUE - 2 * DAY, DUE - 2 * DAY + 60, **FAILED), run(DUE, DUE + 60)])

    assert [outcome.state for outcome in became(batch, Blind(), times, NOW)] == ["failed", "missed", "succeeded"]
    assert [outcome.due for outcome in became(batch, Blind(), times, NOW)] == times
    assert times[-1] == datetime.fromisoformat("2026-11-25T02:30:00+09:00")
