"""The loop that follows runs to their end: one for Fargate and for this machine, for one run and for many.

Each run has a `Follower`, which takes one turn after the other and never waits. `follow_all` gives the turns, and waits
for all runs at once; nothing else blocks.

    follow_all     ┌─> turn of each run ──> those that are over leave the loop ──> wait ─┐
                   └──────────────────── until a moment, a descriptor, a signal <────────┘

    one turn       pump   write of the log what its reader takes now
                   look   if the pace says so: the state, and whether the run has ended
                   read   if the pace says so, and the reader is not behind: a page of the log
                   obey   a signal or the timeout asks for a stop once; a stop that did not get through is repeated

    over           it has ended, with all containers whose log is shown, and the log is complete and written,
                   or no one takes it after a signal or the timeout;
                   or a stop was refused or is not waited for any longer, its state cannot be seen any more,
                   or a signal only makes this runner leave

    second signal  `LeaveNow`, out of a turn or the wait: what is not over by then is left as it is
"""

import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.judgment.ending import ending_of
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.judgment.verdict import Ending, StopRequest
from batchwright_runner.host.runs.reading import LogReading
from batchwright_runner.host.runs.signals import LeaveNow, Waiter
from batchwright_runner.host.runs.stopping import NOWHERE, Stopping, Whereabouts
from batchwright_runner.host.runs.task import LogSink, Pace, RefusedError, Task, TemporaryError, Watcher
from batchwright_runner.host.runs.trouble import STATE, STOP, Troubles
from batchwright_runner.host.runs.vigil import Vigil

REFUSED_FOR = 120
"""Seconds for which a refused look at the state is tried again: new permissions take a moment to be known."""
OUTLIVED_FOR = 150.0
"""Seconds after its end for which a main container's followed logs wait for those of others: ECS kills a container on
Fargate after 120 s at most (``stopTimeout`` in ECS's API reference, ContainerDefinition; 2026-11)."""
CHECKED = 1.0
"""Seconds after which it is looked whether a call hangs."""
WRITE_PAUSE = 0.1
"""Seconds to pause at least while the log's reader is behind: being able to write ends the pause."""
STUCK_FOR = 10.0
"""Seconds without a byte taken for which the log's reader is waited for after the end, once a stop was asked for. After
an end of its own a run waits as long as its reader does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a run."""

    # When it is stopped, on the waiter's clock
    deadline: float
    # The timeout that led to the deadline, in seconds; for messages
    timeout: float
    # Seconds a container may take to end after SIGTERM
    stop_timeout: float
    on_signal: Literal["stop", "leave"] = "stop"
    container: str = "main"
    runner: Whereabouts = NOWHERE


