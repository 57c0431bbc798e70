"""The runs of workflows, each with the runs of its steps."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from batchwright_runner.contract.command_lines import again_line
from batchwright_runner.contract.execution_ends import verdict_of
from batchwright_runner.contract.executions import RUNNING, Execution
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import iso
from batchwright_runner.contract.run import Run
from batchwright_runner.contract.tasks import SHORT_ID, identity
from batchwright_runner.contract.verdicts import Verdict, word
from batchwright_runner.contract.workflows.again import told_done
from batchwright_runner.contract.workflows.as_batch import who_asked
from batchwright_runner.contract.workflows.names import child_name, first_id, shown_id
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.errors import DeniedError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.fargate.execution_runs import executions_named
from batchwright_runner.host.fargate.run_entry import Entry, entry_of
from batchwright_runner.host.stage.executions import describe_execution, executions_of

LOOKED_AGAIN = 15.0
"""Seconds between two looks at the executions: an account may list executions twice a second in the long run."""
_SHORT = 8


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """A run of a workflow."""

    workflow: WorkflowRecord
    execution: Execution
    # Step to its run, in the order in which they began: those that are known
    steps: Sequence[tuple[str, Run]] = ()

    @property
    def created(self) -> float:
        """When it was started, in seconds since 1970."""
        return self.execution.started

    @property
    def in_progress(self) -> bool:
        """Whether it goes on."""
        return self.execution.status == RUNNING

    @property
    def verdict(self) -> Verdict | None:
        """What its end means; none while it goes on."""
        return None if self.in_progress else verdict_of(self.execution)

    @property
    def succeeded(self) -> bool:
        """Whether it has ended well."""
        verdict = self.verdict
        return verdict is not None and verdict.succeeded

    @property
    def again(self) -> str:
        """The command that runs it again, where it has failed; empty where it would end the same."""
        if self.verdict is None or not self.verdict.may_improve:
            return ""
        return again_line(self.workflow.name, self.workflow.stage, shown_id(self.execution.run_id))


@dataclass(slots=True)
class WorkflowRuns:
    """The runs of some workflows."""

    aws: Aws
    workflows: Sequence[WorkflowRecord]
    since: Callable[[], float]
    # A clock that never goes back, in seconds
    clock: Callable[[], float]
    # The batches of which the executions without a task are asked for by their names. Default: none, who joins them has
    # the others.
    manifests: Sequence[BatchManifest] = ()
    _known: list[WorkflowRun] = field(default_factory=list)
    _looked: float = float("-inf")

    def join(self, runs: Sequence[Run]) -> tuple[list[WorkflowRun], list[Run]]:
        """The runs of the workflows with those of their steps, and the other runs; each the newest first."""
        if self.clock() - self._looked >= LOOKED_AGAIN:
            ended = {run.execution.arn: run.execution for run in self._known if not run.in_progress}
            # The list of executions lacks their errors and their inputs.
            self._known = [
                WorkflowRun(workflow, ended.get(listed.arn) or describe_execution(self.aws, listed.arn) or listed)
                for workflow in self.workflows
                for listed in executions_since(self.aws, workflow, self.since())
            ]
            self._looked = self.clock()
        newest_first = sorted(self._known, key=lambda run: run.created, reverse=True)
        joined, others = with_steps(newest_first, runs)
        return with_steps(newest_first, [*runs, *self._without_tasks(joined)]) if self.manifests else (joined, others)

    def _without_tasks(self, joined: Sequence[WorkflowRun]) -> Iterator[Run]:
        """The steps that have ended without a task: paused ones, say. Of a run that has succeeded there are none."""
        manifests = {manifest.batch: manifest for manifest in self.manifests}
        for whole in joined:
            known = {*(name for name, _ in whole.steps), *told_done(whole.execution)}
            for step in () if whole.succeeded else whole.workflow.all_steps:
                manifest, called = manifests.get(step.batch), child_name(step.name, whole.execution.arn)
                if step.name not in known and manifest is not None:
                    with suppress(DeniedError):
                        yield from (Run([attempt]) for attempt in executions_named(self.aws, [manifest], called))


def executions_since(aws: Aws, workflow: WorkflowRecord, since: float) -> Iterator[Execution]:
    """The executions of a workflow that began since a moment, the newest first, and those that run."""
    for execution in executions_of(aws, workflow.machine):
        if execution.started < since and execution.status != RUNNING:
            return
        yield execution


def with_steps(workflow_runs: Sequence[WorkflowRun], runs: Sequence[Run]) -> tuple[list[WorkflowRun], list[Run]]:
    """Runs of workflows with those of their steps, and the runs that are of no step of them. Pure."""
    by_name = {identity(run.execution): run for run in runs if run.execution}
    joined = []
    for whole in workflow_runs:
        named = [
            (step.name, by_name.pop(child_name(step.name, whole.execution.arn), None))
            for step in whole.workflow.all_steps
        ]
        steps = [(name, run) for name, run in named if run is not None]
        joined.append(replace(whole, steps=sorted(steps, key=lambda step: step[1].created)))
    rest = {id(run) for run in by_name.values()}
    return joined, [run for run in runs if not run.execution or id(run) in rest]


def short_id(execution: Execution) -> str:
    """What a run is called in a table, which every verb takes: the beginning of a UUID, or of the hash in its name."""
    name = execution.name
    first, _ = first_id(name)
    for part in (first, name.rpartition("-")[2] if name != execution.run_id else ""):
        if SHORT_ID.fullmatch(part[:_SHORT]):
            return part[:_SHORT] + name[len(first) :]
    return name


def is_called(execution: Execution, short: str) -> bool:
    """Whether a short id is that of an execution; its input need not be known."""
    name = execution.name
    (first, number), (prefix, prefix_number) = first_id(name), first_id(short)
    if number != prefix_number:
        return False
    return first.startswith(prefix) or first.rpartition("-")[2].startswith(prefix)


def entry_of_workflow(run: WorkflowRun, now: float) -> Entry:
    """A run as ``--json`` prints it, with ``steps``: the runs of its steps.

    `now`: seconds since 1970.
    """
    execution, verdict = run.execution, run.verdict
    seconds = max(0.0, (now if run.in_progress else execution.stopped) - execution.started)
    return {
        "batch": run.workflow.name,
        "run": f"{run.workflow.name}@{short_id(execution)}",
        "id": short_id(execution),
        "run_id": execution.run_id,
        "by": who_asked(execution),
        "backfill": execution.backfill,
        "task": "",
        "execution": execution.arn,
        "started": iso(execution.started),
        "seconds": round(seconds, 1),
        "code": verdict.code if verdict else None,
        "row": verdict.row.value if verdict else None,
        "word": word(verdict.row, verdict.code) if verdict else execution.status.lower(),
        "reason": execution.why,
        "advice": "",
        "result": verdict.why if verdict else execution.status.lower(),
        "attempts": [],
        "steps": [{"step": name, **entry_of(step, now), "by": run.workflow.name} for name, step in run.steps],
    }
