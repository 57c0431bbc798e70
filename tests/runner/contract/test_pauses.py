"""The record of a pause."""

from datetime import UTC, datetime

import pytest

from batchwright_runner.contract.moments import moment, shown, utc
from batchwright_runner.contract.pauses import REASON_LIMIT, Pause
from batchwright_runner.contract.values import fault

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC).timestamp()
PAUSE = Pause(
    reason="moving the database",
    by="arn:aws:sts::222222222222:assumed-role/sre/alice",
    since="2026-11-25T09:30:00Z",
    until="2026-11-25T11:30:00Z",
)


def test_it_reads_what_it_wrote() -> None:
    assert Pause.from_text(PAUSE.to_json()) == PAUSE


def test_it_is_written_in_ascii_and_without_what_is_not_known() -> None:
    assert Pause(reason="移行").to_json() == '{"reason":"\\u79fb\\u884c"}'


@pytest.mark.parametrize("reason", ["see {{ticket}}", "{{{", "{}{{}}"])
def test_it_has_nothing_that_ssm_takes_for_a_reference(reason: str) -> None:
    text = Pause(reason=reason).to_json()

    assert fault(text) is None
    assert Pause.from_text(text).reason == reason


def test_it_says_whether_ssm_keeps_it() -> None:
    assert Pause(reason="移" * REASON_LIMIT).fits
    assert not Pause(reason="🚚" * REASON_LIMIT).fits


@pytest.mark.parametrize("text", ["by hand, in the console", '"a string"', "[1]", "3"])
def test_a_text_of_any_other_form_is_a_pause_without_an_end(text: str) -> None:
    pause = Pause.from_text(text)

    assert (pause.reason, pause.until) == (text, "")
    assert pause.holds(NOW)


def test_an_object_without_a_reason_is_one_too() -> None:
    assert Pause.from_text("{}").holds(NOW)


def test_it_ends_by_itself() -> None:
    end = moment(PAUSE.until)
    assert end is not None
    assert PAUSE.holds(end - 1)
    assert not PAUSE.holds(end)


@pytest.mark.parametrize("until", ["tomorrow", "2020-01-01", "2020-01-01T09:00:00"])
def test_an_end_that_cannot_be_read_or_has_no_offset_is_none(until: str) -> None:
    pause = Pause(reason="a move", until=until)

    assert pause.holds(NOW)
    assert pause.words() == f"by someone, until it is ended by hand ('{until}' is no time with an offset): a move"


def test_a_moment_is_kept_in_utc() -> None:
    assert (utc(NOW), moment(utc(NOW))) == ("2026-11-25T09:30:00Z", NOW)


def test_who_since_when_until_when_and_why() -> None:
    assert PAUSE.words() == f"by alice since {shown(NOW)}, until {shown(NOW + 7200)}: moving the database"
    assert Pause(reason="a move").words() == "by someone: a move"
