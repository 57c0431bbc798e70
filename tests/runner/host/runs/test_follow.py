import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import pytest

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.judgment.verdict import Ending, verdict
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.host.runs.follow import OUTLIVED_FOR, REFUSED_FOR, Follower, Limits, follow_all
from batchwright_runner.host.runs.reading import REFUSED_FOR as LOG_REFUSED_FOR
from batchwright_runner.host.runs.signals import LeaveNow
from batchwright_runner.host.runs.stopping import GRACE as STOP_GRACE
from batchwright_runner.host.runs.task import LogLine, LogPage, RefusedError, TemporaryError
from tests.kit.fakes import EverySecond, FakeTask, FakeWaiter, ListSink, Notes

LIMITS = Limits(deadline=100.0, timeout=100.0, stop_timeout=30)


class Story:
    """A follower with fakes around it."""

    def __init__(
        self, task: FakeTask, limits: Limits = LIMITS, pace: EverySecond | None = None, sink: ListSink | None = None
    ) -> None:
        self.task = task
        self.sink, self.notes, self.pace = sink or ListSink(), Notes(), pace or EverySecond()
        self.follower = Follower(task, limits, pace=self.pace, waiter=task.waiter, output=self.sink, watcher=self.notes)

    def followed(self) -> Self:
        self.follower.run()
        return self

    def verdict(self) -> Verdict:
        return verdict(self.follower.run())


def test_lines_come_in_order_and_the_code_is_the_containers() -> None:
    story = Story(FakeTask(FakeWaiter(), exit_code=3, lines=[(0.5, b"a"), (0.5, b"b"), (4, b"c")]))

    found = story.verdict()

    assert (story.sink.lines, found.row, found.code) == ([b"a", b"b", b"c"], Row.OWN, 3)


def test_lines_that_come_after_the_end_are_waited_for() -> None:
    story = Story(FakeTask(FakeWaiter(), ends_at=2, lines=[(1, b"a"), (4.5, b"late")]))

    assert (story.verdict().code, story.sink.lines) == (0, [b"a", b"late"])


class Brief(FakeTask):
    """Its log comes with its end, so that no turn follows the last line."""

    def read_log(self, container: str, token: str) -> LogPage:
        return replace(super().read_log(container, token), closed=True)


class FullDisk(ListSink):
    def put(self, lines: Sequence[LogLine], label: bytes = b"") -> None:
        super().put(lines, label)
        self.problem = "stdout cannot be written: No space left on device"


def test_a_last_line_that_cannot_be_written_is_reported_as_missing() -> None:
    pace = EverySecond()
    pace.ended_at = -3.0

    story = Story(Brief(FakeWaiter(), ends_at=0, lines=[(0, b"a")]), pace=pace, sink=FullDisk()).followed()

    assert story.follower.incomplete == "stdout cannot be written: No space left on device"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGQUIT, 131), (signal.SIGHUP, 129)]
)
def test_a_signal_stops_it_and_its_0_is_not_returned(number: int, code: int) -> None:
    waiter = FakeWaiter(at={2.5: number})
    story = Story(FakeTask(waiter, ends_at=50, code_on_stop=0, lines=[(3.2, b"cleaning up")]))

    found, ((at, reason),) = story.verdict(), story.task.stops

    assert (found.row, found.code, at, story.sink.lines) == (Row.SIGNAL, code, 2.5, [b"cleaning up"])
    assert "told to stop" in reason


def test_the_timeout_stops_it_and_its_0_is_not_returned() -> None:
    task = FakeTask(FakeWaiter(), ends_at=500, code_on_stop=0)

    found = Story(task, replace(LIMITS, deadline=7.25)).verdict()

    stops = [(7.25, "batchwright: the timeout of 1m40s has passed")]
    assert (found.row, found.code, task.stops) == (Row.TIMEOUT, 124, stops)


class Seldom(EverySecond):
    """Looks at the state every eight seconds only."""

    def __init__(self) -> None:
        super().__init__()
        self.next_look = 0.0

    def state_due(self, now: float) -> bool:
        if now < self.next_look:
            return False
        self.next_look = now + 8
        return True


