"""A night, decided: the batches of a stage, their runs, what reaches the function when, and what is out of order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Starter = Literal["person", "rundeck", "cron", "machine", "rule"]
STARTERS: tuple[Starter, ...] = ("person", "rundeck", "cron", "machine", "rule")
Service = Literal["table", "sns", "slack"]


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a task ends, and what docs/exit-codes.md and docs/alerts.md say of such an end.

    Attributes:
        code: The container's exit code; none where it has none.
        stop: ECS's stop code.
        reason: ECS's reason; ``{}`` is the host.
        own: The container's own reason.
        begins: The container begins.
        verdict: What the end is called.
        means: Its exit code.
        words: How a message begins.
        message: Which kind of message there is; empty for none.
        counts: Whether it is a failure.
        error: What a machine fails with; an execution's status where it has no colon or dot.
    """

    code: int | None = None
    stop: str = "EssentialContainerExited"
    reason: str = "Essential container in task exited"
    own: str = ""
    begins: bool = True
    verdict: str
    means: int
    words: str
    message: Literal["failed", ""] = "failed"
    counts: bool = True
    error: str = ""


def _exit(code: int, own: str = "") -> Manner:
    return Manner(code=code, own=own, verdict=f"Batchwright.Exit{code}", means=code, words=f"exit {code}")


def _stopped(reason: str, means: int = 122, *, message: Literal["failed", ""] = "") -> Manner:
    words = "stopped with its host" if message else ""
    called: dict[str, Any] = {"verdict": "Batchwright.Stopped", "means": means, "words": words, "message": message}
    return Manner(code=143, stop="UserInitiated", reason=reason, counts=False, error="ABORTED", **called)


def _unbegun(reason: str) -> Manner:
    called: dict[str, Any] = {"verdict": "Batchwright.NeverStarted", "means": 126, "words": "never started"}
    return Manner(stop="TaskFailedToStart", reason=reason, begins=False, **called)


def _overlapped(reason: str, words: str = "", error: str = "") -> Manner:
    called: dict[str, Any] = {"verdict": "Batchwright.Overlap", "means": 123, "words": words, "error": error}
    called["message"] = "failed" if words else ""
    return Manner(stop="UserInitiated", reason=reason, begins=False, counts=False, **called)


_SIGNAL = "batchwright: the runner was told to stop by"
MANNERS: Mapping[str, Manner] = {
    "good": Manner(code=0, verdict="Batchwright.Exit0", means=0, words="", message=""),
    "exit 3": _exit(3),
    "exit 4": _exit(4),
    "exit 75": _exit(75),
    "memory": _exit(137, "OutOfMemoryError: Container killed due to memory usage"),
    "image": _unbegun("CannotPullContainerError: pull image manifest: reports:stage-production: not found"),
    "capacity": _unbegun("Timeout waiting for network interface provisioning to complete."),
    "spot": Manner(
        code=143,
        stop="SpotInterruption",
        reason="Your Spot Task was interrupted.",
        verdict="Batchwright.Interrupted",
        means=75,
        words="interrupted",
    ),
    "timeout": Manner(
        code=143,
        stop="UserInitiated",
        reason="batchwright: the timeout of 30m has passed",
        verdict="Batchwright.Timeout",
        means=124,
        words="timeout",
        error="TIMED_OUT",
    ),
    "no code": Manner(verdict="Batchwright.NoResult", means=125, words="no result", error="States.DataLimitExceeded"),
    "host": _stopped(f"{_SIGNAL} SIGTERM on {{}}", 143, message="failed"),
    "terminal": _stopped(f"{_SIGNAL} SIGHUP at a terminal on {{}}", 129),
    "ctrl-c": _stopped(f"{_SIGNAL} SIGINT on {{}}", 130),
    "alice": _stopped("batchwright stop: wrong data, by alice"),
    "console": _stopped("Task stopped by user"),
    "gave way": _overlapped("batchwright: run other is in progress", error="Batchwright.Overlap"),
    "gave up": _overlapped("waited for 30m, and run other is in progress", "overlap"),
}
AGAIN = {"exit 3": 3, "exit 75": 75}
"""Ends that some batches try again, and their codes."""


