"""When a run was due, as its container is told."""

from datetime import UTC, datetime

import pytest

from batchwright_runner.contract.schedules.due_variables import due_variables
from batchwright_runner.contract.variables import BY_THE_CLOCK, SCHEDULED_DATE, SCHEDULED_TIME

NIGHTLY = "30 2 * * * Asia/Tokyo"


@pytest.mark.parametrize(
    ("schedule", "now", "time", "date"),
    [
        (NIGHTLY, "2026-11-24T17:30:07+00:00", "2026-11-25T02:30:00+09:00", "2026-11-25"),
        (NIGHTLY, "2026-11-24T17:29:57+00:00", "2026-11-25T02:30:00+09:00", "2026-11-25"),  # two clocks differ
        (NIGHTLY, "2026-11-24T17:20:00+00:00", "2026-11-24T02:30:00+09:00", "2026-11-24"),  # a late start
        ("* * * * * UTC", "2026-11-24T17:30:40+00:00", "2026-11-24T17:30:00+00:00", "2026-11-24"),
        ("0 0 1 1 * UTC", "2026-11-24T17:30:00+00:00", "2026-01-01T00:00:00+00:00", "2026-01-01"),
        ("0 0 29 2 * UTC", "2027-11-24T17:30:00+00:00", "2024-02-29T00:00:00+00:00", "2024-02-29"),
        ("30 2 * * * America/New_York", "2026-11-02T07:30:01+00:00", "2026-11-02T02:30:00-05:00", "2026-11-02"),
        # Berlin, 2026-03-29 02:00 becomes 03:00: cron starts then what would have been due between.
        ("30 2 * * * Europe/Berlin", "2026-03-29T01:00:01+00:00", "2026-03-29T02:30:00+01:00", "2026-03-29"),
        ("30 2 * * * Europe/Berlin", "2026-03-29T00:59:30+00:00", "2026-03-28T02:30:00+01:00", "2026-03-28"),
        ("*/30 * * * * Europe/Berlin", "2026-03-29T01:00:01+00:00", "2026-03-29T03:00:00+02:00", "2026-03-29"),
        # 2026-10-25 03:00 becomes 02:00.
        ("30 2 * * * Europe/Berlin", "2026-10-25T00:30:01+00:00", "2026-10-25T02:30:00+02:00", "2026-10-25"),
        ("0,30 2 * * * Europe/Berlin", "2026-10-25T01:10:00+00:00", "2026-10-25T02:30:00+02:00", "2026-10-25"),
    ],
)
def test_the_clock_means_the_schedules_last_time(schedule: str, now: str, time: str, date: str) -> None:
    variables = due_variables(BY_THE_CLOCK, schedule, datetime.fromisoformat(now))
    assert variables == {SCHEDULED_TIME: time, SCHEDULED_DATE: date}


@pytest.mark.parametrize("schedule", ["", "30 2 * * * Mars/Olympus"])
def test_the_clock_means_nothing_without_a_schedule_that_can_be_read(schedule: str) -> None:
    assert due_variables(BY_THE_CLOCK, schedule, datetime.now(UTC)) == {}


@pytest.mark.parametrize(
    ("said", "schedule", "date"),
    [
        ("2026-11-24T17:30:00Z", NIGHTLY, "2026-11-25"),
        ("2026-11-25T02:30:00+09:00", "0 1 * * * UTC", "2026-11-24"),
        ("2026-11-25T02:30:00+09:00", "", "2026-11-25"),
        ("tonight", NIGHTLY, ""),  # a machine takes any text
    ],
)
def test_a_given_time_is_kept_and_its_day_is_the_schedules(said: str, schedule: str, date: str) -> None:
    assert due_variables(said, schedule, datetime.now(UTC)) == {SCHEDULED_TIME: said, SCHEDULED_DATE: date}