@pytest.mark.parametrize("pace", [EverySecond, Seldom])
@pytest.mark.parametrize(
    ("signaled", "deadline", "ends_at"), [(4.5, 100, 2), (0, 4.5, 2), (2.7, 100, 2.5), (0, 7.25, 7.2)]
)
def test_before_a_stop_it_looks_whether_the_end_has_come(
    signaled: float, deadline: float, ends_at: float, pace: type[EverySecond]
) -> None:
    task = FakeTask(FakeWaiter(at={signaled: signal.SIGTERM} if signaled else {}), ends_at=ends_at, exit_code=7)
    assert (Story(task, replace(LIMITS, deadline=deadline), pace()).verdict().code, task.stops) == (7, [])


def test_leaving_on_a_signal_stops_nothing() -> None:
    task = FakeTask(FakeWaiter(at={2.5: signal.SIGTERM}), ends_at=50)
    story = Story(task, replace(LIMITS, on_signal="leave"))

    ending = story.follower.run()

    assert (task.stops, ending.left, task.waiter.time) == ([], signal.SIGTERM, 2.5)
    assert (verdict(ending).code, story.follower.incomplete) == (125, "the run was left before its end")


def test_a_stop_without_effect_is_not_waited_for_for_ever() -> None:
    task = FakeTask(FakeWaiter(at={1.0: signal.SIGTERM}), ends_at=10**6, on_stop=None)

    found = Story(task).verdict()

    assert found.code == 143
    assert "its end was not waited for" in found.why
    assert LIMITS.stop_timeout + STOP_GRACE < task.waiter.time < LIMITS.stop_timeout + STOP_GRACE + 5


def test_a_stop_that_fails_for_a_moment_is_repeated() -> None:
    errors: list[Exception] = [TemporaryError("500"), TemporaryError("throttled")]
    task = FakeTask(FakeWaiter(at={1.0: signal.SIGTERM}), ends_at=50, stop_errors=errors)

    assert (Story(task).verdict().code, [at for at, _ in task.stops]) == (143, [3.0])


def test_a_stop_that_never_got_through_is_no_stop() -> None:
    task = FakeTask(FakeWaiter(at={1.0: signal.SIGTERM}), exit_code=3, stop_errors=[TemporaryError("500")] * 1000)

    assert Story(task).verdict().code == 3


RETIRED = "ECS is performing maintenance on the underlying infrastructure hosting the task."


@pytest.mark.parametrize(
    ("reason", "code"),
    [("batchwright: the runner was told to stop by SIGTERM", 143), ("stopped by hand", 122), (RETIRED, 75), ("", 143)],
)
def test_a_stop_whose_answers_were_lost_is_known_by_its_reason(reason: str, code: int) -> None:
    waiter, lost = FakeWaiter(at={1.0: signal.SIGTERM}), [TemporaryError("lost")] * 1000

    assert Story(FakeTask(waiter, stop_code="UserInitiated", reason=reason, stop_errors=[*lost])).verdict().code == code


class UnseenEnd(FakeTask):
    """Its end cannot be seen at the moment in which the stop is asked for, which AWS then takes."""

    def describe(self) -> TaskState:
        if self.ends_at <= self.waiter.time < 4:
            raise TemporaryError("throttled")
        return super().describe()


@pytest.mark.parametrize(
    ("stop_code", "reason", "code"),
    [
        ("EssentialContainerExited", "", 3),
        ("SpotInterruption", "", 75),
        ("TaskFailedToStart", "", 126),
        ("UserInitiated", "", 143),
        ("UserInitiated", RETIRED, 75),
    ],
)
def test_a_stop_that_comes_after_the_end_is_not_what_ended_it(stop_code: str, reason: str, code: int) -> None:
    waiter = FakeWaiter(at={2.5: signal.SIGTERM})
    story = Story(UnseenEnd(waiter, ends_at=2.2, exit_code=3, stop_code=stop_code, reason=reason))

    assert (story.verdict().code, len(story.task.stops)) == (code, 1)


