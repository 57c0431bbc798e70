"""What truly happened, from the world's record and from outside of the commands. Times are the world's."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.soak.plan import Batch, Command

NEVER = math.inf
Cause = Literal["own", "start", "aws", "sidecar", "stop"]
SOMEBODY, SCHEDULER = "somebody", "scheduler"
BROKEN = frozenset({"lost", "cut", "reset"})
"""Outcomes of calls that were carried out, and whose answer did not arrive whole."""
Span = tuple[float, float]
"""From when until when."""


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
        timeout: Its timeout, or its batch's; none for one that never comes.
        leaves: It leaves the batch on a signal.
        detach: It leaves as soon as it has started it.
        out: Its stdout; none where it could not be read.
        gone: The reader of its stdout went away, or was never there.
        err: Its stderr; none where it could not be read whole.
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
    """A batch's part, as the oracle takes it.

    Attributes:
        tasks: All tasks, the oldest first.
        commands: All commands that follow.
        forbid: The batch says ``overlap="forbid"``, or ``"wait"``.
        lag: Seconds for which a new task is not listed.
        retries: The batch's ``retries``.
        retry_on: The batch's ``retry_on``.
        skewed: The clock is off by more than AWS takes.
        executions: The runs of the batch's machine: name, begin and end.
        seen: Run id to when the run could first be seen. Default: with its first task.
        broken: When other runs could not be seen.
    """

    tasks: Sequence[TaskFact]
    commands: Sequence[CommandFact]
    forbid: bool = False
    lag: float = 0.0
    retries: int = 0
    retry_on: Sequence[int | str] = ()
    skewed: bool = False
    executions: Sequence[tuple[str, float, float]] = ()
    seen: Mapping[str, float] = field(default_factory=dict)
    broken: Sequence[Span] = ()


@dataclass(frozen=True, kw_only=True)
class Observed:
    """A command, and what came of it.

    Attributes:
        command: What was planned.
        fact: What came of it.
        stops: What it has stopped, each with its moment: tasks' ARNs or ids, executions' ARNs.
        without: When it had no good credentials.
        strayed: What it did with a file of somebody else's; empty for nothing.
    """

    command: Command
    fact: CommandFact
    stops: Sequence[tuple[float, str]] = ()
    without: Sequence[Span] = ()
    strayed: str = ""

    @property
    def name(self) -> str:
        return self.command.name


@dataclass(frozen=True, kw_only=True)
class ExecutionFact:
    """An execution of a batch's machine.

    Attributes:
        arn: Its ARN.
        run: Its name.
        began: When it was started.
        ended: When it ended.
        code: The exit code that its end stands for; none while it runs.
        error: The name of its failure; its status where it has none.
    """

    arn: str
    run: str
    began: float
    ended: float = NEVER
    code: int | None = None
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class BatchFacts:
    """A batch.

    Attributes:
        batch: What was planned.
        timeout: Its timeout.
        deadline: Its manifest has a deadline.
        tasks: Its tasks, the oldest first; of a machine's the run is the execution's name.
        executions: Those of its machine.
        paused: When it was paused.
    """

    batch: Batch
    timeout: float = 1800.0
    deadline: bool = True
    tasks: Sequence[TaskFact] = ()
    executions: Sequence[ExecutionFact] = ()
    paused: Sequence[Span] = ()

    def of(self, run: str) -> list[TaskFact]:
        """The tasks of a run."""
        return [task for task in self.tasks if task.run == run]

    def machine_run(self, run: str) -> ExecutionFact | None:
        """The execution of that name."""
        return next((execution for execution in self.executions if execution.run == run), None)

    def owns(self, task: TaskFact) -> bool:
        """Whether the machine has started a task."""
        return any(execution.run == task.run for execution in self.executions)

    @property
    def seen(self) -> list[tuple[str, float]]:
        """By what runs can be seen, and since when."""
        executions = [(execution.run, execution.began) for execution in self.executions]
        return [*((task.run, task.created) for task in self.tasks), *executions]

    @property
    def runs(self) -> Mapping[str, float]:
        """Run id to when the run could first be seen."""
        return dict(sorted(self.seen, key=lambda start: start[1], reverse=True))


@dataclass(frozen=True, kw_only=True)
class Facts:
    """A whole play.

    Attributes:
        batches: The batches by name.
        observed: The commands.
        made: Task id to when a deadline of it was made.
        dropped: Task id to when its deadline was dropped.
        broken: Service to when it failed.
        skewed: The clock is off by more than AWS takes.
        problems: What went wrong with the playing itself.
    """

    batches: Mapping[str, BatchFacts]
    observed: Sequence[Observed]
    made: Mapping[str, Sequence[float]] = field(default_factory=dict)
    dropped: Mapping[str, Sequence[float]] = field(default_factory=dict)
    broken: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    skewed: bool = False
    problems: Sequence[str] = ()


def meet(first: Span, second: Span) -> bool:
    """Whether two times have a moment in common."""
    return max(first[0], second[0]) <= min(first[1], second[1])
