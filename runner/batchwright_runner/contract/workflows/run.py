"""A run of a workflow: its one attempt is its execution, and its steps are runs of their batches. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from batchwright_runner.contract.command_lines import again_line
from batchwright_runner.contract.executions import Execution, known_execution
from batchwright_runner.contract.run import Run
from batchwright_runner.contract.tasks import SHORT_ID, identity
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.names import child_name, first_id, shown_id

_SHORT = 8


@dataclass(frozen=True, slots=True)
class StepsRun(Run):
    """A run of a workflow."""

    workflow: WorkflowManifest
    whole: Execution
    # Step to its run, in the order in which they began: those that are known
    steps: Sequence[tuple[str, Run]] = ()

    @classmethod
    def of(cls, workflow: WorkflowManifest, execution: Execution) -> Self:
        """A run by its execution; nothing of its steps is known."""
        return cls((known_execution(workflow, execution),), workflow, execution)

    @property
    def short_id(self) -> str:
        """What it is called in a table, which every verb takes: what begins a UUID, or the hash in its name."""
        name = self.whole.name
        first, _ = first_id(name)
        for part in (first, name.rpartition("-")[2] if name != self.whole.run_id else ""):
            if SHORT_ID.fullmatch(part[:_SHORT]):
                return part[:_SHORT] + name[len(first) :]
        return name

    @property
    def again(self) -> str:
        """The command that runs it again, where it has failed; empty where it would end the same."""
        if self.verdict is None or not self.verdict.may_improve:
            return ""
        return again_line(self.workflow.name, self.workflow.stage, shown_id(self.whole.run_id))

    def with_steps(self, by_name: Mapping[str, Run]) -> Self:
        """It with the runs of its steps, of runs by the names of their executions."""
        named = [(step.name, by_name.get(child_name(step.name, self.execution))) for step in self.workflow.all_steps]
        steps = [(name, run) for name, run in named if run is not None]
        return replace(self, steps=sorted(steps, key=lambda step: step[1].created))


def with_steps(workflow_runs: Sequence[StepsRun], runs: Sequence[Run]) -> tuple[list[StepsRun], list[Run]]:
    """Runs of workflows with those of their steps, and the runs that are of no step of them."""
    by_name = {identity(run.execution): run for run in runs if run.execution}
    joined = [whole.with_steps(by_name) for whole in workflow_runs]
    taken = {id(run) for whole in joined for _, run in whole.steps}
    return joined, [run for run in runs if id(run) not in taken]


def is_called(execution: Execution, short: str) -> bool:
    """Whether a short id is that of an execution; its input need not be known."""
    name = execution.name
    (first, number), (prefix, prefix_number) = first_id(name), first_id(short)
    if number != prefix_number:
        return False
    return first.startswith(prefix) or first.rpartition("-")[2].startswith(prefix)
