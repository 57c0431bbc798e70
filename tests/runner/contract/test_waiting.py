"""The record of a run that waits for its turn."""

import json

import pytest

from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.values import LIMIT, REFERENCE
from batchwright_runner.contract.waiting import STARTED, WaitingRun, exact_utc

NIGHT = WaitingRun(run="night", since=exact_utc(1000.25), until=exact_utc(2000.0))


def test_it_is_read_as_it_was_written() -> None:
    assert WaitingRun.from_text(NIGHT.to_json()) == NIGHT
    assert NIGHT.since == "1970-01-01T00:16:40.250+00:00"


@pytest.mark.parametrize("reason", ["夜" * 5000, "\U0001f600" * 5000, "{{" * 5000])
def test_it_fits_whatever_the_reason_is(reason: str) -> None:
    text = WaitingRun(run="r" * 128, since=NIGHT.since, until=NIGHT.until, scheduled=NIGHT.since, stop=reason).to_json()

    assert len(text) <= LIMIT
    assert text.isascii()
    assert REFERENCE not in text
    assert reason.startswith(json.loads(text)["stop"])


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '{"run": "night"}', '{"run": "x", "since": "now", "until": "then"}']
)
def test_what_is_no_such_record_is_none(text: str) -> None:
    assert WaitingRun.from_text(text) is None


@pytest.mark.parametrize(("end", "now", "holds"), [("", 1999.0, True), ("", 2000.0, False), (STARTED, 1999.0, False)])
def test_it_holds_until_its_end(end: str, now: float, holds: bool) -> None:
    record = WaitingRun(run="night", since=NIGHT.since, until=NIGHT.until, end=end)

    assert record.holds(now) == holds


def test_each_run_of_each_batch_has_its_own_name() -> None:
    names = {
        StageNames("batches", "staging").waiting_run(batch, run) for batch in ("a", "b") for run in ("night", "day/1")
    }

    assert len(names) == 4
    assert {name.rpartition("/")[0] for name in names} == {"/batches/staging/waiting/a", "/batches/staging/waiting/b"}
