from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.contract.schedules.dialects import crontab
from batchwright_runner.contract.schedules.schedule import CronSchedule, from_cron
from batchwright_runner.contract.schedules.times import due_between, next_times
from tests.runner.contract.schedules.strategies import schedules

MOMENTS = st.integers(946684800, 2840140800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(schedules(), MOMENTS)
def test_the_next_times_are_those_of_another_reader_of_crontabs(schedule: CronSchedule, after: datetime) -> None:
    assert next_times(schedule, after, 20) == list(islice(CronSim(crontab(schedule), after), 20))


def test_a_leap_day_is_found_over_a_century_without_one() -> None:
    leap_days = from_cron("0 0 29 2 *", "UTC")

    assert [time.year for time in next_times(leap_days, datetime(2095, 1, 1, tzinfo=UTC), 2)] == [2096, 2104]


@pytest.mark.parametrize(
    ("zone", "after", "days"),
    [
        ("Asia/Tokyo", datetime(2026, 11, 25, 17, 29, tzinfo=UTC), [26, 27]),
        ("Asia/Tokyo", datetime(2026, 11, 25, 17, 30, tzinfo=UTC), [27, 28]),
        ("Pacific/Kiritimati", datetime(2026, 11, 25, 12, 29, tzinfo=UTC), [26, 27]),
        ("Pacific/Pago_Pago", datetime(2026, 11, 25, 13, 31, tzinfo=UTC), [26, 27]),
    ],
)
def test_the_zones_clock_counts(zone: str, after: datetime, days: list[int]) -> None:
    times = next_times(from_cron("30 2 * * *", zone), after, 2)

    assert [(time.day, time.hour, time.minute) for time in times] == [(day, 2, 30) for day in days]
    assert all(time.tzinfo == ZoneInfo(zone) for time in times)


def test_a_time_that_does_not_exist_is_left_out() -> None:
    times = next_times(from_cron("30 2 * * *", "America/New_York"), datetime(2026, 3, 7, tzinfo=UTC), 3)

    assert [time.day for time in times] == [7, 9, 10]  # on the 8th, clocks went from 02:00 to 03:00


def test_a_time_that_comes_twice_counts_once_and_the_first_time() -> None:
    times = next_times(from_cron("30 1 * * *", "America/New_York"), datetime(2026, 11, 1, tzinfo=UTC), 2)

    assert [f"{time.astimezone(UTC):%Y-%m-%d %H:%M}" for time in times] == ["2026-11-01 05:30", "2026-11-02 06:30"]


def test_between_the_two_readings_of_a_clock_the_first_is_over() -> None:
    schedule = from_cron("30 1 * * *", "America/New_York")
    second_reading = datetime(2026, 11, 1, 6, 15, tzinfo=UTC)

    assert next_times(schedule, second_reading)[0].day == 2


def test_times_between_two_moments() -> None:
    hourly = from_cron("0 * * * *", "Asia/Tokyo")
    start = datetime(2026, 11, 25, tzinfo=UTC)

    times = list(due_between(hourly, start, start + timedelta(hours=3)))

    assert [time.astimezone(UTC).hour for time in times] == [1, 2, 3]


def test_until_is_a_moment_and_not_a_reading_of_the_clock() -> None:
    zone = ZoneInfo("America/New_York")
    every_half_hour = from_cron("*/30 * * * *", "America/New_York")
    until = datetime(2026, 11, 1, 1, 45, fold=1, tzinfo=zone)

    times = list(due_between(every_half_hour, datetime(2026, 11, 1, 4, 45, tzinfo=UTC), until))

    assert [(time.hour, time.minute) for time in times] == [(1, 0), (1, 30)]


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        next_times(from_cron("0 0 * * *", "UTC"), datetime(2026, 1, 1))  # noqa: DTZ001 - that is the test