def test_an_aws_that_is_never_reached_again_is_given_up_in_the_end() -> None:
    lost = [TemporaryError("no route")] * 5000
    task = FakeTask(FakeWaiter(), describe_errors=[*lost], log_errors=[*lost], stop_errors=[*lost])

    assert Story(task, replace(LIMITS, deadline=1000.0)).verdict().code == 125
    assert task.waiter.time > 1000 + LIMITS.stop_timeout


def test_a_stop_that_is_refused_is_no_stop() -> None:
    task = FakeTask(FakeWaiter(at={1.0: signal.SIGTERM}), ends_at=50, stop_errors=[RefusedError("AccessDenied")])

    found = Story(task).verdict()

    assert found.code == 125
    assert "AccessDenied" in found.why


def test_errors_that_pass_are_ridden_out() -> None:
    lines, errors = [(1, b"a"), (2, b"b")], [TemporaryError("500")] * 6
    story = Story(FakeTask(FakeWaiter(), ends_at=2, lines=lines, describe_errors=[*errors], log_errors=[*errors]))

    assert (story.verdict().code, story.sink.lines, len(story.pace.failures)) == (0, [b"a", b"b"], 12)


def test_a_log_that_may_not_be_read_is_said_and_the_code_still_comes() -> None:
    story = Story(FakeTask(FakeWaiter(), ends_at=60, exit_code=4, log_errors=[RefusedError("no permission")] * 1000))

    assert (story.verdict().code, story.follower.incomplete) == (4, "the log of main cannot be read: no permission")
    assert story.notes.texts == [f"{story.follower.incomplete}\ntrying again", story.follower.incomplete]
    assert 60 + LOG_REFUSED_FOR < story.task.waiter.time < 60 + LOG_REFUSED_FOR + 10


@pytest.mark.parametrize("error", [RefusedError("not yet"), TemporaryError("not now")])
def test_a_log_that_may_not_be_read_for_a_time_comes_whole(error: Exception) -> None:
    story = Story(FakeTask(FakeWaiter(), ends_at=60, lines=[(1, b"a"), (59, b"b")], log_errors=[error] * 80))

    assert (story.verdict().code, story.sink.lines, story.follower.incomplete) == (0, [b"a", b"b"], "")
    refused = f"the log of main cannot be read: {error}\ntrying again"
    assert story.notes.texts == [refused, "the log of main can be read again"]


def test_a_refusal_of_a_moment_is_not_worth_a_line() -> None:
    story = Story(FakeTask(FakeWaiter(), ends_at=30, lines=[(1, b"a")], log_errors=[RefusedError("no")] * 5)).followed()

    assert (story.notes.texts, story.sink.lines) == ([], [b"a"])


class OneRefused(FakeTask):
    """Of two containers, the log of one may not be read for 25 seconds."""

    def read_log(self, container: str, token: str) -> LogPage:
        if container == "main" and self.waiter.time < 25:
            raise RefusedError("not yet")
        return super().read_log(container, token)


def test_the_log_of_one_container_is_not_complete_because_that_of_another_is() -> None:
    task = OneRefused(FakeWaiter(), ends_at=10, lines=[(1, b"a")], containers=["main", "agent"])

    assert Story(task).followed().sink.lines == [b"agent | a", b"main | a"]


def test_a_state_that_may_not_be_seen_ends_in_no_result_but_not_at_once() -> None:
    task = FakeTask(FakeWaiter(), describe_errors=[RefusedError("no permission")] * 1000)

    assert Story(task, replace(LIMITS, deadline=10**6)).verdict().code == 125
    assert task.waiter.time > REFUSED_FOR


class Impatient(FakeWaiter):
    """Raises for a second signal."""

    def wait(self, seconds: float, read: object = (), write: object = ()) -> None:
        del read, write
        super().wait(seconds)
        if len(self.signals) > 1:
            raise LeaveNow(self.signals[0])


def test_a_second_signal_while_the_log_is_drained_keeps_the_code_and_says_so() -> None:
    story = Story(FakeTask(Impatient(at={6.0: signal.SIGTERM, 6.5: signal.SIGTERM}), exit_code=3))

    assert (story.verdict().code, story.follower.incomplete) == (3, "left before the log was complete")


