"""The log of a batch: shown while it is read, in bounded memory, each line once."""

import os
import tracemalloc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.fargate.batch_logs import LATE, NEAR, BatchLogs, Positions
from batchwright_runner.host.fargate.log_view import LogView
from batchwright_runner.host.fargate.logs import LogReader
from batchwright_runner.host.runs.task import LogLine
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.log_output import standard_output
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.fakes import FakeWaiter, Notes

PAGES, LINES = 100, 1000
TEXT = "x" * 1000


@dataclass
class Long:
    """A log of a hundred pages of a megabyte, made as it is read."""

    shown: Path
    shown_before: list[int] = field(default_factory=list)

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        assert (service, operation) == ("logs", "filter_log_events")
        self.shown_before.append(self.shown.stat().st_size)
        number = int(parameters.get("nextToken", 0))
        events = [
            {"logStreamName": f"run/main/{number % 7:032x}", "timestamp": number * 1000 + n, "message": f"{n} {TEXT}"}
            for n in range(LINES)
        ]
        more = {"nextToken": str(number + 1)} if number + 1 < PAGES else {}
        return {"events": events, **more}


@pytest.fixture
def long(tmp_path: Path) -> Iterator[tuple[Long, BatchLogs]]:
    path = tmp_path / "out"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    aws = Long(path)
    stage = Stage(StageTarget(project="batches", stage="staging"), aws, FakeWaiter(), Notes(), "eu-west-1")
    reader = LogReader(stage, standard_output(Console(descriptor)))
    yield aws, BatchLogs(stage, reader, wall=lambda: 100.0)
    os.close(descriptor)


@pytest.mark.parametrize("view", [LogView(), LogView(tail=50)], ids=["all", "tail"])
def test_a_long_log_is_read_in_bounded_memory(view: LogView, long: tuple[Long, BatchLogs]) -> None:
    tracemalloc.start()
    long[1].show(sample_manifest(), view, follow=False)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(long[0].shown_before) >= PAGES
    assert most < 20 * 2**20


def test_it_is_shown_while_it_is_read(long: tuple[Long, BatchLogs]) -> None:
    aws, logs = long
    logs.show(sample_manifest(), LogView(), follow=False)

    assert aws.shown_before == sorted(set(aws.shown_before))
    assert aws.shown_before[1] > LINES * len(TEXT)


moments = st.integers(0, 90_000)
written = st.lists(st.tuples(st.sampled_from("abc"), moments), max_size=60)


@given(written, st.integers(1, 9), st.integers(0, 9_000))
def test_what_is_read_again_is_shown_once(rows: list[tuple[str, int]], size: int, late: int) -> None:
    """Each line can be read some time after it was written; each look reads what can be read by then."""
    lines = [(stream, LogLine(f"{number}".encode(), at / 1000)) for number, (stream, at) in enumerate(rows)]
    positions, since, shown = Positions(0.0), 0.0, list[bytes]()
    for now in range(0, 102_000, 2_000):  # the last line can be read at 99,000
        ready = [entry for entry in lines if entry[1].at * 1000 + late <= now and entry[1].at >= since]
        ready.sort(key=lambda entry: entry[1].at)
        for begin in range(0, len(ready), size):
            shown += [line.text for _, line in positions.new(ready[begin : begin + size])]
        since = positions.begin_again(NEAR)

    assert sorted(shown) == sorted(line.text for _, line in lines)


@pytest.mark.parametrize(
    ("asked", "back", "since"), [(0.0, NEAR, 1000.0 - NEAR), (0.0, LATE, 1000.0 - LATE), (995.0, LATE, 995.0)]
)
def test_only_the_end_is_read_again_and_nothing_from_before_what_was_asked_for(
    asked: float, back: float, since: float
) -> None:
    positions = Positions(asked)
    positions.new([("a", LogLine(b"x", 1000.0))])

    assert positions.begin_again(back) == since


def test_streams_that_have_long_ended_are_forgotten() -> None:
    positions = Positions(0.0)
    positions.new([("old", LogLine(b"x", 10.0)), ("new", LogLine(b"x", 1000.0))])
    positions.begin_again(NEAR)

    assert list(positions._streams) == ["new"]
