"""What truly happened in a night, from the world's record and from outside of the commands. Times are the world's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.nights.plan import Batch, Command
from tests.soak.facts import NEVER, CommandFact, TaskFact

Span = tuple[float, float]
"""From when until when."""


@dataclass(frozen=True, kw_only=True)
class Observed:
    """A command, and what came of it.

    Attributes:
        command: What was planned.
        fact: What came of it.
        stops: What it has stopped, each with its moment: tasks' ARNs or ids, executions' ARNs, records of waits.
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
class WaitFact:
    """A wait of a run for its turn.

    Attributes:
        path: The record's name.
        run: The run.
        since: When the record was written.
        until: When it was removed, or has ended by itself: its runner could not remove it.
    """

    path: str
    run: str
    since: float
    until: float = NEVER


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
        waits: The waits of its runs.
    """

    batch: Batch
    timeout: float = 1800.0
    deadline: bool = True
    tasks: Sequence[TaskFact] = ()
    executions: Sequence[ExecutionFact] = ()
    paused: Sequence[Span] = ()
    waits: Sequence[WaitFact] = ()

    def of(self, run: str) -> list[TaskFact]:
        """The tasks of a run."""
        return [task for task in self.tasks if task.run == run]

    def machine_run(self, run: str) -> ExecutionFact | None:
        """The execution of that name."""
        return next((one for one in self.executions if one.run == run), None)

    def kept(self, task: TaskFact) -> bool:
        """Whether the machine has started a task."""
        return any(one.run == task.run for one in self.executions)

    @property
    def seen(self) -> list[tuple[str, float, float]]:
        """By what runs can be seen, since when, and until when: one that only waited is not there any more."""
        seen = [(task.run, task.created, NEVER) for task in self.tasks]
        seen += [(one.run, one.began, NEVER) for one in self.executions]
        return [*seen, *((one.run, one.since, one.until) for one in self.waits)]

    @property
    def runs(self) -> Mapping[str, float]:
        """Run id to when the run could first be seen."""
        return {run: began for run, began, _ in sorted(self.seen, key=lambda one: one[1], reverse=True)}


@dataclass(frozen=True, kw_only=True)
class NightFacts:
    """A whole night.

    Attributes:
        batches: The batches by name.
        observed: The commands.
        made: Task id to when a deadline of it was made.
        dropped: Task id to when its deadline was dropped.
        refused: When CreateSchedule failed.
        broken: Service to when it failed.
        problems: What went wrong with the playing itself.
    """

    batches: Mapping[str, BatchFacts]
    observed: Sequence[Observed]
    made: Mapping[str, Sequence[float]] = field(default_factory=dict)
    dropped: Mapping[str, Sequence[float]] = field(default_factory=dict)
    refused: Sequence[float] = ()
    broken: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    problems: Sequence[str] = ()


def meet(first: Span, second: Span) -> bool:
    """Whether two times have a moment in common."""
    return max(first[0], second[0]) <= min(first[1], second[1])
