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


@pytest.mark.parametrize("text", ["", "no json", "null", "[]", "3", '"x"', "{", "{'a': 1}", DEEP])
def test_a_text_that_is_no_record_is_an_error_and_a_pause_all_the_same(text: str) -> None:
    with pytest.raises(WatchError, match=rf"it is not|{FAULT}"):
        Watch.from_text(text)
    with pytest.raises(LastError, match="the record of the last ends cannot be read"):
        Last.from_text(text)
    assert Pause.from_text(text).reason == text
