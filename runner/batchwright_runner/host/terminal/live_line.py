"""Shows how a run goes: a live line on a terminal, elsewhere one line for each change of phase. Always on stderr."""

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.moments import CLOCK, shown
from batchwright_runner.host.runs.phases import shown_phases
from batchwright_runner.host.terminal.console import Console

REFRESH = 1.0
"""Seconds after which the line is drawn again: for the time in it, and for a window that has another width by now."""


def phase_of(state: TaskState) -> str:
    """What a run on Fargate is doing, in a few words. Pure."""
    if state.ended and state.outlived_by:
        return f"ended, waiting for the log of {' and '.join(state.outlived_by)}"
    if state.status == "STOPPED" or state.ended:
        return "stopped"
    if state.status in ("DEACTIVATING", "STOPPING", "DEPROVISIONING"):
        return "stopping"
    if state.began:
        return "running"
    return "pulling the image" if "pullStartedAt" in state.times else "provisioning"


def local_phase_of(state: TaskState) -> str:
    """What a run on this machine is doing. Pure."""
    if state.status == "STOPPED" or state.ended:
        return "stopped"
    return "running" if state.began else "starting"


class LiveLine:
    """Tells how a run goes. Use as a context manager around following it, and around nothing else.

    `wall`: seconds since 1970.
    """

    def __init__(
        self,
        console: Console,
        phase: str = "starting",
        *,
        phase_of: Callable[[TaskState], str] = phase_of,
        everywhere: bool = True,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._console = console
        self._phase = phase
        self._noted = ""
        self._phase_of = phase_of
        self._everywhere = everywhere
        self._wall = wall
        self._begun_at = wall()
        self._state: TaskState | None = None
        self._stoppable = False

    def __enter__(self) -> Self:
        self._console.keep(self._text)
        if self._console.live and _is_default(signal.SIGTSTP):
            self._stoppable = True
            signal.signal(signal.SIGTSTP, self._sleep)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._console.keep(None)
        if self._stoppable:
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)

    def note(self, text: str) -> None:
        """Says one thing, above the line."""
        self._console.note(text)

    def state(self, state: TaskState) -> None:
        """Says a change of phase."""
        self._state = state
        self._phase = self._phase_of(state)
        if self._phase != self._noted and self._everywhere and not self._console.live:
            spent = shown_phases(state.times)
            self._console.note(f"{shown(self._wall(), CLOCK)} {self._phase}" + (f" ({spent})" if spent else ""))
        self._noted = self._phase
        self._console.draw()

    def tick(self) -> float:
        """Keeps the line up to date."""
        self._console.draw()
        return REFRESH if self._console.live else float("inf")

    def _text(self) -> str:
        now = self._wall()
        spent = shown_phases(self._state.times, now) if self._state is not None else ""
        return f"{self._phase} · {format_duration(now - self._begun_at)}" + (f" · {spent}" if spent else "")

    def _sleep(self, number: int, _frame: FrameType | None) -> None:
        """Ctrl-Z: the shell's prompt gets a line of its own."""
        self._console.hide()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        signal.signal(number, self._sleep)


def local_line(console: Console, phase: str = "starting") -> LiveLine:
    """The line of a run on this machine, which shows nothing where there is no terminal: it starts within moments."""
    return LiveLine(console, phase, phase_of=local_phase_of, everywhere=False)


def _is_default(number: int) -> bool:
    """Whether a signal does what it does by itself, and can be given something else to do here."""
    return threading.current_thread() is threading.main_thread() and signal.getsignal(number) == signal.SIG_DFL
