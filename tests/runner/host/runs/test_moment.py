"""Moments as people write them."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from batchwright_runner.host.runs.moment import parse_future, parse_moment

NOW = 1_800_000_000.0


@pytest.mark.parametrize(("text", "ago"), [("2h", 7200), ("90s", 90), ("1d", 86400), (" 1h30m ", 5400)])
def test_how_long_ago(text: str, ago: float) -> None:
    assert parse_moment(text, NOW) == NOW - ago


def test_a_date_is_its_midnight_here() -> None:
    assert parse_moment("2026-11-24", NOW) == datetime(2026, 11, 24).astimezone().timestamp()


@pytest.mark.parametrize("text", ["2026-11-24T10:30", "2026-11-24 10:30", "2026-11-24T10:30:00"])
def test_a_time_without_an_offset_is_here(text: str) -> None:
    assert parse_moment(text, NOW) == datetime(2026, 11, 24, 10, 30).astimezone().timestamp()


@pytest.mark.parametrize("text", ["2026-11-24T10:30:00+09:00", "2026-11-24T01:30Z"])
def test_a_time_with_an_offset_is_there(text: str) -> None:
    assert parse_moment(text, NOW) == (datetime(2026, 11, 24, tzinfo=UTC) + timedelta(hours=1.5)).timestamp()


@pytest.mark.parametrize("text", ["", "yesterday", "10:30", "2026-13-01", "0s", "2026-11-24T25:00"])
def test_what_is_neither(text: str) -> None:
    with pytest.raises(ValueError, match=r"is neither how long ago .* nor a date or time"):
        parse_moment(text, NOW)


@pytest.mark.parametrize(("text", "later"), [("2h", 7200), ("90s", 90), ("1d", 86400)])
def test_in_how_long(text: str, later: float) -> None:
    assert parse_future(text, NOW) == NOW + later


def test_a_date_to_come() -> None:
    assert parse_future("2029-11-24T10:30", NOW) == datetime(2029, 11, 24, 10, 30).astimezone().timestamp()


def test_a_date_that_is_over_is_none_to_come() -> None:
    with pytest.raises(ValueError, match=r"'2026-11-24' is in the past: write a time to come"):
        parse_future("2026-11-24", NOW)


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
def test_a_time_at_which_clocks_change(monkeypatch: pytest.MonkeyPatch, text: str, meant: str) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert parse_moment(text, NOW) == datetime.fromisoformat(meant).timestamp()
    finally:
        monkeypatch.undo()
        time.tzset()
