import pytest

from batchwright_runner.host.terminal.table import table
from batchwright_runner.host.terminal.text import columns, cut, did_you_mean, one_line, shorten, visible


def test_a_mistyped_name_gets_the_near_ones() -> None:
    assert did_you_mean("dayly-report", ["hello", "daily-report"]) == "Did you mean daily-report?"


def test_a_far_name_gets_all_of_them() -> None:
    assert did_you_mean("zzz", ["b", "a"]) == "There are: a, b"


def test_many_names_are_counted() -> None:
    assert did_you_mean("zzz", [f"batch-{n:02}" for n in range(12)]).endswith("batch-09 and 2 more")


def test_no_names() -> None:
    assert did_you_mean("hello", []) == "There are none yet"
    assert did_you_mean("hello", [], none="There are no batches yet") == "There are no batches yet"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain 日本 é \t tab\nnext", "plain 日本 é \t tab\nnext"),
        ("\x1b[31m\x00\x7f\r", "^[[31m^@^?^M"),
        ("\x85\x9b", "^E^["),
        ("\u202a\u202e\u2066\u2069\u200e\u200f\u061c", "<U+202A><U+202E><U+2066><U+2069><U+200E><U+200F><U+061C>"),
        ("\u200b\u2014", "\u200b\u2014"),
    ],
)
def test_text_that_does_nothing_to_a_terminal(text: str, seen: str) -> None:
    assert visible(text) == seen


def test_one_line() -> None:
    assert one_line(" a\r\n\tb \u2028 c\x0bd ") == "a b c d"


def test_shorten() -> None:
    assert (shorten("abc", 3), shorten("ab cd", 4)) == ("abc", "ab…")


@pytest.mark.parametrize(
    ("text", "width", "beginning"),
    [
        ("abc", 2, "ab"),
        ("日本語", 5, "日本"),
        ("日本語", 6, "日本語"),
        ("e\u0301e", 1, "e\u0301"),
        ("a", 0, ""),
        ("a", -1, ""),
    ],
)
def test_cut_to_columns(text: str, width: int, beginning: str) -> None:
    assert cut(text, width) == beginning
    assert columns(beginning) <= max(width, 0)


def test_columns_of_a_table_are_aligned_with_wide_characters() -> None:
    assert table(["NAME", "X"], [["日本", "1"], ["a", "2"]]) == "NAME  X\n日本  1\na     2"


def test_a_row_of_a_table_is_one_line_whatever_is_in_it() -> None:
    assert table(["A", "B"], [["x\ny", "\x1b[2J\nEVIL  row"]]) == "A    B\nx y  ^[[2J EVIL row"


LONG = (["NAME", "WHERE", "WHY"], [["a", "x" * 60, "y" * 40], ["bb", "x", "z"]])


def test_a_row_that_does_not_fit_goes_on_in_a_further_line_at_the_next_column() -> None:
    lines = table(*LONG, 80).splitlines()

    assert lines == ["NAME  WHERE", "    WHY", f"a     {'x' * 60}", f"    {'y' * 40}", "bb    x", "    z"]
    assert table(*LONG, 40) == table(*LONG, 80)  # which the terminal wraps
    assert len(table(*LONG, 120).splitlines()) == len(table(*LONG).splitlines()) == 3


def test_a_last_column_that_may_be_cut_is_where_enough_of_it_is_left() -> None:
    beside = table(*LONG, 102, cut_last=True).splitlines()
    below = table(*LONG, 98, cut_last=True).splitlines()

    assert beside[1] == f"a     {'x' * 60}  {'y' * 33}…"
    assert below[:4] == ["NAME  WHERE", "    WHY", f"a     {'x' * 60}", f"    {'y' * 40}"]
    assert max(map(len, table(["A"], [["x" * 300]], 80, cut_last=True).splitlines())) == 80


def test_rows_for_a_file_are_whole() -> None:
    assert table(*LONG, cut_last=True) == table(*LONG)
