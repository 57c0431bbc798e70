"""Shows how a run goes: a live line on a terminal, elsewhere one line per change of phase. Always on stderr."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from batchwright_runner.runs.duration import format_duration
from batchwright_runner.runs.phases import shown_phases
from batchwright_runner.runs.task import LogLine, TaskState
from batchwright_runner.terminal.console import Console, terminal_width
from batchwright_runner.terminal.log_output import Output

REFRESH = 1.0
_CLEAR = "\r\x1b[K"
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


def phase_of(state: TaskState) -> str:
    """What a run is doing, in a few words. Pure."""
    if state.status == "STOPPED" or state.ended:
        return "stopped"
    if state.status in ("DEACTIVATING", "STOPPING", "DEPROVISIONING"):
        return "stopping"
    if state.began:
        return "running"
    return "pulling the image" if "pullStartedAt" in state.times else "provisioning"


class Status:
    """Tells what happens.

    Args:
        console: Where to.
        live: Whether to keep a line up to date: on a terminal only.
        colour: Whether that line may be dim.
        wall: Seconds since 1970.
        width: Columns of the terminal.
    """

    def __init__(
        self,
        console: Console,
        *,
        live: bool,
        colour: bool = False,
        wall: Callable[[], float] = time.time,
        width: Callable[[], int] = terminal_width,
    ) -> None:
        self._console = console
        self._live = live
        self._colour = colour
        self._wall = wall
        self._width = width
        self._begun_at = wall()
        self._phase = ""
        self._state: TaskState | None = None
        self._shown = False

    def note(self, text: str) -> None:
        """Says one thing, above the live line."""
        self.hide()
        self._console.note(text)
        self._draw()

    def state(self, state: TaskState) -> None:
        """Says a change of phase."""
        self._state = state
        phase = phase_of(state)
        if phase == self._phase:
            return
        self._phase = phase
        if not self._live:
            spent = shown_phases(state.times)
            at = datetime.fromtimestamp(self._wall()).astimezone()
            self._console.note(f"{at:%H:%M:%S%z} {phase}" + (f" ({spent})" if spent else ""))
        self._draw()

    def tick(self) -> float:
        """Keeps the live line up to date."""
        self._draw()
        return REFRESH if self._live else float("inf")

    def hide(self) -> None:
        """Takes the live line away."""
        if self._shown:
            self._console.raw(_CLEAR)
            self._shown = False

    def close(self) -> None:
        """Takes the live line away for good."""
        self.hide()
        self._live = False

    def _draw(self) -> None:
        if not self._live:
            return
        now = self._wall()
        spent = shown_phases(self._state.times, now) if self._state is not None else ""
        text = f"{self._phase or 'starting'} · {format_duration(now - self._begun_at)}" + (
            f" · {spent}" if spent else ""
        )
        text = text[: self._width() - 1]
        self._console.raw(_CLEAR + (f"{_DIM}{text}{_PLAIN}" if self._colour else text))
        self._shown = True


class BelowLog:
    """A way out for the log that takes the live line away before lines are written to the same terminal."""

    def __init__(self, output: Output, status: Status) -> None:
        self._output = output
        self._status = status

    @property
    def full(self) -> bool:
        """Whether to wait before more is read."""
        return self._output.full

    @property
    def empty(self) -> bool:
        """Whether everything was written."""
        return self._output.empty

    def put(self, lines: Sequence[LogLine], label: bytes = b"") -> None:
        """Takes lines."""
        self._status.hide()
        self._output.put(lines, label)

    def pump(self) -> None:
        """Writes what can be written."""
        if not self._output.empty:
            self._status.hide()
            self._output.pump()

    def watch(self) -> Sequence[int]:
        """Descriptors that can be written to again when they are ready."""
        return self._output.watch()
