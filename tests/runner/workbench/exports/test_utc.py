"""Schedules in UTC."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.times import due_times
from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.exports.utc import in_utc

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def due(schedules: Iterable[CronSchedule]) -> list[datetime]:
    until = NOW + timedelta(days=40)
    found = [
        time.astimezone(UTC)
        for one in schedules
        for time in takewhile(lambda time: time.astimezone(UTC) < until, due_times(one, NOW))
    ]
    return sorted(found)


numbers = st.sets(st.integers(0, 59), min_size=1, max_size=4).map(sorted).map(tuple)
hours = st.sets(st.integers(0, 23), min_size=1, max_size=5).map(sorted).map(tuple)
weekdays = st.sets(st.integers(1, 7), min_size=1).map(sorted).map(tuple)


@given(numbers, hours, weekdays, st.sampled_from(["Asia/Tokyo", "Asia/Kolkata", "Asia/Kathmandu", "UTC", "Etc/GMT+12"]))
def test_schedules_in_utc_are_due_at_the_same_times(
    minutes: tuple[int, ...], hours: tuple[int, ...], weekdays: tuple[int, ...], zone: str
) -> None:
    schedule = CronSchedule(minutes=minutes, hours=hours, weekdays=weekdays, zone=zone)

    made = in_utc(schedule, "report", "CircleCI", NOW)

    assert due(made) == due([schedule])


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("30 2 * * * Europe/Paris", "knows only UTC, and clocks in Europe/Paris change twice a year"),
        ("30 2 1 * * Asia/Tokyo", "where 30 2 1 .* Asia/Tokyo is on another day of the month"),
        ("30 2 * JAN * Asia/Tokyo", "is on another day of the month"),
    ],
)
def test_what_utc_cannot_say_is_refused(schedule: str, message: str) -> None:
    with pytest.raises(RunnerError, match=f"report cannot be exported: CircleCI .*{message}"):
        in_utc(CronSchedule.from_text(schedule), "report", "CircleCI", NOW)


def test_a_day_of_the_month_that_stays_is_taken() -> None:
    (made,) = in_utc(CronSchedule.from_text("0 12 1 JAN * Asia/Tokyo"), "report", "CircleCI", NOW)

    assert str(made) == "0 3 1 1 * UTC"
