from dataclasses import replace
from itertools import pairwise
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.host.fargate import pace as pace_module
from batchwright_runner.host.fargate.pace import PollingPace
from batchwright_runner.host.runs.task import LogLine, LogPage, TemporaryError

PENDING = TaskState(status="PENDING")
RUNNING = TaskState(status="RUNNING", began=True)
EMPTY = LogPage((), token="t")
THROTTLED = TemporaryError("ThrottlingException", throttled=True)


def line(delay: float = 0.0, *, more: bool = False) -> LogPage:
    return LogPage((LogLine(b"x", 0.0),), token="t", delay=delay, more=more)


class Simulation:
    """A pace, asked again and again, over pretended time."""

    def __init__(self, chance: float = 0.5, *, stopped: bool = False) -> None:
        self.now = 0.0
        self.pace = PollingPace(0.0, chance=lambda: chance, stopped=lambda: stopped)
        self.log_calls: list[float] = []
        self.state_calls: list[float] = []

    def until(self, end: float, state: TaskState = RUNNING, page: LogPage = EMPTY) -> Self:
        while self.now < end:
            if self.pace.state_due(self.now):
                self.state_calls.append(self.now)
                self.pace.saw_state(self.now, state)
            if self.pace.log_due(self.now):
                self.log_calls.append(self.now)
                self.pace.saw_log(self.now, page)
            if state.ended and self.pace.drained(self.now):
                break
            self.now += max(0.001, self.pace.pause(self.now))
        return self


def gaps(calls: list[float]) -> list[float]:
    return [round(after - before, 2) for before, after in pairwise(calls)]


def test_a_quiet_run_of_ten_minutes_costs_at_most_150_calls() -> None:
    simulation = Simulation().until(30, PENDING).until(630).until(700, ended())
    others = 6  # the account, the manifest, RunTask, the deadline made and deleted, one to spare

    assert len(simulation.log_calls) + len(simulation.state_calls) + others <= 150


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_after_a_quiet_minute_a_line_is_looked_for_within_five_seconds(chance: float) -> None:
    assert max(gaps(Simulation(chance).until(85).log_calls)) < 4.8


def test_a_start_is_looked_at_less_often_the_longer_it_takes() -> None:
    simulation = Simulation().until(60, PENDING)
    first, *_, last = found = gaps(simulation.state_calls)

    assert (found, first, last, simulation.log_calls) == (sorted(found), 1.2, 3.0, [])


def test_a_run_in_silence_is_looked_at_less_often_the_longer_it_lasts() -> None:
    simulation = Simulation().until(600)
    states, logs = gaps(simulation.state_calls), gaps(simulation.log_calls)

    assert (states[0], states[-1], logs[0], logs[-1]) == (1.2, 12.0, 0.82, 25.0)


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("seconds", [5.0, 20.0, 40.0, 55.5, 69.0])
def test_a_run_of_up_to_a_minute_that_writes_nothing_ends_within_six_seconds(chance: float, seconds: float) -> None:
    simulation = Simulation(chance)
    while not simulation.pace.drained(simulation.now):
        over = simulation.now >= seconds
        simulation.until(simulation.now + 0.001, state=ended(ago=simulation.now - seconds) if over else RUNNING)

    assert seconds <= simulation.now <= seconds + 6.0


def test_while_lines_come_the_log_is_read_every_second_and_the_state_seldom() -> None:
    simulation = Simulation().until(60, page=line())

    assert 60 <= len(simulation.log_calls) <= 75
    assert len(simulation.state_calls) <= 25


def test_lines_that_stop_make_it_look_at_once() -> None:
    simulation = Simulation().until(20, page=line())
    simulation.pace.saw_log(simulation.now, EMPTY)

    assert simulation.pace.state_due(simulation.now)
    assert len(simulation.state_calls) < 20


def test_the_log_is_read_while_the_state_cannot_be_seen() -> None:
    pace = PollingPace(0.0)
    pace.state_failed(0.0, THROTTLED)

    assert pace.log_due(0.0)


def ended(ago: float | None = None) -> TaskState:
    return TaskState(status="STOPPED", began=True, ended=True, exit_code=0, ended_ago=ago)


def drained_after(pace: PollingPace, page: LogPage = EMPTY, ago: float | None = None) -> float:
    pace.saw_state(100.0, ended(ago))
    now = 100.0
    while not pace.drained(now):
        if pace.log_due(now):
            pace.saw_log(now, page)
        now += 0.01
    return now - 100.0


def begun(*pages: LogPage, chance: float = 0.5) -> PollingPace:
    pace = PollingPace(0.0, chance=lambda: chance)
    pace.saw_state(0.0, RUNNING)
    for page in pages:
        pace.saw_log(90.0, page)
    return pace


