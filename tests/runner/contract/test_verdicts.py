import re

import pytest
from click.testing import CliRunner

from batchwright_runner.cli import batchwright
from batchwright_runner.contract.verdicts import ROWS, Row, name, word
from batchwright_runner.errors import (
    InterruptedEarlyError,
    OverlapError,
    PausedError,
    RunnerError,
    StartError,
    UsageError,
)


def test_each_row_has_its_facts_in_the_order_of_the_rows() -> None:
    assert list(ROWS) == list(Row)


def test_no_code_stands_for_two_rows_but_those_for_what_was_not_run() -> None:
    codes = [code for facts in ROWS.values() for code in facts.codes]

    assert sorted(codes) == [2, 75, 122, 123, 123, 124, 125, 125, 126, 129, 130, 131, 143]
    assert [row for row, facts in ROWS.items() if 123 in facts.codes] == [Row.OVERLAP, Row.PAUSED]
    assert [row for row, facts in ROWS.items() if 125 in facts.codes] == [Row.STEP_NOT_RUN, Row.NO_RESULT]


@pytest.mark.parametrize(
    ("row", "code", "in_words", "named"),
    [
        (Row.OWN, 0, "succeeded", "Batchwright.Exit0"),
        (Row.OWN, 3, "exit 3", "Batchwright.Exit3"),
        (Row.TIMEOUT, 124, "timeout", "Batchwright.Timeout"),
        (Row.ENDED_BY_AWS, 75, "interrupted", "Batchwright.Interrupted"),
        (Row.STOPPED_BY_OTHERS, 122, "stopped", "Batchwright.Stopped"),
        (Row.SIGNAL, 143, "stopped", "Batchwright.Stopped"),
        (Row.NEVER_STARTED, 126, "never started", "Batchwright.NeverStarted"),
        (Row.OVERLAP, 123, "overlap", "Batchwright.Overlap"),
        (Row.PAUSED, 123, "paused", "Batchwright.Paused"),
        (Row.STEP_NOT_RUN, 125, "step not run", "Batchwright.StepNotRun"),
        (Row.NO_RESULT, 125, "no result", "Batchwright.NoResult"),
        (Row.USAGE, 2, "usage", "Batchwright.Usage"),
    ],
)
def test_what_an_end_is_called(row: Row, code: int, in_words: str, named: str) -> None:
    assert (word(row, code), name(row, code)) == (in_words, named)


@pytest.mark.parametrize(
    ("error", "code", "again"),
    [
        (UsageError(""), 2, "useless"),
        (OverlapError(""), 123, "safe"),
        (PausedError(""), 123, "safe"),
        (StartError(""), 126, "useless"),
        (RunnerError(""), 125, "useless"),
        (InterruptedEarlyError(15), 143, "safe"),
    ],
)
def test_an_error_has_a_code_of_its_row(error: RunnerError, code: int, again: str) -> None:
    assert (error.exit_code, error.again) == (code, again)
    assert code in ROWS[error.row].codes


def test_the_help_names_every_code() -> None:
    text = CliRunner().invoke(batchwright, ["--help"]).output
    named = {int(code) for code in re.findall(r"\b[0-9]+\b", text.partition("Exit codes:")[2].partition("\n\n")[0])}

    assert named == {code for facts in ROWS.values() for code in facts.codes}
