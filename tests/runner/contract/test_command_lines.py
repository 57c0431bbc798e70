import pytest

from batchwright_runner.contract.command_lines import value_line

OF_STAGE = "/batches/staging"


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (f"{OF_STAGE}/daily-report/TOKEN", "batchwright params set daily-report TOKEN -s staging"),
        (f"{OF_STAGE}/shared/TOKEN", "batchwright params set --shared TOKEN -s staging"),
        # What something else keeps, which the verb does not know.
        (f"{OF_STAGE}/daily-report/db/TOKEN", ""),
        (f"{OF_STAGE}/weekly-report/TOKEN", ""),
        ("/batches/production/daily-report/TOKEN", ""),
        ("TOKEN", ""),
    ],
)
def test_what_sets_a_value(path: str, line: str) -> None:
    assert value_line("set", path, "batches", "staging", ["daily-report"]) == line
