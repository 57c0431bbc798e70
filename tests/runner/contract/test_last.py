"""The record of a batch's last ends."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.contract.last import ENOUGH, KEPT, Last, RecordedEnd, after, slow, usual
from batchwright_runner.contract.values import LIMIT
from batchwright_runner.contract.verdicts import Row

MONDAY, TUESDAY, WEDNESDAY = (f"2026-11-{day}T17:42:10Z" for day in (23, 24, 25))
FAILED: dict[str, Any] = {"verdict": "Batchwright.Exit3", "code": 3}
GOOD: dict[str, Any] = {"verdict": "Batchwright.Exit0", "code": 0}


def test_a_batch_that_never_ran_has_an_empty_record() -> None:
    assert (Last().to_json(), Last.from_text("{}"), Last().row, Last().usual_seconds) == ("{}", Last(), None, None)


def test_when_it_began_is_told_by_its_end() -> None:
    assert Last().began is None
    assert Last(ended="1970-01-01T00:10:00Z").began == 600
    assert Last(ended="1970-01-01T00:10:00Z", seconds=90).began == 510


def test_the_form() -> None:
    last = Last(
        ended=TUESDAY,
        run="9f1c",
        task="arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/0a1b",
        verdict="Batchwright.Timeout",
        code=124,
        seconds=1802,
        succeeded=MONDAY,
        failures=1,
        failing_since=TUESDAY,
        durations=(600, 610, 590),
    )

    assert last.to_json() == (
        '{"ended":"2026-11-24T17:42:10Z","run":"9f1c","task":"arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/'
        '0a1b","verdict":"Batchwright.Timeout","code":124,"seconds":1802,"succeeded":"2026-11-23T17:42:10Z",'
        '"failures":1,"failing_since":"2026-11-24T17:42:10Z","durations":[600,610,590]}'
    )
    assert Last.from_text(last.to_json()) == last
    assert last.row is Row.TIMEOUT
    assert last.usual_seconds == 600


def test_the_largest_record_fits_ssm() -> None:
    moments = dict.fromkeys(("ended", "succeeded", "failing_since"), "2026-11-24T17:42:10Z")
    last = Last(
        **moments,
        run="r" * 128,
        task=f"arn:aws-us-gov:ecs:ap-northeast-1:111111111111:task/{'c' * 255}/{'0' * 32}",
        verdict="Batchwright.NeverStarted",
        code=255,
        seconds=10**7,
        failures=10**6,
        durations=(14 * 24 * 3600,) * KEPT,
    )

    assert last.to_json().isascii()
    assert len(last.to_json()) < LIMIT / 3


def test_a_field_of_a_later_version_is_passed_over_and_a_strange_one_is_as_none() -> None:
    strange = {"code": "3", "failures": True, "seconds": -1, "run": None, "durations": [5, "x", -2, True, 7.5, 6]}
    text = json.dumps({"ended": MONDAY, "later": {"a": 1}, **strange})

    assert Last.from_text(text) == Last(ended=MONDAY, durations=(5, 6))
    assert Last.from_text('{"durations":{"a":1}}') == Last()
    assert Last.from_text(json.dumps({"durations": list(range(1, KEPT + 6))})).durations == tuple(range(6, KEPT + 6))


@pytest.mark.parametrize(
    ("durations", "expected"),
    [((), None), ((5,) * (ENOUGH - 1), None), ((5, 100, 7), 7), ((4, 8, 6, 100), 7), ((600,) * 19 + (9000,), 600)],
)
def test_the_usual_duration_is_the_median_of_enough_good_runs(
    durations: tuple[int, ...], expected: float | None
) -> None:
    assert usual(durations) == expected


@pytest.mark.parametrize(
    ("durations", "seconds"),
    [((), None), ((1, 2), None), ((9, 1, 2), 9), (tuple(range(1, 20)), 19), (tuple(range(1, 21)), 19)],
)
def test_nineteen_of_twenty_good_runs_took_no_longer(durations: tuple[int, ...], seconds: int | None) -> None:
    assert slow(durations) == seconds


def test_failures_are_counted_until_one_succeeds() -> None:
    first = after(Last(), RecordedEnd(ended=MONDAY, run="a", **FAILED))
    second = after(first, RecordedEnd(ended=TUESDAY, run="b", seconds=30, **FAILED))
    good = after(second, RecordedEnd(ended=WEDNESDAY, run="c", seconds=600, **GOOD))

    assert (first.failures, first.failing_since, first.succeeded) == (1, MONDAY, "")
    assert (second.failures, second.failing_since, second.run, second.durations) == (2, MONDAY, "b", ())
    assert (good.failures, good.failing_since, good.succeeded, good.durations) == (0, "", WEDNESDAY, (600,))


def test_the_last_durations_are_kept() -> None:
    last = Last()
    for seconds in range(1, KEPT + 6):
        last = after(last, RecordedEnd(ended=MONDAY, seconds=seconds, **GOOD))

    assert last.durations == tuple(range(6, KEPT + 6))


def test_a_good_run_of_unknown_length_is_no_duration() -> None:
    assert after(Last(), RecordedEnd(ended=MONDAY, **GOOD)).durations == ()


def test_a_stop_by_the_callers_own_signal_is_an_end_and_no_failure() -> None:
    failed = after(Last(), RecordedEnd(ended=MONDAY, **FAILED))
    stopped = after(failed, RecordedEnd(ended=TUESDAY, verdict="Batchwright.Stopped", code=143, counts=False))

    assert (stopped.verdict, stopped.code, stopped.ended, stopped.failures) == ("Batchwright.Stopped", 143, TUESDAY, 1)


def test_an_end_that_comes_late_is_not_the_last() -> None:
    failed = after(Last(), RecordedEnd(ended=TUESDAY, run="b", **FAILED))
    late_success = after(failed, RecordedEnd(ended=MONDAY, run="a", seconds=5, **GOOD))
    late_failure = after(failed, RecordedEnd(ended=MONDAY, run="a", **FAILED))
    before_a_success = after(after(Last(), RecordedEnd(ended=TUESDAY, **GOOD)), RecordedEnd(ended=MONDAY, **FAILED))

    assert (late_success.run, late_success.failures, late_success.succeeded) == ("b", 1, MONDAY)
    assert late_success.durations == (5,)
    assert (late_failure.run, late_failure.failures, late_failure.failing_since) == ("b", 2, MONDAY)
    assert (before_a_success.failures, before_a_success.verdict) == (0, "Batchwright.Exit0")


ENDS = st.builds(
    RecordedEnd,
    ended=st.integers(1, 28).map(lambda day: f"2026-11-{day:02}T00:00:00Z"),
    verdict=st.sampled_from(["Batchwright.Exit0", "Batchwright.Exit3", "Batchwright.Timeout"]),
    code=st.just(1),
    seconds=st.integers(0, 100),
    counts=st.booleans(),
)


@given(st.lists(ENDS, max_size=40))
def test_whatever_ends_the_record_reads_as_it_was_written(ends: list[RecordedEnd]) -> None:
    last = Last()
    for end in ends:
        last = after(last, end)
        assert Last.from_text(last.to_json()) == last
    assert last.ended == max((end.ended for end in ends), default="")
    assert last.succeeded == max((end.ended for end in ends if end.good), default="")