@dataclass(frozen=True, kw_only=True)
class Times:
    """When a batch is due: minutes and hours of each day in a time zone."""

    minute: int
    hours: tuple[int, ...]
    zone: str

    @property
    def crontab(self) -> str:
        """As the record of what is watched has it."""
        hours = "*" if len(self.hours) == 24 else ",".join(map(str, self.hours))
        return f"{self.minute} {hours} * * * {self.zone}"


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A batch; one that was ``removed`` has no manifest."""

    name: str
    starter: Starter
    owner: str = "sre"
    retries: int = 0
    pause: int = 0
    after_failures: int = 1
    off: bool = False
    overlap: Literal["allow", "forbid", "wait"] = "allow"
    removed: bool = False
    times: Times | None = None
    expected: int = 0


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A task: its id, and whole seconds of its request, its end, and its being shown STOPPED."""

    id: str
    begin: int
    end: int
    manner: str
    host: str = ""

    @property
    def stopped(self) -> int:
        """When ECS shows it STOPPED."""
        return self.end + 15

    @property
    def ended(self) -> int:
        """Its end, as the record has it: a task that never began has no other than its being STOPPED."""
        return self.end if MANNERS[self.manner].begins else self.stopped


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of a batch.

    Attributes:
        batch: Its name.
        id: What the starter calls it: ``startedBy``, or the execution's name.
        starter: Who starts it.
        attempts: Its tasks, the first one first.
        due: The time for which it says that it was due; 0 for none.
    """

    batch: str
    id: str
    starter: Starter
    attempts: Sequence[Attempt]
    due: int = 0

    @property
    def last(self) -> Attempt:
        """Its last task."""
        return self.attempts[-1]

    @property
    def manner(self) -> Manner:
        """How it ends."""
        return MANNERS[self.last.manner]

    @property
    def tasks(self) -> Sequence[Attempt]:
        """Its attempts that ECS sees: a machine that gives way, or has waited in vain, starts none."""
        return () if self.starter == "machine" and self.manner.verdict == "Batchwright.Overlap" else self.attempts


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """Something reaches the queue: the end of a task or of an execution, what a machine hands over, or a minute."""

    at: float
    what: Literal["task", "execution", "handed", "tick"]
    of: str = ""


@dataclass(frozen=True, kw_only=True)
class Span:
    """Something lasts: an outage of a service, a time without ticks, a pause of a batch."""

    what: Service | Literal["clock", "pause"]
    begin: float
    end: float
    of: str = ""

    def touches(self, begin: float, end: float) -> bool:
        """Whether it has something in common with a time."""
        return self.begin <= end and begin <= self.end


@dataclass(frozen=True, kw_only=True)
class Extra:
    """A message that is promised for what did not happen, or took too long; with ``least`` 0 it may be left out."""

    batch: str
    words: str
    at: float
    least: int = 1


@dataclass(frozen=True, kw_only=True)
class Night:
    """The night.

    Attributes:
        seed: Its seed.
        begin: When it begins, in seconds since 1970.
        end: When all has come to rest.
        batches: The stage's batches.
        runs: Their runs.
        deliveries: What reaches the queue.
        spans: What is out of order, and for how long.
        extras: Messages about due times.
    """

    seed: int
    begin: int
    end: int
    batches: Mapping[str, Batch]
    runs: Sequence[Run]
    deliveries: Sequence[Delivery]
    spans: Sequence[Span]
    extras: Sequence[Extra]

    def during(self, what: str, begin: float, end: float) -> bool:
        """Whether something of a kind was out of order within a time."""
        return any(span.what == what and span.touches(begin, end) for span in self.spans)
