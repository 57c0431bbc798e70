from batchwright_runner.terminal.text import did_you_mean


def test_a_mistyped_name_gets_the_near_ones() -> None:
    assert did_you_mean("dayly-report", ["hello", "daily-report"]) == "Did you mean daily-report?"


def test_a_far_name_gets_all_of_them() -> None:
    assert did_you_mean("zzz", ["b", "a"]) == "There are: a, b"


def test_many_names_are_counted() -> None:
    assert did_you_mean("zzz", [f"batch-{n:02}" for n in range(12)]).endswith("batch-09 and 2 more")


def test_no_names() -> None:
    assert did_you_mean("hello", []) == "There are no batches yet"
