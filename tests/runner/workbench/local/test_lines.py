from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.workbench.local.lines import LineSplitter


@given(st.lists(st.binary(max_size=30)))
def test_lines_come_out_as_they_were_written_however_they_are_cut(pieces: list[bytes]) -> None:
    splitter = LineSplitter()
    lines = [line for piece in pieces for line in splitter.feed(piece)] + splitter.finish()
    whole = b"".join(pieces)
    expected = whole.split(b"\n")

    assert lines == (expected if expected[-1] else expected[:-1])


@given(st.lists(st.binary(max_size=30)), st.integers(1, 8))
def test_a_line_over_the_limit_is_cut_and_nothing_is_lost(pieces: list[bytes], limit: int) -> None:
    splitter = LineSplitter(limit)
    lines = [line for piece in pieces for line in splitter.feed(piece)] + splitter.finish()

    assert all(len(line) <= limit for line in lines)
    assert b"".join(lines) == b"".join(pieces).replace(b"\n", b"")


def test_a_line_of_exactly_the_limit_is_one_line() -> None:
    splitter = LineSplitter(3)

    assert splitter.feed(b"abc\n\nd\n") == [b"abc", b"", b"d"]
