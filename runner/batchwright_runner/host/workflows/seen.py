"""How a workflow's run stands, or has ended: asked once, without following it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from batchwright_runner.contract.execution_ends import verdict_of
from batchwright_runner.contract.executions import RUNNING, Execution
from batchwright_runner.contract.verdicts import Verdict
from batchwright_runner.contract.workflows import rules
from batchwright_runner.contract.workflows.record import Workflow
from batchwright_runner.contract.workflows.rules import StepState
from batchwright_runner.contract.workflows.structure import Step
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import PatientAws
from batchwright_runner.host.runs.workflow_end import StepEnd
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.workflows.end import in_declared_order, verdict_of_run
from batchwright_runner.host.workflows.events import Child
from batchwright_runner.host.workflows.look import Look, batch_of


@dataclass(frozen=True, slots=True)
class SeenRun:
    """A run of a workflow.

    Attributes:
        workflow: The workflow.
        execution: Its execution.
        steps: What has become of its steps so far, in declared order.
        verdict: What its end means; none while it goes on.
    """

    workflow: Workflow
    execution: Execution
    steps: Sequence[StepEnd]
    verdict: Verdict | None


def see_run(stage: Stage, workflow: Workflow, execution: Execution) -> SeenRun:
    """Looks at a run.

    Args:
        stage: The stage.
        workflow: The workflow.
        execution: The run's execution.

    Raises:
        RunnerError: It cannot be seen.
    """
    what = f"the steps of {execution.arn} cannot be seen"
    aws = PatientAws(stage.aws, what, stage.waiter, stage.tell)
    look = Look(aws, execution.arn, stage.waiter.now)
    try:
        look.at_history()
        seen = {child.step: _step(workflow, look, child) for child in look.history.children.values()}
    except ApiError as error:
        raise RunnerError(f"{what}: {error}") from error
    running = execution.status == RUNNING
    steps = in_declared_order(workflow, seen, execution)
    states, ends = {end.step.name: end.state for end in steps}, {end.step.name: end.verdict for end in steps}
    return SeenRun(workflow, execution, steps, None if running else verdict_of_run(workflow, execution, states, ends))


def _step(workflow: Workflow, look: Look, child: Child) -> StepEnd:
    execution = look.at_end_of(child)
    end = StepEnd(
        step=Step(name=child.step, batch=batch_of(workflow, child)),
        state=rules.RUNNING,
        extra={"execution": child.arn},
    )
    if execution is None:
        return end
    found, took = verdict_of(execution), execution.stopped - child.began if execution.stopped else None
    return replace(end, state=StepState.of(found.row, found.code), verdict=found, seconds=took)