def over(*reads: float, page: LogPage = EMPTY) -> PollingPace:
    """The pace of a run that wrote a line and ended at 100; its log was read then."""
    pace = begun(line())
    pace.saw_state(100.0, ended())
    for at in reads:
        pace.saw_log(at, page)
    return pace


@pytest.mark.parametrize(
    ("delay", "ago", "seconds"), [(0.0, None, 3.0), (0.0, 1.5, 1.5), (4.0, None, 8.0), (60.0, None, 15.0)]
)
def test_late_lines_are_waited_for_twice_the_largest_delay_within_bounds_counted_from_the_end(
    delay: float, ago: float | None, seconds: float
) -> None:
    assert drained_after(begun(line(delay)), ago=ago) == pytest.approx(seconds, abs=0.1)


def test_what_outlives_the_main_container_is_waited_for_and_then_its_late_lines() -> None:
    simulation = Simulation().until(10).until(40, replace(ended(), outlived_by=("agent",)))
    assert max(gaps(simulation.state_calls)) < 3.2
    assert not simulation.pace.drained(simulation.now)

    end = simulation.now
    simulation.until(80, state=ended(ago=0.0))
    assert 5.4 < simulation.now - end < 6.0


def test_where_only_another_container_has_begun_its_log_is_read() -> None:
    simulation = Simulation().until(10, replace(PENDING, others_began=True))
    assert len(simulation.log_calls) > 4

    simulation.until(30, state=TaskState(status="STOPPED", others_began=True, ended=True))
    assert simulation.log_calls[-1] > 15


def test_a_log_that_nobody_reads_for_long_is_not_given_up() -> None:
    pace = over()
    assert not pace.gave_up(100.0 + 10 * pace_module.GIVE_UP)

    pace.log_failed(2000.0, THROTTLED)
    assert not pace.gave_up(2000.0 + pace_module.GIVE_UP - 1)
    assert pace.gave_up(2000.0 + pace_module.GIVE_UP)

    pace.saw_log(2200.0, EMPTY)
    assert not pace.gave_up(2200.0)


def test_two_empty_reads_are_needed_however_long_ago_the_end_is() -> None:
    assert drained_after(begun(line()), ago=100.0) >= 0.5


FAILED = replace(ended(), exit_code=3)


def last_look_of(state: TaskState, late: float, *, stopped: bool = False) -> tuple[float, int]:
    """Seconds after the end until the log is drained, with one line so late, and how often it was read by then."""
    simulation = Simulation(stopped=stopped).until(20, page=line())
    before, end = len(simulation.log_calls), simulation.now
    simulation.until(end + late, state=state)
    if not simulation.pace.drained(simulation.now):
        simulation.pace.saw_log(simulation.now, line(late))
    simulation.until(60, state=state)
    return simulation.now - end, len(simulation.log_calls) - before


@pytest.mark.parametrize("code", [3, 137, None])
def test_of_a_run_that_failed_or_has_no_code_the_log_is_looked_at_once_more(code: int | None) -> None:
    drained, calls = last_look_of(replace(ended(), exit_code=code), 60)

    assert drained == pytest.approx(10.0, abs=0.1)
    assert calls == last_look_of(ended(), 60)[1] + 1


def test_a_line_that_comes_with_the_last_look_is_followed_by_others() -> None:
    assert last_look_of(FAILED, 9.0)[0] == pytest.approx(15.0, abs=0.5)


def test_neither_a_good_run_waits_for_it_nor_a_runner_that_is_told_to_stop() -> None:
    assert last_look_of(ended(), 60)[0] == pytest.approx(3.0, abs=0.1)
    assert last_look_of(FAILED, 60, stopped=True)[0] == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize(
    ("written", "times", "seconds"),
    [
        (995.1, {"stoppingAt": 1000.0, "stoppedAt": 1030.0}, 8.0),
        (994.9, {"stoppingAt": 1000.0, "stoppedAt": 1030.0}, 3.0),
        (1001.0, {"executionStoppedAt": 1000.0}, 8.0),
        (995.1, {}, 3.0),
    ],
)
@pytest.mark.parametrize("late", [0.0, 1.0])
def test_the_log_of_a_good_run_that_wrote_to_its_end_is_looked_at_once_more(
    written: float, times: dict[str, float], seconds: float, late: float
) -> None:
    simulation, good = Simulation(), replace(ended(), times=times)
    page = LogPage((LogLine(b"x", written),), token="t")
    simulation.until(20, page=EMPTY if late else page)
    before, end = len(simulation.log_calls), simulation.now
    simulation.until(end + late, state=good)
    if late:
        simulation.pace.saw_log(simulation.now, page)
    simulation.until(60, state=good)

    assert simulation.now - end == pytest.approx(seconds, abs=0.5)
    assert len(simulation.log_calls) - before <= 8
    assert last_look_of(good, 60, stopped=True)[0] == pytest.approx(3.0, abs=0.1)


