"""What alerts know of workflows: of the end of a run, and of the end of one of its steps. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from batchwright_runner.contract.alerting.events import ExecutionEnded
from batchwright_runner.contract.alerting.record import AlertRecord
from batchwright_runner.contract.executions import TIMED_OUT, Execution
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.tasks import execution_arn, identity
from batchwright_runner.contract.verdicts import named, word
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.names import child_name
from batchwright_runner.contract.workflows.structure import WorkflowStep

NAMED = 8
"""Steps that were not started which are named one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowPart:
    """What has ended of a run of a workflow: the whole, or a step."""

    workflow: WorkflowManifest
    arn: str
    step: WorkflowStep | None = None
    # The end of the whole; none where a step has ended
    execution: Execution | None = None
    # Whether the end of the step that decided the whole was reported; none where that is not known yet
    told: bool | None = False
    # The steps that have no execution, where the machine cannot say how the steps have ended
    missing: Sequence[str] = ()

    @classmethod
    def of(cls, event: ExecutionEnded, workflow: WorkflowManifest) -> Self | None:
        """The part that has ended; none where the workflow does not have such a step any more."""
        if workflow.name == event.batch:
            return cls(workflow=workflow, arn=event.arn, execution=event.execution)
        arn, name = event.execution.parent, identity(event.arn)
        step = next((step for step in workflow.all_steps if child_name(step.name, arn) == name), None)
        return None if step is None else cls(workflow=workflow, arn=arn, step=step)

    @property
    def run(self) -> str:
        """The run, as commands take it."""
        return f"{self.workflow.name}@{identity(self.arn)}"

    @property
    def ignored(self) -> bool:
        """Whether it is a step whose failure does not count."""
        return self.step is not None and self.step.on_failure == "ignore"

    @property
    def decided_by(self) -> WorkflowStep | None:
        """The step that decided the whole, as its machine says; none where no step did."""
        name = self.execution.said.get("step") if self.execution is not None else None
        return next((step for step in self.workflow.all_steps if step.name == name), None)

    @property
    def unstarted(self) -> Sequence[str]:
        """The steps that were not started, as far as that is known."""
        ends = self._ends
        return [step.name for step in self.workflow.all_steps if step.name not in ends] if ends else self.missing

    @property
    def children(self) -> Mapping[str, str]:
        """Step to the ARN of its execution, where the whole was ended from outside and its machine says nothing."""
        if self.execution is None or self.execution.status not in ("ABORTED", TIMED_OUT):
            return {}
        names = StageNames.of(self.workflow)
        place = self.workflow.machine.rpartition(":")[0]
        return {
            step.name: execution_arn(f"{place}:{names.family(step.batch)}", child_name(step.name, self.arn))
            for step in self.workflow.all_steps
        }

    @property
    def why(self) -> str:
        """Why the whole has failed, by the step that decided it; empty where none did."""
        step = self.decided_by
        if step is None or self.execution is None:
            return ""
        error = self._ends.get(step.name) or self.execution.error
        return f"Step {step.name}: {word(*named(error))}."

    @property
    def left(self) -> str:
        """Which steps were not started, in words; empty for none."""
        names, more = self.unstarted[:NAMED], len(self.unstarted) - NAMED
        return f"Not started: {', '.join(names)}{f' and {more} more' if more > 0 else ''}." if names else ""

    def told_of(self, step: WorkflowStep, record: AlertRecord) -> bool | None:
        """Whether the end of a step was reported, by its batch's record; none where that does not have it yet."""
        run = child_name(step.name, self.arn)
        return next((end.told for end in reversed(record.ends) if end.run == run), None)

    @property
    def _ends(self) -> dict[str, str]:
        """Step to the name of its end; empty for a success."""
        ends = self.execution.said.get("ends") if self.execution is not None else None
        listed = ends if isinstance(ends, list) else []
        return {str(end.get("step")): str(end.get("error") or "") for end in listed if isinstance(end, dict)}