class Follower:
    """Follows one run."""

    def __init__(
        self, task: Task, limits: Limits, *, pace: Pace, waiter: Waiter, output: LogSink, watcher: Watcher
    ) -> None:
        self._task = task
        self._limits = limits
        self._pace = pace
        self._waiter = waiter
        self._output = output
        self._watcher = watcher
        self._troubles = Troubles.told_to(watcher.note, waiter.now)
        self._log = LogReading(task, pace=pace, waiter=waiter, output=output, watcher=watcher, troubles=self._troubles)
        self._stop: Stopping | None = None
        self._refused_since: float | None = None
        self._lost = ""
        self._taken, self._taken_at = -1, 0.0
        self._ended_at = 0.0
        self._parted = False
        self.state: TaskState | None = None

    def run(self) -> Ending:
        """Follows the run until it is over and its log complete, or until there is a reason to leave."""
        return follow_all([self], self._waiter)[0]

    def turn(self) -> None:
        """Does what is due, and does not wait."""
        self._output.pump()
        self._watch_reader()
        if self._pace.state_due(self._waiter.now()):
            self._look()
        self._part_from_others()
        if not self._output.full and (self._log.more or self._pace.log_due(self._waiter.now())):
            self._log.read()
        self._obey()

    @property
    def over(self) -> bool:
        """Whether no further turn is wanted: it has ended and its log is complete, or there is a reason to leave."""
        if self._lost or (self._stop is not None and self._stop.refused):
            return True
        if not self._ended:
            if self._waiter.signals and self._limits.on_signal == "leave":
                return True
            return self._stop is not None and self._stop.given_up(self._limits.stop_timeout)
        if self.state is not None and self.state.outlived_by and self._log.goes_on:
            return False
        complete = self._log.complete and self._pace.drained(self._waiter.now())
        return self._stuck or (self._output.empty and (complete or not self._log.goes_on))

    @property
    def incomplete(self) -> str:
        """Why lines may be missing; empty when the log is complete."""
        return self._log.incomplete or self._output.problem

    def pause(self) -> float:
        """Seconds until the next turn is due, if nothing happens on the descriptors to watch."""
        full = self._output.full
        return 0.0 if self._log.more and not full else max(self._pause(), WRITE_PAUSE if full else 0.0)

    def watch(self) -> tuple[Sequence[int], Sequence[int]]:
        """Descriptors that make the next turn due: those that can be read, and those that can be written to."""
        return self._task.watch(log=not self._output.full), self._output.watch()

    def ending(self) -> Ending:
        """The end of a run that is over, as far as it was seen."""
        if self._stuck:
            self._log.incomplete = "nobody takes what is written to stdout"
        self._say_what_is_left()
        if self._waiter.signals and self._limits.on_signal == "leave" and not self._ended:
            return self._ending(left=self._waiter.signals[0])
        return self._ending()

    def leave(self) -> Ending:
        """Leaves a run that is not over.

        Returns what was seen of its end so far.
        """
        if self._ended and self._log.goes_on:
            self._log.incomplete = "left before the log was complete"
        self._say_what_is_left()
        return self._ending(left=self._waiter.signals[-1])

    def _say_what_is_left(self) -> None:
        if not self._ended:
            self._log.incomplete = self._log.incomplete or "the run was left before its end"

    def check(self) -> None:
        """Notes that a call hangs. For another thread: this one hangs with it."""
        self._troubles.outage.check()

    def request_stop(self, request: StopRequest) -> None:
        """Asks for a stop of the run, and goes on following it."""
        self._stop = Stopping(self._task, self._waiter, self._troubles, request, self._limits.timeout)
        self._stop.try_now()

    @property
    def _ended(self) -> bool:
        return self.state is not None and self.state.ended

    @property
    def _stuck(self) -> bool:
        """Whether the end is not to wait for the log's reader any more."""
        asked = self._stop is not None or bool(self._waiter.signals)
        return asked and self._ended and not self._output.empty and self._waiter.now() - self._taken_at > STUCK_FOR

    def _watch_reader(self) -> None:
        now, taken = self._waiter.now(), self._output.taken
        if self._output.empty or taken != self._taken or not self._ended:
            self._taken, self._taken_at = taken, now
        problem = self._output.problem
        if problem and not self._log.incomplete:
            self._log.incomplete = problem
            self._watcher.note(f"{problem}\nthe batch is followed to its end, and its exit code will come")

    def _pause(self) -> float:
        now = self._waiter.now()
        soonest = now + min(self._pace.pause(now), self._watcher.tick())
        if self._ended:
            return max(0.0, soonest - now)
        if self._stop is None:
            soonest = min(soonest, self._limits.deadline)
        elif self._stop.due is not None:
            soonest = min(soonest, self._stop.due)
        return max(0.0, soonest - now)

    def _look(self) -> None:
        now = self._waiter.now()
        try:
            with self._troubles.outage.asking(STATE):
                state = self._task.describe()
        except TemporaryError as error:
            self._pace.state_failed(now, error)
            self._troubles.outage.failed(STATE, str(error), now)
        except RefusedError as error:
            self._pace.state_failed(now, TemporaryError(str(error)))
            self._troubles.refusal.failed(STATE, str(error), now)
            self._refused_since = now if self._refused_since is None else self._refused_since
            if now - self._refused_since > REFUSED_FOR and not self._ended:
                self._lost = str(error)
        else:
            self._refused_since = None
            self._troubles.good(STATE)
            if state.ended and not self._ended:
                self._troubles.outage.give_up(STOP)
                self._ended_at = now
                self._log.ended(now, has_log=state.began or state.others_began)
            self._log.meet_containers()
            self._saw(state)

    def _saw(self, state: TaskState) -> None:
        if self.state is not None and self.state.ended:
            # What the other containers still do changes nothing of how the main one has ended.
            state = replace(
                self.state,
                status=state.status,
                times=state.times,
                ended_ago=state.ended_ago,
                outlived_by=() if self._parted else state.outlived_by,
            )
        self.state = state
        self._pace.saw_state(self._waiter.now(), state)
        self._watcher.state(state)

    def _part_from_others(self) -> None:
        """Waits no longer for containers that outlive the main one, if a signal came, or they seem to run for ever."""
        state, now = self.state, self._waiter.now()
        if state is None or not state.outlived_by:
            return
        if self._waiter.signals or now - self._ended_at > OUTLIVED_FOR:
            self._parted = True
            names = " and ".join(state.outlived_by)
            self._log.incomplete = self._log.incomplete or f"{names} had not ended yet"
            self._saw(state)

    def _obey(self) -> None:
        if self._ended or self._lost:
            return
        if self._stop is not None:
            self._stop.try_now()
            return
        if self._waiter.signals:
            if self._limits.on_signal == "stop":
                self._stop_for_signal(self._waiter.signals[0])
        elif self._waiter.now() >= self._limits.deadline:
            self._stop_for_timeout()

    def _stop_for_signal(self, number: int) -> None:
        name = signal.Signals(number).name
        self._look()
        if self._ended:
            return
        self._watcher.note(f"{name}: stopping the batch. A second signal leaves at once")
        runner = self._limits.runner
        self.request_stop(StopRequest("signal", number, host=runner.host, attended=runner.attended))

    def _stop_for_timeout(self) -> None:
        limit = format_duration(self._limits.timeout)
        self._look()
        if self._ended:
            return
        self._watcher.note(f"the timeout of {limit} has passed: stopping the batch")
        self.request_stop(StopRequest("timeout"))

    def _ending(self, left: int = 0) -> Ending:
        state = self.state or TaskState(status="UNKNOWN")
        stop = self._stop.judged(state) if self._stop is not None else None
        return ending_of(self._limits.container, state, stop=stop, left=left, lost=self._lost)


