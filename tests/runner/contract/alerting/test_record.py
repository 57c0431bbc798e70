"""What is kept of a batch."""

from dataclasses import replace

import pytest

from batchwright_runner.contract.alerting.record import KEPT_EARLIER, KEPT_ENDS, AlertRecord, AlertRecordError, Repeats
from batchwright_runner.contract.last import Last, RecordedEnd
from batchwright_runner.contract.moments import utc
from tests.runner.contract.alerting.support import NOW


def end(number: int, code: int = 0, **changes: object) -> RecordedEnd:
    data = {"ended": utc(NOW + number), "verdict": f"Batchwright.Exit{code}", "code": code, "task": f"t/{number}"}
    return RecordedEnd(**{**data, "seconds": 100, **changes})  # type: ignore[arg-type]


def test_the_form_is_read_back() -> None:
    record = (
        AlertRecord().with_end(end(1)).with_end(end(2, 3, told=True)).with_repeats("Batchwright.Exit3", Repeats(at=NOW))
    ).with_attempt(end(3, 75, run="run-1"))

    assert AlertRecord.from_text(record.to_json(), 7) == replace(record, version=7)


def test_of_the_runs_that_are_tried_again_the_last_are_kept() -> None:
    record = AlertRecord()
    for number in (*range(KEPT_EARLIER + 5), 6):
        record = record.with_attempt(end(number, 75, run=f"run-{number}"))

    assert [kept.run for kept in record.earlier] == [f"run-{number}" for number in (5, *range(7, KEPT_EARLIER + 5), 6)]


def test_an_attempt_that_comes_after_the_end_of_its_run_is_not_kept() -> None:
    over = AlertRecord().with_end(end(2, 3, run="run-1"))

    assert over.with_attempt(end(1, 3, run="run-1", task="t/1")) == over
    assert over.with_attempt(end(2, 3, run="run-1")) == over
    assert over.with_attempt(end(3, 3, run="run-1")).earlier
    assert over.with_attempt(end(1, 3, run="run-2")).earlier


def test_what_is_pushed_out_is_still_counted() -> None:
    record = AlertRecord()
    for number in range(KEPT_ENDS + 30):
        record = record.with_end(end(number, 3 if number else 0))

    assert (len(record.ends), record.last.failures) == (KEPT_ENDS, KEPT_ENDS + 29)
    assert (record.last.failing_since, record.last.succeeded) == (utc(NOW + 1), utc(NOW))


def test_what_gave_way_and_is_pushed_out_counts_for_nothing() -> None:
    record = AlertRecord().with_end(end(0, 123, verdict="Batchwright.Overlap", counts=False))
    for number in range(1, KEPT_ENDS + 1):
        record = record.with_end(end(number))

    assert (record.ends[0].ended, record.before) == (utc(NOW + 1), Last())


def test_an_end_that_comes_twice_is_kept_once() -> None:
    assert AlertRecord().with_end(end(1, 3)).with_end(end(1, 3)).last.failures == 1


def test_the_largest_record_fits_an_item() -> None:
    record = AlertRecord()
    for number in range(KEPT_ENDS):
        task = f"arn:aws:ecs:ap-northeast-1:111111111111:task/{'c' * 255}/{number:032x}"
        record = record.with_end(end(number, 3, task=task, run="r" * 128, by="r" * 128, scheduled=utc(NOW)))

    assert len(record.to_json()) < 100_000  # of the 400 KB of an item of DynamoDB


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 2, "ends": []}', '{"schema": 1, "ends": [1]}'])
def test_what_cannot_be_used_is_said(text: str) -> None:
    with pytest.raises(AlertRecordError):
        AlertRecord.from_text(text, 1)
