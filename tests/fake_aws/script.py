"""What a scripted task does. Times are seconds."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

FIRST_LINE = 0.01  # seconds after the container's start


class Line(NamedTuple):
    """One line of a log.

    ``at`` counts from the container's start (for `Term.lines`: from SIGTERM). ``late`` holds back this line alone, so
    that it can be read only after lines that were written later.
    """

    at: float
    text: str
    late: float = 0.0


Lines = tuple[Line, ...]


def lines(*texts: str, every: float = 0.0, start: float = FIRST_LINE) -> Lines:
    """The given texts, ``every`` so many seconds one."""
    return tuple(Line(start + index * every, text) for index, text in enumerate(texts))


def steady(count: int, *, per_second: float = 20.0, size: int = 0, start: float = FIRST_LINE) -> Lines:
    """``count`` numbered lines at a steady rate: ``line 0``, ``line 1`` and so on, filled up with dots to ``size``."""
    return tuple(Line(start + n / per_second, f"line {n} ".ljust(size, ".").strip()) for n in range(count))


def burst(count: int = 200_000, *, seconds: float = 2.0, size: int = 120) -> Lines:
    """Many lines in a short time."""
    return steady(count, per_second=count / seconds, size=size)


@dataclass(frozen=True, kw_only=True)
class Term:
    """How a container answers SIGTERM: from then on it writes ``lines`` only, and ends ``after`` so many seconds.

    With ``ignore`` it goes on as if nothing had been sent. Either way it is killed (137) after the stop timeout.
    """

    exit_code: int = 143
    after: float = 0.0
    lines: Lines = ()
    ignore: bool = False


@dataclass(frozen=True, kw_only=True)
class StartFailure:
    """The task stops before its container has run, at the end of ``phase``."""

    reason: str
    container_reason: str = ""
    phase: Literal["provisioning", "pending", "pull"] = "pull"


@dataclass(frozen=True, kw_only=True)
class Interruption:
    """AWS stops the task so many seconds after the container's start."""

    after: float
    stop_code: str = "SpotInterruption"
    reason: str = "Your Spot Task was interrupted."


@dataclass(frozen=True, kw_only=True)
class Sidecar:
    """A container beside the main one.

    Attributes:
        name: Its name.
        lines: What it writes.
        exit_code: What it ends with.
        drain: How long it goes on when the main container has ended.
        ends: When it ends by itself before that, counted from the start.
        essential: Its own end stops the main container, as ECS does for an essential one.
        first: It runs before the main container begins, during the image pull, also where that never begins.
    """

    name: str
    lines: Lines = ()
    exit_code: int | None = 0
    drain: float = 0.0
    ends: float | None = None
    essential: bool = False
    first: bool = False

    def end(self, started: float, main_ended: float) -> float:
        """When it ends."""
        drained = main_ended + self.drain
        return drained if self.ends is None else min(started + self.ends, drained)


@dataclass(frozen=True, kw_only=True)
class Script:
    """The life of one task.

    Attributes:
        lines: What the main container writes.
        runs: How long it runs; none means until just after its last line.
        exit_code: What it ends with by itself; none means that ECS never reports a code.
        exit_reason: The container's ``reason`` when it ends by itself, ``OutOfMemoryError: ...``.
        provisioning: Until the network interface is there.
        pending: From then until the image pull begins.
        pull: Length of the image pull.
        report: From the main container's end until ECS shows that container STOPPED.
        foretold: ECS shows that the task stops as soon as the main container has ended, before it shows that container
            STOPPED.
        deprovisioning: From the end of the last container until the task is STOPPED.
        term: What the main container does on SIGTERM.
        stop_timeout: From SIGTERM to SIGKILL.
        start_failure: Why the container never runs.
        interruption: How AWS ends it early.
        hangs: ECS never shows the main container STOPPED, although it ended; only StopTask gets the task out of it.
        sidecars: The other containers.
        ingestion: From writing a line until it can be read.
        batching: The log driver sends what it has this often, and at the container's end; 0 sends at once.
        stream_after: From the container's start until its log stream exists.
        missing: How long after RunTask DescribeTasks answers MISSING, and StopTask does not find the task.
        unlisted: How long after RunTask ListTasks does not show the task.
        image_digest: The digest that the tag was resolved to.
    """

    lines: Lines = ()
    runs: float | None = None
    exit_code: int | None = 0
    exit_reason: str = ""
    provisioning: float = 0.05
    pending: float = 0.05
    pull: float = 0.1
    report: float = 0.1
    foretold: bool = False
    deprovisioning: float = 0.5
    term: Term = Term()
    stop_timeout: float = 30.0
    start_failure: StartFailure | None = None
    interruption: Interruption | None = None
    hangs: bool = False
    sidecars: tuple[Sidecar, ...] = ()
    ingestion: float = 0.0
    batching: float = 0.0
    stream_after: float = 0.0
    missing: float = 0.0
    unlisted: float = 0.0
    image_digest: str = "sha256:" + "5f" * 32

    @property
    def duration(self) -> float:
        """How long the main container runs when no one stops it."""
        if self.runs is not None:
            return self.runs
        return max((line.at for line in self.lines), default=0.0) + FIRST_LINE
