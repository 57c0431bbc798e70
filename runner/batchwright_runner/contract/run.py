"""A run: its attempts in order, and what they mean together. Pure.

ECS knows tasks, and each of them is an attempt. Whoever shows or judges runs joins their attempts here, so that a run
has one verdict and one duration wherever it is shown.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from batchwright_runner.contract.ends import OUT_OF_MEMORY
from batchwright_runner.contract.judgment.ending import ending_of
from batchwright_runner.contract.judgment.retries import after
from batchwright_runner.contract.judgment.state import TaskState, state_of
from batchwright_runner.contract.judgment.verdict import verdict
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.manifests import Manifest
from batchwright_runner.contract.tasks import (
    attempt_number,
    created_at,
    execution_of,
    is_execution,
    name_of_run,
    run_of,
    scheduled_of,
    variable_of,
)
from batchwright_runner.contract.variables import BACKFILL, RUN_ID
from batchwright_runner.contract.verdicts import Row, Verdict, word


@dataclass(frozen=True, slots=True)
class Attempt:
    """One task of a run; or its execution, as long as that has no task."""

    # The batch, or the workflow, that it is an attempt of
    subject: Manifest
    # Its task's ARN; where it has none, the execution's
    arn: str
    # The id of its run, as ECS keeps it; empty where it has none
    started_by: str
    state: TaskState
    # When it was asked for, in seconds since 1970
    created: float
    in_ecs: bool = True
    stopping: bool = False
    # The execution that keeps it, for a run that a machine has started; empty for any other
    execution: str = ""
    # What its end means, where it had no task that shows it
    known_verdict: Verdict | None = None
    # Its task as ECS or the history shows it; empty where it had none
    task: Mapping[str, Any] = field(default_factory=dict)
    # The time for which it was due, as ISO 8601; empty where that is not known
    scheduled: str = ""
    # The id of the backfill that it belongs to; empty for none
    backfill: str = ""
    # Which attempt of its run it is, from 1; 0 where that is not known
    number: int = 0

    @classmethod
    def of(cls, manifest: BatchManifest, task: Mapping[str, Any], *, in_ecs: bool = True) -> Self:
        """A task as an attempt."""
        return cls(
            manifest,
            str(task["taskArn"]),
            run_of(task),
            state_of(task, manifest.container, essential=manifest.essential),
            created_at(task),
            in_ecs=in_ecs,
            stopping=task.get("desiredStatus") == "STOPPED",
            execution=execution_of(manifest, task),
            task=task,
            scheduled=scheduled_of(task, manifest.container),
            backfill=variable_of(task, manifest.container, BACKFILL),
            number=attempt_number(task, manifest.container),
        )

    @property
    def manifest(self) -> BatchManifest:
        """Its batch. A workflow has no tasks: its runs are executions, and steps are attempts of their batches."""
        if not isinstance(self.subject, BatchManifest):
            raise TypeError(f"{self.subject.name} is a workflow")
        return self.subject

    @property
    def has_task(self) -> bool:
        """Whether a task is known of it: a machine's run may wait, or end, without one."""
        return not is_execution(self.arn)

    @property
    def attempt_of(self) -> str:
        """What the attempts of its run have in common; itself where neither the runner nor a machine started it.

        Who else starts tasks may give all of them one ``startedBy``, as an EventBridge rule does: each is a run.
        """
        ours = self.execution or variable_of(self.task, self.manifest.container, RUN_ID)
        return self.started_by if ours and self.started_by else self.arn

    @property
    def verdict(self) -> Verdict | None:
        """What its end means; none while it goes on."""
        if self.known_verdict is not None or not self.state.ended:
            return self.known_verdict
        return verdict(ending_of(self.manifest.container, self.state))

    @property
    def gave_way(self) -> bool:
        """Whether it was stopped for another run before it began: it has come to nothing."""
        return not self.state.began and self.verdict is not None and self.verdict.row is Row.OVERLAP

    @property
    def ended(self) -> float | None:
        """When its containers ended, in seconds since 1970; none while it goes on, or where that is not known."""
        times = self.state.times
        return (times.get("executionStoppedAt") or times.get("stoppedAt")) if self.state.ended else None

    @property
    def word(self) -> str:
        """Its end in a word or two, for people; ECS's status while it goes on."""
        verdict = self.verdict
        if verdict is None:
            return self.state.status.lower()
        killed = verdict.row is Row.OWN and OUT_OF_MEMORY in self.state.reason
        return "out of memory" if killed else word(verdict.row, verdict.code)

    def seconds(self, now: float) -> float | None:
        """Seconds from its request to its end; none where that is not known.

        `now`: the end of one that goes on, in seconds since 1970.
        """
        end = self.ended if self.state.ended else now
        return None if end is None else max(0.0, end - self.created)

    @property
    def name(self) -> str:
        """``BATCH@ID``, as every line names its run and every verb takes it."""
        return name_of_run(self.subject.name, self.arn, self.started_by)


