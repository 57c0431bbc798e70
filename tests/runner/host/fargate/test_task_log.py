"""The log of a task where CloudWatch Logs leaves out what its model lets it leave out."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from batchwright_runner.host.fargate.log_view import WHOLE, LogView
from batchwright_runner.host.fargate.task_log import TaskLog
from batchwright_runner.host.fargate.tasks import TaskCalls
from tests.fake_aws.fixtures import sample_manifest

EVENTS = [{"timestamp": at, "ingestionTime": at, "message": f"line {at}"} for at in (1000, 2000, 30000)]


class Untold:
    """Gives the events from the asked time on, and never says where to go on."""

    def __init__(self, events: Sequence[Mapping[str, Any]]) -> None:
        self.events = list(events)

    def call(self, service: str, operation: str, **asked: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        assert (service, operation) == ("logs", "get_log_events")
        since = asked.get("startTime", 0)
        return {"events": [event for event in self.events if event.get("timestamp", since) >= since]}


def log_of(aws: Untold) -> TaskLog:
    return TaskLog(TaskCalls(aws, lambda: 0.0), sample_manifest(), "1", WHOLE)


def test_without_a_token_each_line_comes_once() -> None:
    aws = Untold(EVENTS)
    log, shown = log_of(aws), list[bytes]()
    for _ in range(3):
        page = log.read("main", "", over=False)
        shown += [line.text for line in page.lines]
        assert not page.token
        assert not page.more
    aws.events.append({"timestamp": 30001, "message": "late"})
    shown += [line.text for line in log.read("main", "", over=True).lines]

    assert shown == [b"line 1000", b"line 2000", b"line 30000", b"late"]


class Backwards:
    """Gives thirty lines from the end on, ten a page."""

    def call(self, service: str, operation: str, **asked: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        assert (service, operation, asked["startFromHead"]) == ("logs", "get_log_events", False)
        end = int(asked.get("nextToken", 30))
        events = [{"timestamp": at, "message": f"line {at}"} for at in range(max(0, end - 10), end)]
        return {"events": events, "nextForwardToken": "f", "nextBackwardToken": str(max(0, end - 10))}


@pytest.mark.parametrize(
    ("view", "numbers"),
    [
        (LogView(tail=3), [27, 28, 29]),
        (LogView(tail=12), range(18, 30)),
        (LogView(tail=1000), range(30)),
        (LogView(tail=2, grep=re.compile("5")), [15, 25]),
        (LogView(tail=9, grep=re.compile("line [12]?5$")), [5, 15, 25]),
    ],
)
def test_the_last_lines_that_are_wanted(view: LogView, numbers: Sequence[int]) -> None:
    log = TaskLog(TaskCalls(Backwards(), lambda: 0.0), sample_manifest(), "1", view)

    assert [line.text.decode() for line in log.read("main", "", over=True).lines] == [f"line {n}" for n in numbers]


def test_an_event_without_its_fields_is_a_line() -> None:
    page = log_of(Untold([{"ingestionTime": 5000, "message": "x"}, {"timestamp": 6000}])).read("main", "", over=False)

    assert [(line.text, line.at) for line in page.lines] == [(b"x", 5.0), (b"", 6.0)]


def test_an_event_of_several_lines_is_several_lines() -> None:
    event = {"timestamp": 5000, "message": "Traceback:\n  boom\n"}
    log = log_of(Untold([event, {"timestamp": 5000, "message": "one\n"}]))
    lines = log.read("main", "", over=False).lines

    assert [(line.text, line.at) for line in lines] == [(b"Traceback:", 5.0), (b"  boom", 5.0), (b"one", 5.0)]
    assert not log.read("main", "", over=False).lines
