"""When to ask AWS: often while something happens, seldom while nothing does, and slower when it throttles. Pure."""

import random
from collections.abc import Callable

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.host.aws.retry import SOON, grown
from batchwright_runner.host.runs.task import LogPage, TemporaryError

LOG_ACTIVE = 0.82
LOG_QUIET = 4.3
LOG_SILENT = 25.0
STATE_ACTIVE = 1.2
STATE_BUSY = 3.0
STATE_QUIET = 5.1
STATE_SILENT = 12.0
LOG_SILENCE = 86.0
STATE_SILENCE = 70.0
"""All in seconds. A quiet run of ten minutes must cost at most 150 calls, the first line after a quiet minute must come
within 5 s, and a run that writes must show each line within 1 s. The end of one that has been quiet for less than
STATE_SILENCE must be seen within DRAIN_UNKNOWN, in which its late lines are waited for anyway."""

DRAIN = 3.0
"""Seconds after the end for which late lines are waited for at least."""
DRAIN_UNKNOWN = 5.5
"""The same for a run of which no line was seen: how late its lines come is not known."""
DRAIN_LIMIT = 15.0
LAST_LOOK = 10.0
"""Seconds after the end of a run that has failed at which its log is looked at once more: its last lines say why, and
CloudWatch Logs may show them later than all before. A runner that is told to stop is not kept up by it."""
LAST_LOOK_IF_GOOD, YOUNG = 8.0, 5.0
"""The same after a good end of a run whose last line was written less than YOUNG seconds before it, or later."""
ENDS = ("stoppingAt", "executionStoppedAt", "stoppedAt")
"""ECS's times of a task of which the first one is about when its main container ended."""
DRAIN_POLL = 0.75
EMPTY_POLLS = 2
GIVE_UP = 120.0
"""Seconds after the end for which a log that cannot be read is tried, without a good read in between."""
FAILED_FIRST = 0.7
FAILED_GROWTH = 1.4
THROTTLED_LONGEST = 5.0
"""Seconds to the next call after one has failed, growing with each in a row."""
FAILED_LONGEST = SOON
"""The longest of them where no quota is the reason."""
SLOWER = 1.7
FASTER = 0.8
SLOWEST = 5.0
"""How much longer all pauses become with each throttled call, shorter with each good one, and the most they become."""