def test_a_second_signal_leaves_at_once() -> None:
    story = Story(FakeTask(Impatient(at={1.0: signal.SIGTERM, 2.0: signal.SIGTERM}), ends_at=50, on_stop=20))

    ending = story.follower.run()

    assert (story.task.waiter.time, ending.left, verdict(ending).code) == (2.0, signal.SIGTERM, 143)
    assert story.follower.incomplete == "the run was left before its end"


@dataclass
class Outlived(FakeTask):
    """A run whose second container ends later than its main one."""

    gone_at: float = 20.0
    containers: Sequence[str] = ("main", "agent")

    def describe(self) -> TaskState:
        state = super().describe()
        late = state.ended and self.waiter.time < self.gone_at
        return replace(state, others_began=True, outlived_by=("agent",) if late else ())

    def read_log(self, container: str, token: str) -> LogPage:
        return super().read_log(container, token) if container == "agent" else LogPage(())


def test_one_that_never_ends_is_left_and_that_is_said() -> None:
    story = Story(Outlived(FakeWaiter(), ends_at=5, exit_code=3, gone_at=10**6))

    assert (story.verdict().code, story.follower.incomplete) == (3, "agent had not ended yet")
    assert 5 + OUTLIVED_FOR < story.task.waiter.time < 5 + OUTLIVED_FOR + 5


@pytest.mark.parametrize("at", [2.0, 10.0])
def test_a_signal_ends_the_wait_for_it(at: float) -> None:
    story = Story(Outlived(FakeWaiter(at={at: signal.SIGTERM}), ends_at=5, exit_code=3, gone_at=10**6)).followed()

    assert story.follower.incomplete == "agent had not ended yet"
    assert story.task.waiter.time < 16


def test_a_look_that_is_refused_after_the_end_does_not_cost_the_code() -> None:
    story = Story(Outlived(FakeWaiter(), ends_at=0, exit_code=3, gone_at=10**6))
    story.follower.turn()
    story.task.describe_errors = [RefusedError("no permission")] * 1000

    assert story.verdict().code == 3


class Unreadable(Outlived):
    """One of whose logs none may be read."""

    def read_log(self, container: str, token: str) -> LogPage:
        raise RefusedError(f"no permission: {container} {token}")


def test_it_is_not_waited_for_where_no_log_can_be_read_any_more() -> None:
    task = Unreadable(FakeWaiter(), ends_at=5, exit_code=3, gone_at=10**6)
    assert Story(task).verdict().code == 3
    assert 5 + LOG_REFUSED_FOR < task.waiter.time < 5 + LOG_REFUSED_FOR + 5


class Hanging(FakeTask):
    """A run of four containers, each look at a log of which hangs."""

    def read_log(self, container: str, token: str) -> LogPage:
        self.waiter.time += 15
        return super().read_log(container, token)


def test_a_stop_is_asked_for_after_one_look_that_hangs_and_not_after_one_for_each_container() -> None:
    task = Hanging(FakeWaiter(at={20.0: signal.SIGTERM}), ends_at=10**6, containers=("main", "a", "b", "c"))
    Story(task, replace(LIMITS, deadline=10**6)).followed()

    assert 20 <= task.stops[0][0] <= 36


def test_all_logs_are_read_though_each_look_hangs() -> None:
    task = Hanging(FakeWaiter(), ends_at=1, lines=[(0, b"x")], containers=("main", "a", "b", "c"))
    assert Story(task).followed().sink.lines == [b"main | x", b"a | x", b"b | x", b"c | x"]


def test_as_long_as_no_container_is_known_the_pace_takes_the_log_for_one_that_cannot_be_read() -> None:
    story = Story(FakeTask(FakeWaiter(), containers=())).followed()

    assert {str(failure) for failure in story.pace.failures} == {"no container is known whose log could be read"}


