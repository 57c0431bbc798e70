"""Whatever pages, tokens and delays come, the output is what was written: once, and in the order it came in."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.contract.judgment.verdict import verdict
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.pace import PollingPace
from batchwright_runner.host.fargate.task import FargateTask
from batchwright_runner.host.fargate.task_log import page_of
from batchwright_runner.host.runs.follow import Follower, Limits
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.fakes import FakeWaiter, ListSink, Notes

ARN = "arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/0123456789abcdef0123456789abcdef"


EPOCH = 1_790_000_000
"""Where the waiter's time begins, in seconds since 1970."""


def milliseconds(at: float) -> int:
    return int((EPOCH + at) * 1000)


@dataclass
class FakeAws:
    """A task that writes lines, and a log that gives them out in pages of odd sizes, with trouble in between."""

    waiter: FakeWaiter
    written: list[tuple[float, float, str]]
    sizes: list[int]
    trouble: list[str]
    wrong_date: int
    answers: int = 0

    def __post_init__(self) -> None:
        self.rows = sorted(self.written, key=lambda row: row[0] + row[1])
        self.ends_at = max(at for at, _, _ in self.written) + 0.5

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        del service
        if operation == "describe_tasks":
            return self._dated({"tasks": [self._task()]})
        assert operation == "get_log_events"
        assert parameters["startFromHead"] is True
        return self._dated(self._page(parameters.get("nextToken", "")))

    def _dated(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer with its date, cut to the second; one of them has a wrong one."""
        self.answers += 1
        wrong = 3600 if self.answers == self.wrong_date else 0
        date = formatdate(int(EPOCH + self.waiter.time) + wrong, usegmt=True)
        return {**answer, "ResponseMetadata": {"HTTPHeaders": {"date": date}}}

    def _task(self) -> dict[str, Any]:
        over = self.waiter.time >= self.ends_at
        main = {"name": "main", "lastStatus": "STOPPED", "exitCode": 0} if over else {"name": "main"}
        task = {"lastStatus": "RUNNING", "startedAt": EPOCH + 1.0, "containers": [main]}
        ended = {"stopCode": "EssentialContainerExited", "executionStoppedAt": EPOCH + self.ends_at}
        return {**task, **ended} if over else task

    def _page(self, token: str) -> Mapping[str, Any]:
        trouble = self.trouble.pop() if self.trouble else "none"
        if trouble in ("throttled", "lost"):
            raise ApiError("ThrottlingException" if trouble == "throttled" else "ReadTimeoutError", "", lost=True)
        begin, mark = (int(part) for part in (token or "0/0").split("/"))
        if trouble == "empty":
            return {"events": [], "nextForwardToken": f"{begin}/{mark + 1}"}
        ready = [row for row in self.rows if row[0] + row[1] <= self.waiter.time]
        size = self.sizes.pop() if self.sizes else 1000
        part = ready[begin : begin + size]
        events = [
            {"message": text, "timestamp": milliseconds(at), "ingestionTime": milliseconds(at + delay)}
            for at, delay, text in part
        ]
        return {"events": events, "nextForwardToken": f"{begin + len(part)}/{mark}" if part or not token else token}


lines = st.tuples(st.floats(0, 20), st.floats(0, 3), st.text(max_size=5) | st.text("a\n", max_size=5))


@given(
    st.lists(lines, max_size=60),
    st.lists(st.integers(1, 7), max_size=60),
    st.lists(st.sampled_from(["none", "throttled", "lost", "empty"]), max_size=30),
    st.integers(0, 99),
    st.integers(0, 60),
)
def test_the_output_is_what_was_written(
    written: list[tuple[float, float, str]], sizes: list[int], trouble: list[str], seed: int, wrong_date: int
) -> None:
    # The first line's delay tells how late lines come; without it nothing could.
    written = [(0.0, 3.0, "first"), *written]
    waiter = FakeWaiter()
    aws = FakeAws(waiter, written, sizes, trouble, wrong_date)
    sink = ListSink()
    task = FargateTask(aws, sample_manifest(), ARN, clock=waiter.now)
    limits, pace = Limits(deadline=1000, timeout=1000, stop_timeout=30), PollingPace(0.0, chance=Random(seed).random)
    follower = Follower(task, limits, pace=pace, waiter=waiter, output=sink, watcher=Notes())

    assert verdict(follower.run()).code == 0
    # What ends with a newline ends one line, and no second one begins.
    events = [text.removesuffix("\n").split("\n") for _, _, text in aws.rows]
    assert sink.lines == [line.encode("utf-8", "replace") for event in events for line in event]


def test_the_same_token_back_means_that_all_was_read() -> None:
    assert page_of({"events": [], "nextForwardToken": "a"}, "a", None).more is False
    assert page_of({"events": [], "nextForwardToken": "b"}, "a", None).more is True


def answer(*ingested: float) -> Mapping[str, Any]:
    events = [{"message": "x", "timestamp": 0, "ingestionTime": int(at * 1000)} for at in ingested]
    return {"events": events, "nextForwardToken": "b"}


def test_a_page_whose_newest_event_is_old_has_more_behind_it() -> None:
    assert page_of(answer(90.0, 99.0), "a", 100.0).more is False
    assert page_of(answer(90.0), "a", 100.0).more is True
    assert page_of(answer(99.0), "a", None).more is True


def test_a_big_page_has_more_behind_it() -> None:
    assert page_of(answer(*[99.0] * 2000), "a", 100.0).more is True


def test_a_lone_surrogate_does_not_break_the_output() -> None:
    page = page_of({"events": [{"message": "a\ud800", "timestamp": 0}], "nextForwardToken": "b"}, "a", None)

    assert page.lines[0].text == b"a?"