def test_a_page_of_which_no_line_is_wanted_says_nothing_of_when_it_was_written() -> None:
    pace = begun(line(), LogPage((), token="t", unwanted=True))

    assert drained_after(pace) == pytest.approx(3.0, abs=0.1)


def test_one_that_failed_long_ago_is_not_kept_up() -> None:
    assert Simulation().until(60, replace(FAILED, ended_ago=300.0)).now < 2


@pytest.mark.parametrize(("ago", "seconds"), [(None, 5.5), (60.0, 0.75)])
def test_a_run_without_a_line_is_waited_for_longer_but_read_twice_more_long_after_its_end(
    ago: float | None, seconds: float
) -> None:
    assert drained_after(begun(), ago=ago) == pytest.approx(seconds, abs=0.1)


def test_a_run_that_never_began_has_no_log_to_wait_for() -> None:
    pace = PollingPace(0.0)
    pace.saw_state(0.0, TaskState(status="STOPPED", ended=True, stop_code="TaskFailedToStart"))

    assert pace.drained(0.0)


def test_a_log_is_not_complete_while_it_cannot_be_read_but_given_up_in_the_end() -> None:
    pace = over()
    pace.log_failed(100.0, THROTTLED)

    for at, complete in ((90.0, False), (100.0, True)):
        now = at + pace_module.GIVE_UP
        assert (pace.drained(now), pace.gave_up(now)) == (complete, complete)


def test_a_failed_read_at_the_end_of_the_drain_is_no_look() -> None:
    pace = over(100.5, 101.5)
    pace.log_failed(103.0, THROTTLED)

    assert not pace.drained(105.0)
    pace.saw_log(105.0, line())
    for at in (106.0, 107.0):
        pace.saw_log(at, EMPTY)
    assert pace.drained(107.0)


def test_a_page_with_more_behind_it_is_not_the_end() -> None:
    more = LogPage((), token="t", more=True)
    pace = over(110.0, 110.0, 110.0, page=more)
    assert not pace.drained(110.0)

    for page, drained in ((EMPTY, False), (EMPTY, True), (more, False)):
        pace.saw_log(110.0, page)
        assert pace.drained(110.0) is drained


def test_ten_throttled_calls_are_over_soon() -> None:
    pace = PollingPace(0.0, chance=lambda: 0.5)
    now = 0.0
    for _ in range(10):
        pace.log_failed(now, THROTTLED)
        now = pace._next_log

    assert 10 < now < 35


@given(st.lists(st.sampled_from(["throttled", "line", "empty"]), max_size=50), st.floats(0, 1))
def test_no_pause_is_ever_longer_than_13_seconds(events: list[str], chance: float) -> None:
    pace, now = begun(chance=chance), 0.0
    for event in events:
        if event == "throttled":
            pace.log_failed(now, THROTTLED)
            pace.state_failed(now, THROTTLED)
        else:
            pace.saw_log(now, line() if event == "line" else EMPTY)
            pace.saw_state(now, RUNNING)
        pause = pace.pause(now)
        assert 0 <= pause < 13
        now += pause


def test_throttling_slows_all_calls_down_and_success_speeds_them_up() -> None:
    pace = begun()
    for _ in range(5):
        pace.log_failed(1.0, THROTTLED)
    pace.saw_log(2.0, line())
    slow = pace._next_log - 2.0
    for _ in range(20):
        pace.saw_log(3.0, line())

    assert slow > 3.0
    assert pace._next_log - 3.0 < 1.0


@pytest.mark.parametrize("failures", [2_100, 50_000])
def test_calls_that_fail_for_days_are_made_as_often_as_after_a_minute(failures: int) -> None:
    pace = PollingPace(0.0, chance=lambda: 0.5)
    for _ in range(failures):
        pace.state_failed(0.0, THROTTLED)
        pace.log_failed(0.0, THROTTLED)

    assert pace.pause(0.0) == pace_module.THROTTLED_LONGEST


def test_what_is_no_throttling_is_asked_again_within_two_seconds() -> None:
    pace = PollingPace(0.0, chance=lambda: 1.0)
    for _ in range(100):
        pace.state_failed(0.0, TemporaryError("no answer"))
        pace.log_failed(0.0, TemporaryError("no answer"))

    assert pace.pause(0.0) <= 2.0