class Told(EverySecond):
    """Keeps what the pace is told of the log."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[LogPage] = []

    def saw_log(self, now: float, page: LogPage) -> None:
        del now
        self.pages.append(page)


def test_to_the_pace_the_logs_of_all_containers_are_one() -> None:
    told = Told()
    Story(Outlived(FakeWaiter(), gone_at=0, lines=[(at, b"x") for at in range(6)]), pace=told).followed()

    assert [len(page.lines) for page in told.pages[:6]] == [1] * 6


def test_no_log_is_read_while_its_reader_is_behind() -> None:
    class Stuck(ListSink):
        full = True

    limits = replace(LIMITS, deadline=20.0)
    story = Story(FakeTask(FakeWaiter(), ends_at=500, lines=[(1, b"a")]), limits, sink=Stuck())

    assert (story.verdict().code, story.sink.lines) == (124, [])


def test_a_closed_log_is_not_read_again() -> None:
    class Closing(FakeTask):
        reads = 0

        def read_log(self, container: str, token: str) -> LogPage:
            self.reads += 1
            return replace(super().read_log(container, token), closed=True)

    task = Closing(FakeWaiter())

    assert (Story(task).verdict().code, task.reads) == (0, 1)


def side_by_side(*tasks: FakeTask) -> tuple[list[Story], list[Ending]]:
    """Runs of one waiter, followed in one loop."""
    stories = [Story(task) for task in tasks]
    return stories, follow_all([story.follower for story in stories], tasks[0].waiter)


def test_two_runs_are_followed_in_one_loop_and_both_logs_are_whole() -> None:
    waiter = FakeWaiter()
    stories, ends = side_by_side(
        FakeTask(waiter, ends_at=9, exit_code=3, lines=[(1, b"a"), (9.5, b"late a")]),
        FakeTask(waiter, ends_at=4, exit_code=0, lines=[(2, b"b"), (5.5, b"late b")]),
    )

    assert [story.sink.lines for story in stories] == [[b"a", b"late a"], [b"b", b"late b"]]
    assert [verdict(end).code for end in ends] == [3, 0]
    assert waiter.time < 14  # as long as the longer one: they did not take turns to run


def test_one_signal_stops_both() -> None:
    waiter = FakeWaiter(at={2.5: signal.SIGTERM})
    stories, ends = side_by_side(*(FakeTask(waiter, ends_at=50, lines=[(3.2, b"cleaning up")]) for _ in range(2)))

    assert [verdict(end).code for end in ends] == [143, 143]
    assert [(len(story.task.stops), story.sink.lines) for story in stories] == [(1, [b"cleaning up"])] * 2


def test_a_run_that_is_over_is_not_touched_by_what_happens_to_the_other() -> None:
    waiter = Impatient(at={20.0: signal.SIGTERM, 21.0: signal.SIGTERM})
    stories, ends = side_by_side(FakeTask(waiter, ends_at=2, exit_code=7), FakeTask(waiter, ends_at=500, on_stop=None))

    assert [(verdict(end).code, end.left) for end in ends] == [(7, 0), (143, signal.SIGTERM)]
    assert (stories[0].task.stops, stories[0].follower.incomplete) == ([], "")


def test_a_run_that_is_over_is_not_looked_at_again() -> None:
    waiter = FakeWaiter()
    stories, _ = side_by_side(FakeTask(waiter, ends_at=2), FakeTask(waiter, ends_at=100))

    looks = [len(story.notes.states) for story in stories]
    assert looks[0] < 10 < 90 < looks[1]


def test_the_wait_ends_for_news_of_any_run_and_for_the_soonest_of_the_moments() -> None:
    class Watching(FakeWaiter):
        watched: tuple[Sequence[int], Sequence[int]] = ((), ())

        def wait(self, seconds: float, read: Sequence[int] = (), write: Sequence[int] = ()) -> None:
            self.watched = self.watched if self.waits else (read, write)
            super().wait(seconds)

    class Piped(FakeTask):
        pipe = 0

        def watch(self, *, log: bool) -> Sequence[int]:
            del log
            return [self.pipe]

    class Writing(ListSink):
        def watch(self) -> Sequence[int]:
            return [1]  # both write to stdout

    waiter = Watching()
    tasks = [Piped(waiter), Piped(waiter)]
    tasks[0].pipe, tasks[1].pipe = 11, 12
    limits = [LIMITS, replace(LIMITS, deadline=0.25)]
    stories = [Story(task, limit, sink=Writing()) for task, limit in zip(tasks, limits, strict=True)]
    follow_all([story.follower for story in stories], waiter)

    assert (waiter.watched, waiter.waits[0]) == (([11, 12], [1]), 0.25)
