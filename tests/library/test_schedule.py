from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Duration, Token

from batchwright import Container, Retry, Schedule, Wait
from tests.library.support import app, batch, platform, refusal, stack


@pytest.mark.parametrize(
    ("schedule", "text"),
    [
        (Schedule.cron("30 2 * * 1-5"), "30 2 * * MON-FRI"),
        (Schedule.cron("30 2 * * *", zone="Asia/Tokyo"), "30 2 * * * Asia/Tokyo"),
        (Schedule.daily("2:30", "14:30"), "30 2,14 * * *"),
        (Schedule.daily("02:00", "02:30", "14:00", "14:30", zone="UTC"), "0,30 2,14 * * * UTC"),
        (Schedule.weekly("mon-wed, sat", "09:00"), "0 9 * * MON-WED,SAT"),
        (Schedule.monthly(1, "04:05", zone="Asia/Tokyo"), "5 4 1 * * Asia/Tokyo"),
        (Schedule.every(Duration.minutes(1)), "* * * * *"),
        (Schedule.every(Duration.seconds(1800)), "0,30 * * * *"),
        (Schedule.every(Duration.hours(1)), "0 * * * *"),
        (Schedule.every(Duration.minutes(360)), "0 */6 * * *"),
        (Schedule.every(Duration.days(1)), "0 0 * * *"),
    ],
)
def test_a_schedule_has_one_text(schedule: Schedule, text: str) -> None:
    assert str(schedule) == text


def test_a_window_is_no_part_of_when_it_is_due() -> None:
    schedule = Schedule.daily("02:30", window=Duration.minutes(15))

    assert (schedule.window, str(schedule)) == (15, "30 2 * * *")
    assert schedule != Schedule.daily("02:30")


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule.cron("0 * * * *", window=Duration.minutes(59)),
        Schedule.monthly(1, "02:30", window=Duration.minutes(1439)),
        Schedule.every(Duration.hours(1), window=Duration.seconds(3540)),
        Schedule.every(Duration.minutes(2), window=Duration.minutes(1)),
    ],
)
def test_a_window_is_shorter_than_the_time_to_the_next_start(schedule: Schedule) -> None:
    assert schedule.window > 0


@pytest.mark.parametrize(
    ("window", "message"),
    [
        (Duration.minutes(0), "window 0 minutes was given; allowed: a Duration of whole minutes, from 1 to 59"),
        (Duration.minutes(60), "window 60 minutes was given; allowed: a Duration of whole minutes, from 1 to 59"),
        (Duration.seconds(90), "window 90 seconds was given"),
        (Duration.millis(60_500), "window 60.5 seconds was given"),
        (15, "window 15 was given"),
    ],
)
def test_a_window_that_scheduler_would_not_take_is_refused(window: Duration, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Schedule.every(Duration.hours(1), window=window)


def test_what_is_due_every_minute_has_no_window() -> None:
    with pytest.raises(ValueError, match="allowed: none, as it is due every minute"):
        Schedule.every(Duration.minutes(1), window=Duration.minutes(1))


@pytest.mark.parametrize("minutes", [7, 40, 90, 2880])
def test_an_interval_that_not_every_scheduler_can_say_is_refused(minutes: int) -> None:
    with pytest.raises(ValueError, match=rf"{minutes} minutes was given; allowed: minutes that divide an hour"):
        Schedule.every(Duration.minutes(minutes))


@pytest.mark.parametrize(
    ("interval", "given"), [(Duration.seconds(90), "90 seconds"), (Duration.millis(500), "0.5 seconds"), (15, "15")]
)
def test_what_is_no_interval_of_whole_minutes_is_refused(interval: Duration, given: str) -> None:
    with pytest.raises(ValueError, match=f"^{given} was given"):
        Schedule.every(interval)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ((), "one or more, such as '02:30'"),
        (("24:00",), "one or more"),
        ((230,), "one or more"),
        (("02:30", "14:45"), "allowed: times with the same minute"),
    ],
)
def test_times_that_cannot_be_said_are_refused(times: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Schedule.daily(*times)


@pytest.mark.parametrize("day", [0, 29, "1", True])
def test_a_day_that_not_every_month_has_is_refused(day: int) -> None:
    with pytest.raises(ValueError, match="allowed: 1 to 28"):
        Schedule.monthly(day, "02:30")


@pytest.mark.parametrize(("days", "message"), [("MONDAY", "did you mean MON"), (1, "weekdays as a text")])
def test_weekdays_that_are_none_are_refused(days: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Schedule.weekly(days, "02:30")


LATER = Duration.minutes(Token.as_number({"Ref": "Minutes"}))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            lambda: Schedule.every(LATER),
            "^a Duration that only a deployment knows was given; allowed: a Duration of minutes",
        ),
        (
            lambda: Schedule.daily("02:30", window=LATER),
            "^window a Duration that only a deployment knows was given; allowed: a Duration of whole minutes",
        ),
    ],
)
def test_a_duration_that_only_a_deployment_knows_is_refused(given: Callable[[], Schedule], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        given()


@pytest.mark.parametrize(
    ("argument", "arguments"),
    [
        ("timeout", {"timeout": LATER}),
        ("expected", {"expected": LATER}),
        ("overlap.at_most", {"overlap": Wait(at_most=LATER)}),
        ("stop_timeout", {"container": Container(stop_timeout=LATER)}),
        ("retry.delay", {"retry": Retry(times=2, on=[1], delay=LATER)}),
    ],
)
def test_a_batchs_durations_are_known_at_synthesis(argument: str, arguments: dict[str, Any]) -> None:
    ours = stack(app())

    with refusal(f": {argument}: a Duration that only a deployment knows was given; allowed"):
        batch(ours, platform(ours), **arguments)
