import pytest

from batchwright_runner.contract.command_lines import again_line, value_line

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


@pytest.mark.parametrize(("run", "given"), [("rundeck/7", "rundeck/7"), ("alice@laptop/7", "nightly@alice@laptop/7")])
def test_a_run_s_id_is_not_taken_for_a_batch_and_a_run(run: str, given: str) -> None:
    assert again_line("nightly", "staging", run) == f"batchwright run nightly -s staging --again {given}"
