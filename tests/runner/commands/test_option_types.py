"""Moments as people write them."""

from datetime import UTC, datetime, timedelta

import click
import pytest

from batchwright_runner.commands.option_types import parse_future, parse_moment, to_come
from batchwright_runner.commands.options import SCHEDULED_TIME
from batchwright_runner.contract.moments import seconds, show_in
from batchwright_runner.errors import UsageError

NOW = 1_800_000_000.0


@pytest.mark.parametrize(("text", "ago"), [("2h", 7200), ("90s", 90), ("1d", 86400), (" 1h30m ", 5400)])
def test_how_long_ago(text: str, ago: float) -> None:
    assert parse_moment(text, NOW) == NOW - ago


def test_a_date_is_its_midnight_in_the_projects_zone() -> None:
    moment = parse_moment("2026-11-24", NOW)
    show_in(lambda: "Asia/Tokyo")  # a stage says it, after the command line was read

    assert seconds(moment) == datetime(2026, 11, 23, 15, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("text", ["2026-11-24T10:30", "2026-11-24 10:30", "2026-11-24T10:30:00"])
def test_a_time_without_an_offset_is_in_it_too(text: str) -> None:
    moment = parse_moment(text, NOW)
    show_in(lambda: "Asia/Tokyo")

    assert seconds(moment) == datetime(2026, 11, 24, 1, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("text", ["2026-11-24T10:30:00+09:00", "2026-11-24T01:30Z"])
def test_a_time_with_an_offset_is_there(text: str) -> None:
    assert parse_moment(text, NOW) == (datetime(2026, 11, 24, tzinfo=UTC) + timedelta(hours=1.5)).timestamp()


@pytest.mark.parametrize("text", ["", "yesterday", "10:30", "2026-13-01", "0s", "2026-11-24T25:00"])
def test_what_is_neither(text: str) -> None:
    with pytest.raises(ValueError, match=r"is neither how long ago .* nor a date or time"):
        parse_moment(text, NOW)


@pytest.mark.parametrize("text", ["99999999999h", "9999-12-31T23:59:59-12:00", "9999-12-31T23:59", "0001-01-01"])
def test_what_no_calendar_has_in_every_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is beyond the calendar: write a nearer time"):
        parse_future(text, NOW)


@pytest.mark.parametrize("due", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00"])
def test_a_due_time_beyond_the_calendar_is_refused(due: str) -> None:
    with pytest.raises(click.BadParameter, match="is beyond the calendar"):
        SCHEDULED_TIME.convert(due, None, None)


@pytest.mark.parametrize(("text", "later"), [("2h", 7200), ("90s", 90), ("1d", 86400)])
def test_in_how_long(text: str, later: float) -> None:
    assert parse_future(text, NOW) == NOW + later


def test_a_date_to_come() -> None:
    moment = parse_future("2029-11-24T10:30", NOW)

    assert to_come(moment, NOW) == datetime(2029, 11, 24, 10, 30, tzinfo=UTC).timestamp()


def test_a_date_that_is_over_is_none_to_come() -> None:
    show_in(lambda: "Asia/Tokyo")
    with pytest.raises(UsageError, match=r"--until cannot be used: 2026-11-24 00:00 JST is in the past") as caught:
        to_come(parse_future("2026-11-24", NOW), NOW)

    assert caught.value.hint == "Write a time to come"


def test_what_is_neither_in_how_long_nor_a_date() -> None:
    with pytest.raises(ValueError, match=r"is neither in how long .* nor a date or time"):
        parse_future("tomorrow", NOW)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2027-03-28T02:30", "2027-03-28T03:30+02:00"),  # no clock of Berlin shows it
        ("2027-03-28T03:30", "2027-03-28T03:30+02:00"),
        ("2026-10-25T02:30", "2026-10-25T02:30+02:00"),  # they show it twice
    ],
)
def test_a_time_at_which_clocks_change(text: str, meant: str) -> None:
    show_in(lambda: "Europe/Berlin")

    assert seconds(parse_moment(text, NOW)) == datetime.fromisoformat(meant).timestamp()
