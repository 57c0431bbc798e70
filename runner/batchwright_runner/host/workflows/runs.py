"""The runs of workflows, each with the runs of its steps."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from batchwright_runner.contract.executions import RUNNING, Execution
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.run import Run
from batchwright_runner.contract.workflows.again import told_done
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.names import child_name
from batchwright_runner.contract.workflows.run import StepsRun, with_steps
from batchwright_runner.errors import DeniedError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.fargate.executions import describe_execution, executions_named, executions_of

LOOKED_AGAIN = 15.0
"""Seconds between two looks at the executions: an account may list executions twice a second in the long run."""


@dataclass(slots=True)
class WorkflowRuns:
    """The runs of some workflows."""

    aws: Aws
    workflows: Sequence[WorkflowManifest]
    since: Callable[[], float]
    # A clock that never goes back, in seconds
    clock: Callable[[], float]
    # The batches of which the executions without a task are asked for by their names. Default: none, who joins them has
    # the others.
    manifests: Sequence[BatchManifest] = ()
    _known: list[StepsRun] = field(default_factory=list)
    _looked: float = float("-inf")

    def join(self, runs: Sequence[Run]) -> tuple[list[StepsRun], list[Run]]:
        """The runs of the workflows with those of their steps, and the other runs; each the newest first."""
        if self.clock() - self._looked >= LOOKED_AGAIN:
            ended = {run.execution: run.whole for run in self._known if not run.in_progress}
            # The list of executions lacks their errors and their inputs.
            known = [
                StepsRun.of(workflow, ended.get(listed.arn) or describe_execution(self.aws, listed.arn) or listed)
                for workflow in self.workflows
                for listed in executions_since(self.aws, workflow, self.since())
            ]
            self._known = sorted(known, key=lambda run: run.created, reverse=True)
            self._looked = self.clock()
        joined, others = with_steps(self._known, runs)
        return with_steps(self._known, [*runs, *self._without_tasks(joined)]) if self.manifests else (joined, others)

    def _without_tasks(self, joined: Sequence[StepsRun]) -> Iterator[Run]:
        """The steps that have ended without a task: paused ones, say. Of a run that has succeeded there are none."""
        manifests = {manifest.batch: manifest for manifest in self.manifests}
        for whole in joined:
            known = {*(name for name, _ in whole.steps), *told_done(whole.whole)}
            for step in () if whole.succeeded else whole.workflow.all_steps:
                manifest, called = manifests.get(step.batch), child_name(step.name, whole.execution)
                if step.name not in known and manifest is not None:
                    with suppress(DeniedError):
                        yield from (Run([attempt]) for attempt in executions_named(self.aws, [manifest], called))


def executions_since(aws: Aws, workflow: WorkflowManifest, since: float) -> Iterator[Execution]:
    """The executions of a workflow that began since a moment, the newest first, and those that run."""
    for execution in executions_of(aws, workflow.machine):
        if execution.started < since and execution.status != RUNNING:
            return
        yield execution