def follow_all(followers: Sequence[Follower], waiter: Waiter) -> list[Ending]:
    """Follows runs side by side, each until it is over, with one wait for all of them.

    A signal reaches every run that is not over. A second one leaves those at once.

    Returns their ends, in the order of the followers.
    """
    ends: dict[Follower, Ending] = {}

    def check() -> None:
        for follower in followers:
            follower.check()

    try:
        with Vigil(check, CHECKED, CHECKED):
            _follow(followers, ends, waiter)
    except LeaveNow:
        ends |= {follower: follower.leave() for follower in followers if follower not in ends}
    return [ends[follower] for follower in followers]


def _follow(followers: Sequence[Follower], ends: dict[Follower, Ending], waiter: Waiter) -> None:
    while True:
        going = [follower for follower in followers if follower not in ends]
        for follower in going:
            follower.turn()
        ends |= {follower: follower.ending() for follower in going if follower.over}
        going = [follower for follower in going if follower not in ends]
        if not going:
            return
        _wait(going, waiter)


def _wait(followers: Sequence[Follower], waiter: Waiter) -> None:
    pause = min(follower.pause() for follower in followers)
    watched = [follower.watch() for follower in followers]
    read = [descriptor for reads, _ in watched for descriptor in reads]
    write = dict.fromkeys(descriptor for _, writes in watched for descriptor in writes)
    waiter.wait(pause, read, list(write))
