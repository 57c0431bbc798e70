"""What each scheduler is told, read again by programs that others wrote."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice

import pytest
from aws_croniter import AwsCroniter
from cronsim import CronSim
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.dialects import crontab, eventbridge, github, quartz, systemd
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.times import next_times
from tests.kit.not_tried import unavailable
from tests.runner.contract.schedules.strategies import schedules

START = datetime(2026, 11, 25, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "unix", "six_fields", "calendar"),
    [
        ("30 2 * * *", "30 2 * * *", "30 2 ? * * *", "*-*-* 02:30:00"),
        ("30 2 * * MON-FRI", "30 2 * * 1-5", "30 2 ? * MON-FRI *", "Mon..Fri *-*-* 02:30:00"),
        ("0 0 * * FRI-SUN", "0 0 * * 0,5,6", "0 0 ? * SUN,FRI,SAT *", "Fri..Sun *-*-* 00:00:00"),
        ("*/15 9-17 * * *", "*/15 9-17 * * *", "0/15 9-17 ? * * *", "*-*-* 09..17:00..59/15:00"),
        ("0 4 */2 JAN,JUN-SEP *", "0 4 */2 1,6-9 *", "0 4 1/2 1,6-9 ? *", "*-01,06..09-01..31/2 04:00:00"),
    ],
)
def test_a_schedule_in_each_dialect(given: str, unix: str, six_fields: str, calendar: str) -> None:
    schedule = CronSchedule.from_cron(given)

    assert crontab(schedule) == github(schedule) == unix
    assert eventbridge(schedule) == f"cron({six_fields})"
    assert str(quartz(schedule)) == f"0 {six_fields}"
    assert systemd(schedule) == calendar


def test_the_zone_stands_in_systemds_dialect() -> None:
    assert systemd(CronSchedule.from_cron("30 2 * * *", "Asia/Tokyo")) == "*-*-* 02:30:00 Asia/Tokyo"


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


@settings(deadline=None, max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(schedules(), min_size=20, max_size=20))
def test_systemd_reads_its_dialect_as_the_same_times(systemd_analyze: str, several: list[CronSchedule]) -> None:
    for schedule, times in zip(several, _elapse(systemd_analyze, several), strict=True):
        assert times == next_times(schedule, START, 3), str(schedule)


def test_systemd_reads_steps_over_a_midnight_that_does_not_exist(systemd_analyze: str) -> None:
    schedule, start = CronSchedule.from_cron("0 */6 * * *", "Africa/Cairo"), datetime(2026, 4, 23, 12, tzinfo=UTC)

    assert _elapse(systemd_analyze, [schedule], start) == [next_times(schedule, start, 3)]


def test_github_is_not_told_what_it_does_not_keep() -> None:
    with pytest.raises(ScheduleError, match=r"every 5 minutes at most; '.*' is due after 2"):
        github(CronSchedule.from_cron("*/2 * * * *"))

    assert github(CronSchedule.from_cron("*/5 * * * *")) == "*/5 * * * *"


def test_github_sees_the_gap_over_the_full_hour() -> None:
    with pytest.raises(ScheduleError, match="is due after 2"):
        github(CronSchedule.from_cron("0,58 * * * *"))

    assert github(CronSchedule.from_cron("0,58 3 * * *")) == "0,58 3 * * *"


@given(schedules())
def test_crontabs_dialect_is_read_as_the_same_times(schedule: CronSchedule) -> None:
    assert list(islice(CronSim(crontab(schedule), START), 5)) == next_times(schedule, START, 5)


@pytest.fixture(scope="session")
def systemd_analyze() -> str:
    """The command that reads OnCalendar."""
    command = shutil.which("systemd-analyze")
    if command is None:
        unavailable("systemd-analyze", "the command is missing", "apt-get install systemd")
    return command


def _elapse(command: str, schedules: Sequence[CronSchedule], start: datetime = START) -> list[list[datetime]]:
    """The next three times of each, as systemd says."""
    run = subprocess.run(
        [command, "calendar", "--iterations=3", f"--base-time={start:%Y-%m-%d %H:%M:%S} UTC", *map(systemd, schedules)],
        env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    times: list[list[datetime]] = []
    for line in run.stdout.splitlines():
        if "Normalized form:" in line:
            times.append([])
        moment = re.search(r"(?:Next elapse|Iteration #\d): \w{3} (.+) UTC$", line)
        if moment:
            times[-1].append(datetime.strptime(moment[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC))
    return times
