"""A log that is read again from shortly before its newest line."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.host.fargate.log_view import WINDOW, LogPosition
from batchwright_runner.host.runs.task import LogLine

Row = tuple[int, str]


def read(position: LogPosition, rows: list[Row]) -> list[str]:
    lines = [LogLine(text.encode(), at / 1000) for at, text in rows]
    return [line.text.decode() for line in position.new(lines, [at for at, _ in rows])]


@given(
    gaps=st.lists(st.integers(0, 4000), min_size=1, max_size=60), again_at=st.integers(0, 60), size=st.integers(1, 20)
)
def test_each_line_comes_once_wherever_the_reading_begins_again(gaps: list[int], again_at: int, size: int) -> None:
    at, rows = 1_000_000, []
    for number, gap in enumerate(gaps):
        at += gap
        rows.append((at, f"line {number}"))
    position = LogPosition()

    found = read(position, rows[:again_at])
    position.begin_again()
    rest = [row for row in rows if row[0] >= position.start]
    for begin in range(0, len(rest), size):
        found += read(position, rest[begin : begin + size])

    assert found == [text for _, text in rows]


def test_lines_of_one_millisecond_are_counted() -> None:
    rows = [(5, "a"), (5, "b"), (5, "c")]
    position = LogPosition()
    assert read(position, rows[:2]) == ["a", "b"]

    position.begin_again()

    assert (read(position, rows), read(position, [(5, "d")])) == (["c"], ["d"])


def test_what_is_kept_of_a_long_log_is_small() -> None:
    chance, position, at = Random(1), LogPosition(), 0
    for _ in range(100):
        rows = []
        for _ in range(1000):
            at += chance.randint(0, 20)
            rows.append((at, "x"))
        read(position, rows)

    assert len(position._taken) <= 2 * WINDOW + 1000
    position.begin_again()
    assert position.start == at - WINDOW
