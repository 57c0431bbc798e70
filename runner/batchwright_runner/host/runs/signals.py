"""Signals and waiting: one place that sleeps, and wakes at once for a signal or for news on a file descriptor."""

import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from types import FrameType, TracebackType
from typing import Protocol, Self

from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.errors import InterruptedEarlyError

STOP_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)

_OTHERS = ("USR1", "USR2", "ALRM", "VTALRM", "PROF", "IO", "PWR", "STKFLT", "XCPU")
PASSED_BY = tuple(signal.Signals[f"SIG{name}"] for name in _OTHERS if f"SIG{name}" in signal.Signals.__members__)
"""Signals that ask for nothing here, and would end the runner at once and leave its task. Unless this process was
started with them ignored, which its children inherit, they do nothing."""

SAME_REQUEST = 0.1
"""Seconds within which a repeated signal is the same request: GNU timeout, for one, sends each of its signals twice."""


LONGEST_WAIT = 86400.0
"""Seconds. poll() takes 24 days at most."""


class LeaveNow(BaseException):
    """A second signal came. Derived from `BaseException`, so that no handler of errors swallows it."""

    def __init__(self, first: int) -> None:
        super().__init__(first)
        self.first = first

    def verdict(self) -> Verdict:
        """It as the verdict of the run that was left."""
        return Verdict(Row.SIGNAL, 128 + self.first, "left at once on a second signal", "ask")


class Waiter(Protocol):
    """What a waiting caller needs: time, signals, and a voice."""

    @property
    def signals(self) -> Sequence[int]:
        """The signals received so far, oldest first."""

    def now(self) -> float:
        """Seconds on a clock that never goes back."""

    def wait(self, seconds: float, read: Sequence[int] = (), write: Sequence[int] = ()) -> None:
        """Pauses for at most ``seconds``: less when a signal comes or a descriptor is ready."""

    def note(self, text: str) -> None:
        """Says what is waited for. Threads may call it."""


def end_if_told(waiter: Waiter) -> None:
    """Ends a command that has begun nothing yet, where a signal came."""
    if waiter.signals:
        raise InterruptedEarlyError(waiter.signals[0])


def ready_among(seconds: float, read: Sequence[int], write: Sequence[int]) -> set[int]:
    """Waits for at most ``seconds`` until a descriptor can be read or written to; gives those that can."""
    poll = select.poll()  # select() cannot watch descriptors from 1024 on
    for descriptor in read:
        poll.register(descriptor, select.POLLIN)
    for descriptor in write:
        poll.register(descriptor, select.POLLOUT)
    return {descriptor for descriptor, _ in poll.poll(min(max(0.0, seconds), LONGEST_WAIT) * 1000)}


def _silent(_text: str) -> None:
    """Says nothing."""


def _pass_by(_number: int, _frame: FrameType | None) -> None:
    """Does nothing. Another handler than SIG_IGN, so that a child does not inherit it."""


class SignalWaiter:
    """Remembers `STOP_SIGNALS`, and wakes `wait` for them. Use as a context manager, in the main thread.

    A signal that was ignored when the process started (nohup) stays ignored. Until `finish`, a second
    signal raises `LeaveNow` wherever the program is, in a blocking call too. `PASSED_BY` change nothing.

    A process has one at a time: of two, the inner would take the signals of the outer. Who has one passes it on.
    """

    _there_is_one = False

    def __init__(self, note: Callable[[str], None] = _silent) -> None:
        self.note = note
        self._received: list[int] = []
        self._last = float("-inf")
        self._before: dict[int, object] = {}
        self._reader = self._writer = -1
        self._wakeup_before = -1
        self._leave_at_once = True

    @property
    def signals(self) -> Sequence[int]:
        """The signals received so far, oldest first."""
        return self._received

    def now(self) -> float:
        """Seconds on the monotonic clock."""
        return time.monotonic()

    def wait(self, seconds: float, read: Sequence[int] = (), write: Sequence[int] = ()) -> None:
        """Pauses for at most ``seconds``: less when a signal comes or a descriptor is ready."""
        if self._reader in ready_among(seconds, [self._reader, *read], write):
            os.read(self._reader, 512)

    def finish(self) -> None:
        """From now on a signal changes nothing, not even once this waiter is gone: the result is known."""
        self._leave_at_once = False

    def __enter__(self) -> Self:
        if SignalWaiter._there_is_one:
            raise RuntimeError("this process has a SignalWaiter already: pass that one on")
        SignalWaiter._there_is_one = True
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        self._wakeup_before = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._remember)
        for number in PASSED_BY:
            if signal.getsignal(number) is signal.SIG_DFL:
                self._before[number] = signal.signal(number, _pass_by)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self._before.items():
            # A signal between here and the process's end must not replace the code that is known by now.
            signal.signal(number, handler if self._leave_at_once else signal.SIG_IGN)  # type: ignore[arg-type] # what signal.signal gave back
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._reader)
        os.close(self._writer)
        SignalWaiter._there_is_one = False

    def _remember(self, number: int, _frame: FrameType | None) -> None:
        at, self._last = self._last, time.monotonic()
        if self._received and self._last - at < SAME_REQUEST:
            return
        self._received.append(number)
        if self._leave_at_once and len(self._received) > 1:
            raise LeaveNow(self._received[0])
