"""JSON as people and tools have written it."""

import pytest

from batchwright_runner.contract.json_text import parsed
from batchwright_runner.contract.last import Last, LastError
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.watch import Watch, WatchError

DEEP = "[" * 4000
FAULT = r"Expecting|nested too deep"
"""The latter where Python reads no text that is nested so deep: 3.11, and not 3.13."""


def test_the_mark_that_an_editor_writes_is_no_fault() -> None:
    assert parsed('\ufeff{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("text", ["", "{", DEEP, '{"a":' * 4000])
def test_what_cannot_be_read_is_a_fault_of_the_text(text: str) -> None:
    with pytest.raises(ValueError, match=FAULT):
        parsed(text)


def test_a_record_that_is_nested_too_deeply_cannot_be_read() -> None:
    with pytest.raises(WatchError, match=FAULT):
        Watch.from_text(DEEP)
    with pytest.raises(LastError, match=FAULT):
        Last.from_text(DEEP)
    assert Pause.from_text(DEEP).reason == DEEP