@dataclass(frozen=True, slots=True)
class Run:
    """A run, with those of its attempts that are known."""

    # Its attempts, the first one first; one at least
    attempts: Sequence[Attempt]

    @property
    def subject(self) -> Manifest:
        """The batch, or the workflow, that it is a run of."""
        return self.attempts[-1].subject

    @property
    def manifest(self) -> BatchManifest:
        """Its batch."""
        return self.attempts[-1].manifest

    @property
    def started_by(self) -> str:
        """Its id, as ECS keeps it; empty where it has none."""
        return self.attempts[-1].started_by

    @property
    def execution(self) -> str:
        """The execution that keeps it, where a machine has started it; empty for any other."""
        return self.attempts[-1].execution

    @property
    def scheduled(self) -> str:
        """The time for which it was due, as ISO 8601; empty where that is not known."""
        return next((attempt.scheduled for attempt in self.attempts if attempt.scheduled), "")

    @property
    def backfill(self) -> str:
        """The id of the backfill that it belongs to; empty for none."""
        return next((attempt.backfill for attempt in self.attempts if attempt.backfill), "")

    @property
    def last(self) -> Attempt:
        """The attempt that speaks for the run: the one in progress, else the last that did not come to nothing."""
        counted = [attempt for attempt in self.attempts if not attempt.gave_way] or self.attempts
        return next((attempt for attempt in reversed(counted) if not attempt.state.ended), counted[-1])

    @property
    def in_progress(self) -> bool:
        """Whether an attempt of it goes on. Whether another one will follow cannot be known."""
        return not self.last.state.ended

    @property
    def began(self) -> bool:
        """Whether anything of the batch has run."""
        return any(attempt.state.began for attempt in self.attempts)

    @property
    def verdict(self) -> Verdict | None:
        """What its end means; none while it goes on."""
        last, verdict = self.last, self.last.verdict
        begun = [attempt.number for attempt in self.attempts if attempt.state.began and attempt is not last]
        return None if verdict is None else after(max(begun, default=0), verdict)

    @property
    def succeeded(self) -> bool:
        """Whether a 0 of its container's own was seen at its end."""
        verdict = self.verdict
        return verdict is not None and verdict.succeeded

    @property
    def created(self) -> float:
        """When its first attempt was asked for, in seconds since 1970."""
        return self.attempts[0].created

    @property
    def ended(self) -> float | None:
        """When its last attempt ended, in seconds since 1970; none while it goes on, or where that is not known."""
        return self.last.ended

    def seconds(self, now: float) -> float | None:
        """Seconds from the start of the first attempt to the end of the last one; none where that is not known.

        `now`: the end of a run that is in progress, in seconds since 1970.
        """
        took = self.last.seconds(now)
        return None if took is None else took + self.last.created - self.created


def runs_from(attempts: Iterable[Attempt]) -> list[Run]:
    """Attempts joined to runs, the newest run first.

    Attempts belong together that have their batch and their run id in common, or the execution of a machine. One that
    both ECS and the history know counts once, as ECS knows it.
    """
    by_arn: dict[str, Attempt] = {}
    for attempt in attempts:
        if attempt.in_ecs or attempt.arn not in by_arn:
            by_arn[attempt.arn] = attempt
    by_run: dict[tuple[str, str], list[Attempt]] = {}
    for attempt in sorted(by_arn.values(), key=lambda attempt: attempt.created):
        by_run.setdefault((attempt.subject.name, attempt.attempt_of), []).append(attempt)
    runs = [Run(tuple(_numbered(joined))) for joined in by_run.values()]
    return sorted(runs, key=lambda run: run.created, reverse=True)


def _numbered(attempts: Iterable[Attempt]) -> Iterator[Attempt]:
    """Attempts with their numbers. Of those before, ECS may have forgotten some, and only a task in ECS has a tag."""
    number = 0
    for attempt in attempts:
        number = max(attempt.number, number + 1)
        yield replace(attempt, number=number)
