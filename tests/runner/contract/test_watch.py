"""The record of what is watched of a batch."""

import pytest

from batchwright_runner.contract.batch_file import BatchFile, BatchFileError
from batchwright_runner.contract.watch import Watch
from tests.runner.contract.batch_files import as_read

WATCH = Watch(schedule="30 2 * * MON-FRI Asia/Tokyo", scheduler="aws", expected_seconds=1200, alerts={"lines": 0})


def test_what_was_written_is_read() -> None:
    assert Watch.from_text(WATCH.to_json()) == WATCH
    assert WATCH.to_json().isascii()


def test_what_is_empty_is_left_out() -> None:
    assert Watch(schedule="0 4 * * * UTC").to_json() == '{"schedule":"0 4 * * * UTC"}'
    assert Watch.from_text("{}") == Watch()


@pytest.mark.parametrize(
    ("watch", "says"),
    [
        (Watch(), False),
        (Watch(scheduler="aws"), False),
        (Watch(schedule="0 4 * * * UTC"), True),
        (Watch(expected_seconds=60), True),
        (Watch(alerts={"after_failures": 2}), True),
    ],
)
def test_it_says_something_where_there_is_something_to_watch(watch: Watch, says: bool) -> None:
    assert watch.says_something is says


def test_fields_that_are_not_known_or_cannot_be_read_are_as_if_they_were_not_there() -> None:
    text = '{"schedule": 3, "scheduler": null, "expected_seconds": true, "alerts": [1], "later": {}}'

    assert Watch.from_text(text) == Watch()
    assert Watch.from_text('{"expected_seconds": -5, "window_seconds": "60"}') == Watch()
    assert Watch.from_text('{"window_seconds": 60}') == Watch(window_seconds=60)


def test_the_batch_file_has_it_where_it_says_something() -> None:
    data = as_read()
    assert BatchFile.from_dict(data).watch == Watch()

    assert BatchFile.from_dict({**data, "watch": WATCH.to_dict()}).watch == WATCH
    with pytest.raises(BatchFileError, match="its watch cannot be used: it is not a JSON object"):
        BatchFile.from_dict({**data, "watch": [1]})
