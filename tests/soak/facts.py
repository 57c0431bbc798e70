"""What truly happened in a run, from the world's record and from outside of the commands. Times are the world's."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

NEVER = math.inf
Cause = Literal["own", "start", "aws", "sidecar", "stop"]
SOMEBODY, SCHEDULER = "somebody", "scheduler"
BROKEN = frozenset({"lost", "cut", "reset"})
"""Outcomes of calls that were carried out, and whose answer did not arrive whole."""


@dataclass(frozen=True, kw_only=True)
class CallFact:
    """A call that a command made.

    Attributes:
        at: When it came in.
        operation: ``RunTask``.
        outcome: The code of the error it was answered with; ``cut``, ``reset``, ``lost`` or ``page``; empty if good.
        token: RunTask's client token.
        task: The id of StopTask's task, or of that whose log GetLogEvents reads.
    """

    at: float
    operation: str
    outcome: str = ""
    token: str = ""
    task: str = ""

    @property
    def done(self) -> bool:
        """What was asked for has been done, whether the caller knows it or not."""
        return self.outcome == "" or self.outcome in BROKEN


@dataclass(frozen=True, kw_only=True)
class TaskFact:
    """What became of a task.

    Attributes:
        id: The last part of its ARN.
        run: The run id it was started with.
        token: The client token it was started with.
        created: When RunTask made it.
        started: When the main container began.
        ended: When the main container's process ended.
        shown: From when on ECS shows how it ended.
        cause: Why it ended: by itself, its start failed, AWS or an essential sidecar's end or a stop ended it.
        exit_code: The main container's, as ECS shows it.
        stopper: For a stop: the command, `SCHEDULER` or `SOMEBODY`.
        stopped_at: When the stop was accepted.
        passing: The start failed for a reason that passes.
        unsure: An essential sidecar has ended with a code that may have been its own: it may have been first.
        lines: What the main container wrote, in the order in which it became readable.
        late: Lines of it could be read only after others that were written later.
    """

    id: str
    run: str
    token: str = ""
    created: float = 0.0
    started: float = NEVER
    ended: float = NEVER
    shown: float = NEVER
    cause: Cause = "own"
    exit_code: int | None = None
    stopper: str = ""
    stopped_at: float = NEVER
    passing: bool = False
    unsure: bool = False
    lines: Sequence[str] = ()
    late: bool = False

    @property
    def began(self) -> bool:
        return self.started < NEVER

    def runs_on(self, at: float) -> bool:
        """Whether it went on after a moment without anyone having stopped it."""
        return self.created <= at < min(self.ended, self.stopped_at)


@dataclass(frozen=True, kw_only=True)
class Signal:
    at: float
    number: int


@dataclass(frozen=True, kw_only=True)
class CommandFact:
    """A ``batchwright run`` or ``attach``, seen from outside.

    Attributes:
        name: Its name in the plan.
        verb: ``run`` or ``attach``.
        run: The run id it was given, or made.
        began: When it was started.
        exited: When it had ended.
        code: Its exit code, as a shell sees it; none if it did not end and had to be killed.
        killed: The plan killed it with SIGKILL.
        signals: Those it was sent while it ran.
        timeout: Its timeout; none for one that never comes.
        leaves: It leaves the batch on a signal.
        detach: It leaves as soon as it has started it.
        out: Its stdout; none where nobody could read it.
        gone: The reader of its stdout went away, or was never there.
        err: Its stderr; none where nobody could read it whole.
        result: Its result file; none where there is none.
        calls: Its calls.
    """

    name: str
    verb: Literal["run", "attach"] = "run"
    run: str = ""
    began: float = 0.0
    exited: float = NEVER
    code: int | None = 0
    killed: bool = False
    signals: Sequence[Signal] = ()
    timeout: float | None = None
    leaves: bool = False
    detach: bool = False
    out: bytes | None = b""
    gone: bool = False
    err: str | None = ""
    result: Mapping[str, Any] | None = None
    calls: Sequence[CallFact] = ()

    def made(self, *operations: str) -> list[CallFact]:
        """Its calls of some operations."""
        return [call for call in self.calls if call.operation in operations]

    @property
    def leaves_at_once(self) -> bool:
        """It got a second signal, which it may not have taken for a repetition of the first: a process that was busy
        sees them further apart than they were sent.
        """
        return any(later.at - self.signals[0].at > 0.03 for later in self.signals[1:])


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """A whole run.

    Attributes:
        tasks: All tasks, the oldest first.
        commands: All commands that follow.
        forbid: The batch says ``overlap="forbid"``.
        lag: Seconds for which a new task is not listed.
        retries: The batch's ``retries``.
        retry_on: The batch's ``retry_on``.
        skewed: The clock is off by more than AWS takes.
        problems: What went wrong with the playing itself.
        executions: The runs of the batch's machine: name, begin and end.
    """

    tasks: Sequence[TaskFact]
    commands: Sequence[CommandFact]
    forbid: bool = False
    lag: float = 0.0
    retries: int = 0
    retry_on: Sequence[int | str] = ()
    skewed: bool = False
    problems: Sequence[str] = field(default_factory=tuple)
    executions: Sequence[tuple[str, float, float]] = ()
