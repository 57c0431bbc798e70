"""What each scheduler is told, read again by programs that others wrote."""

import re
from datetime import UTC, datetime
from itertools import islice

import pytest
from aws_croniter import AwsCroniter
from cronsim import CronSim
from hypothesis import given

from batchwright_runner.contract.schedules.dialects import crontab, eventbridge, quartz
from batchwright_runner.contract.schedules.schedule import CronSchedule, from_cron
from batchwright_runner.contract.schedules.times import next_times
from tests.runner.contract.schedules.strategies import schedules

START = datetime(2026, 11, 25, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "unix", "six_fields"),
    [
        ("30 2 * * *", "30 2 * * *", "30 2 ? * * *"),
        ("30 2 * * MON-FRI", "30 2 * * 1-5", "30 2 ? * MON-FRI *"),
        ("0 0 * * FRI-SUN", "0 0 * * 0,5,6", "0 0 ? * SUN,FRI,SAT *"),
        ("*/15 9-17 * * *", "*/15 9-17 * * *", "0/15 9-17 ? * * *"),
        ("0 4 */2 JAN,JUN-SEP *", "0 4 */2 1,6-9 *", "0 4 1/2 1,6-9 ? *"),
    ],
)
def test_a_schedule_in_each_dialect(given: str, unix: str, six_fields: str) -> None:
    schedule = from_cron(given)

    assert (crontab(schedule), eventbridge(schedule)) == (unix, f"cron({six_fields})")
    assert str(quartz(schedule)) == f"0 {six_fields}"


@given(schedules())
def test_eventbridges_dialect_is_read_as_the_same_times(schedule: CronSchedule) -> None:
    expression = eventbridge(schedule)
    assert len(expression) <= 256  # Scheduler's limit (API reference, CreateSchedule, 2026-11)

    times = AwsCroniter(expression.removeprefix("cron(").removesuffix(")")).get_next(START, 5)
    assert times == next_times(schedule, START, 5)


@given(schedules())
def test_every_dialect_leaves_no_number_of_a_weekday_but_crontabs(schedule: CronSchedule) -> None:
    assert not re.search(r"[0-9]", quartz(schedule).weekday)
    assert re.fullmatch(r"[0-6,-]+|\*", crontab(schedule).split()[-1])


@given(schedules())
def test_crontabs_dialect_is_read_as_the_same_times(schedule: CronSchedule) -> None:
    assert list(islice(CronSim(crontab(schedule), START), 5)) == next_times(schedule, START, 5)