class PollingPace:
    """The pauses between looks at one task.

    `chance`: Gives a number from 0 to 1, for jitter: many runners must not ask all at once.
    """

    def __init__(
        self,
        now: float,
        *,
        chance: Callable[[], float] = random.random,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._stopped = stopped
        self._chance = chance
        self._begun_at = now
        self._state: TaskState | None = None
        self._next_state = now
        self._next_log = now
        self._active_at = now
        self._was_active = False
        self._slow_log = 1.0
        self._slow_state = 1.0
        self._log_failures = 0
        self._failing_since: float | None = None
        self._state_failures = 0
        self._seen_lines = False
        self._delay = self._written_at = 0.0
        self._ended_at = float("inf")
        self._failed = False
        self._empty_polls = 0
        self._complete_at = float("-inf")

    def log_due(self, now: float) -> bool:
        """Whether to read the log now: not before the container has begun."""
        return self._reads and now >= self._next_log

    def state_due(self, now: float) -> bool:
        """Whether to look at the state now: not after the end."""
        return not self._over and now >= self._next_state

    def pause(self, now: float) -> float:
        """Seconds until something is due."""
        due = [self._next_log] if self._reads else []
        if not self._over:
            due.append(self._next_state)
        return max(0.0, min(due, default=now + 1.0) - now)

    def saw_log(self, now: float, page: LogPage) -> None:
        """Learns from a page."""
        self._slow_log = max(1.0, self._slow_log * FASTER)
        self._log_failures = 0
        self._failing_since = None
        if page.lines or page.unwanted:
            self._active_at = now
            self._was_active = self._seen_lines = True
            self._empty_polls = 0
            self._delay = max(self._delay, page.delay)
            self._written_at = max([self._written_at, *(line.at for line in page.lines)])
        else:
            if page.more:
                self._empty_polls = 0
            else:
                self._empty_polls += 1
                self._complete_at = now
            if self._was_active:
                # Lines that stop are the first sign of an end.
                self._was_active = False
                self._next_state = min(self._next_state, now)
        self._next_log = now + self._log_pause(now)

    def saw_state(self, now: float, state: TaskState) -> None:
        """Learns from a state."""
        self._slow_state = max(1.0, self._slow_state * FASTER)
        self._state_failures = 0
        before, self._state = self._state, state
        if state.began and (before is None or not before.began):
            self._active_at = self._next_log = now
        if state.ended and not state.outlived_by and self._ended_at == float("inf"):
            self._ended_at = now - min(state.ended_ago or 0.0, LAST_LOOK)
            self._failed = state.exit_code != 0
            self._empty_polls = 0
            self._next_log = now
        self._next_state = now + self._state_pause(now)

    def log_failed(self, now: float, error: TemporaryError) -> None:
        """Learns that the log could not be read."""
        if error.throttled:
            self._slow_log = min(self._slow_log * SLOWER, SLOWEST)
        self._next_log = now + self._error_pause(self._log_failures, error)
        self._log_failures += 1
        self._failing_since = now if self._failing_since is None else self._failing_since

    def state_failed(self, now: float, error: TemporaryError) -> None:
        """Learns that the state could not be seen. The log is read all the same."""
        if error.throttled:
            self._slow_state = min(self._slow_state * SLOWER, SLOWEST)
        self._next_state = now + self._error_pause(self._state_failures, error)
        self._state_failures += 1

    def drained(self, now: float) -> bool:
        """Whether the log is complete: read to its end twice with nothing new, and long enough after the end."""
        if self._state is not None and not self._has_log:
            return True
        if self.gave_up(now):
            return True
        # The last good read counts, not the last try: a read that failed has seen nothing.
        return self._quiet and self._complete_at >= max(self._drain_until(), self._last_look)

    def gave_up(self, now: float) -> bool:
        """Whether the log is given up because it cannot be read. A slow reader of it is no reason."""
        return self._failing_since is not None and now >= max(self._ended_at, self._failing_since) + GIVE_UP

    @property
    def _quiet(self) -> bool:
        return self._empty_polls >= EMPTY_POLLS

    @property
    def _last_look(self) -> float:
        if self._stopped() or self._state is None:
            return self._ended_at
        end = min((self._state.times[name] for name in ENDS if name in self._state.times), default=float("inf"))
        good = LAST_LOOK_IF_GOOD if self._written_at > end - YOUNG else 0.0
        return self._ended_at + (LAST_LOOK if self._failed else good)

    @property
    def _over(self) -> bool:
        return self._ended_at != float("inf")

    @property
    def _reads(self) -> bool:
        return self._state_failures > 0 or self._has_log

    @property
    def _has_log(self) -> bool:
        return self._state is not None and (self._state.began or self._state.others_began)

    def _drain_until(self) -> float:
        wait = max(DRAIN if self._seen_lines else DRAIN_UNKNOWN, 2 * self._delay)
        return self._ended_at + min(wait, DRAIN_LIMIT)

    def _log_pause(self, now: float) -> float:
        if self._over:
            left = self._drain_until() - now
            if left <= 0 and self._quiet and now < self._last_look:
                return self._last_look - now + 0.001
            usual = DRAIN_POLL if self._seen_lines or left <= 0 else 2 * DRAIN_POLL
            if self._slow_log > 1:
                return self._jitter(usual * self._slow_log)
            return usual if left <= 0 else min(usual, left + 0.001)
        quiet = now - self._active_at
        pause = min(quiet / 4, LOG_QUIET) if quiet < LOG_SILENCE else min(quiet / 5, LOG_SILENT)
        return self._jitter(max(pause, LOG_ACTIVE * self._slow_log))

    def _state_pause(self, now: float) -> float:
        if self._state is None or not self._state.began:
            pause = min((now - self._begun_at) / 5, STATE_BUSY)
        elif self._was_active or self._state.ended:
            pause = STATE_BUSY
        else:
            quiet = now - self._active_at
            pause = min(quiet / 7, STATE_QUIET) if quiet < STATE_SILENCE else min(quiet / 13.7, STATE_SILENT)
        return self._jitter(max(pause, STATE_ACTIVE * self._slow_state))

    def _error_pause(self, failures: int, error: TemporaryError) -> float:
        longest = THROTTLED_LONGEST if error.throttled else FAILED_LONGEST
        return grown(FAILED_FIRST, FAILED_GROWTH, failures, longest) * (0.5 + self._chance())

    def _jitter(self, pause: float) -> float:
        spread = 0.05 if max(self._slow_log, self._slow_state) <= 1 else 0.5
        return pause * (1 + spread * (self._chance() - 0.5) * 2)
