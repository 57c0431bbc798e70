"""Moments as people read them."""

from datetime import UTC, datetime

import pytest

from batchwright_runner.contract import moments
from batchwright_runner.contract.moments import CLOCK, DAY, SECONDS, SHORT, cell, head, iso, listed, seconds, shown

AT = datetime(2026, 11, 24, 17, 31, 7, tzinfo=UTC)
SUMMER = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_until_something_says_a_zone_it_is_utc_and_named() -> None:
    assert shown(AT) == "2026-11-24 17:31 UTC"


@pytest.mark.parametrize("at", [AT, AT.timestamp(), "2026-11-24T17:31:07Z", "2026-11-25T02:31:07+09:00"])
def test_whatever_a_moment_was_read_from_it_is_shown_in_the_zone_with_its_name(at: moments.Moment) -> None:
    moments.show_in(lambda: "Asia/Tokyo")

    assert (shown(at), cell(at)) == ("2026-11-25 02:31 JST", "2026-11-25 02:31")
    assert (iso(at), seconds(at)) == ("2026-11-25T02:31:07+09:00", AT.timestamp())


@pytest.mark.parametrize(
    ("form", "text"),
    [(SECONDS, "2026-11-25 02:31:07"), (CLOCK, "02:31:07"), (SHORT, "11-25 02:31"), (DAY, "Wed 2026-11-25 02:31")],
)
def test_more_or_less_of_it_is_shown(form: str, text: str) -> None:
    moments.show_in(lambda: "Asia/Tokyo")

    assert (shown(AT, form), cell(AT, form)) == (f"{text} JST", text)


def test_where_clocks_change_a_moment_has_the_name_of_its_time_of_the_year() -> None:
    moments.show_in(lambda: "Europe/Berlin")

    assert (shown(AT), shown(SUMMER)) == ("2026-11-24 18:31 CET", "2026-07-01 14:00 CEST")
    assert (head("STARTED", [AT]), head("STARTED", [AT, SUMMER])) == ("STARTED (CET)", "STARTED (Europe/Berlin)")
    assert listed([SUMMER, AT]) == "2026-07-01 14:00, 2026-11-24 18:31 Europe/Berlin"


def test_a_zone_without_an_abbreviation_is_named_by_its_place() -> None:
    moments.show_in(lambda: "America/Sao_Paulo")

    assert shown(AT) == "2026-11-24 14:31 America/Sao_Paulo"
    assert head("NEXT", [AT]) == "NEXT (America/Sao_Paulo)"


def test_no_moments_have_no_zone() -> None:
    assert (listed([]), head("DUE", [])) == ("", "DUE")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "", "\0"])
def test_a_zone_that_this_machine_does_not_know_is_utc(zone: str) -> None:
    moments.show_in(lambda: zone)

    assert shown(AT) == "2026-11-24 17:31 UTC"


def test_text_that_is_no_moment_stays_as_it_is() -> None:
    assert shown("some day") == "some day"


def test_the_zone_is_asked_for_once_and_only_when_a_moment_is_shown() -> None:
    asked: list[str] = []

    def ask() -> str:
        asked.append("")
        return "Asia/Tokyo"

    moments.show_in(ask)
    assert not asked

    shown(AT)
    shown(AT)
    assert len(asked) == 1
