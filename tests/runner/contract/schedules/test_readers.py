"""What other schedulers say, read: against programs that others wrote, and against our own writers."""

from datetime import UTC, datetime

import pytest
from aws_croniter import AwsCroniter
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.dialects import eventbridge, quartz
from batchwright_runner.contract.schedules.readers import from_eventbridge, from_quartz
from batchwright_runner.contract.schedules.schedule import CronSchedule, from_cron
from batchwright_runner.contract.schedules.times import next_times
from tests.runner.contract.schedules.strategies import schedules

START = datetime(2026, 11, 25, 4, 30, tzinfo=UTC)


@given(schedules("Asia/Tokyo"))
def test_what_we_write_is_read_as_the_same(schedule: CronSchedule) -> None:
    assert from_quartz(str(quartz(schedule)), "Asia/Tokyo") == schedule
    assert from_eventbridge(eventbridge(schedule), "Asia/Tokyo") == schedule


def _fields(least: int, most: int, *, steps: bool = True) -> st.SearchStrategy[str]:
    """A field as Quartz and EventBridge allow it, with steps that begin anywhere."""
    number = st.integers(least, most)
    between = st.tuples(number, number).map(lambda pair: "-".join(map(str, sorted(pair))))
    begun = st.tuples(number, st.integers(1, most)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    part = st.one_of(number.map(str), between, *([begun] if steps else []))
    return st.lists(part, min_size=1, max_size=3).map(",".join) | st.just("*")


DAYS = st.tuples(_fields(1, 28), st.just("?"))
WEEKDAYS = st.tuples(st.just("?"), _fields(1, 7, steps=False))  # aws-croniter reads no step here


@given(minute=_fields(0, 59), hour=_fields(0, 23), days=DAYS | WEEKDAYS)
def test_eventbridge_means_the_same_times(minute: str, hour: str, days: tuple[str, str]) -> None:
    expression = f"{minute} {hour} {days[0]} * {days[1]} *"
    theirs = AwsCroniter(expression).get_next(START, 3)

    assert next_times(from_eventbridge(f"cron({expression})", "UTC"), START, 3) == theirs
    assert from_quartz(f"0 {expression}", "UTC") == from_eventbridge(f"cron({expression})", "UTC")


@pytest.mark.parametrize(
    ("quartz", "unix"),
    [
        ("0 30 2 ? * * *", "30 2 * * *"),
        ("0 0 9 ? * MON-FRI *", "0 9 * * MON-FRI"),
        ("0 0 9 ? * 1,7 *", "0 9 * * SAT,SUN"),
        ("0 0 9 ? * fri-mon *", "0 9 * * MON,FRI-SUN"),
        ("0 0/15 * * * ?", "*/15 * * * *"),
        ("0 5/15 22-2 1 jan,Jul ?", "5,20,35,50 22,23,0-2 1 1,7 *"),
    ],
)
def test_quartz_in_five_fields(quartz: str, unix: str) -> None:
    assert from_quartz(quartz) == from_cron(unix)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("30 2 * * *", "has 5 fields"),
        ("15 30 2 ? * * *", "second: '15' was given"),
        ("0 30 2 ? * * 2027", "year: '2027' was given"),
        ("0 30 2 L * ? *", "day of the month: 'L' was given, which no crontab can say"),
        ("0 30 2 ? * 6#3 *", "weekday: '6#3' was given"),
        ("0 30 2 ? * FRIL *", "weekday: 'FRIL' was given, which no crontab can say"),
        ("0 30 25 ? * * *", "hour: '25' was given; allowed: 0 to 23"),
        ("0 0 0 30 2 ? *", "it is never due: FEB has no day 30"),
        ("0 0/0 2 ? * * *", "a step of 0"),
    ],
)
def test_quartz_that_is_refused(given: str, message: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        from_quartz(given)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("rate(5 minutes)", "*/5 * * * *"),
        ("rate(1 minute)", "* * * * *"),
        ("rate(1 hour)", "0 * * * *"),
        ("rate(1 day)", "0 0 * * *"),
        ("cron(0 12 * * ? *)", "0 12 * * *"),
    ],
)
def test_eventbridge_in_five_fields(given: str, meant: str) -> None:
    assert from_eventbridge(given, "UTC") == from_cron(meant, "UTC")


@pytest.mark.parametrize(
    "given",
    ["rate(7 days)", "rate(45 minutes)", "rate(0 minutes)", "rate(5)", "at(2026-11-25T00:00:00)", "cron(0 12 *)"],
)
def test_eventbridge_that_is_refused(given: str) -> None:
    with pytest.raises(ScheduleError, match="was given"):
        from_eventbridge(given)
