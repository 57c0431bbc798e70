"""The state or end of a workflow's run, and the logs of its steps so far: read once, without following it."""

from collections.abc import Sequence
from dataclasses import dataclass

from batchwright_runner.contract.executions import RUNNING, Execution, verdict_of
from batchwright_runner.contract.judgment.state import state_of
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.tasks import identity
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.fargate.log_view import LogView
from batchwright_runner.host.fargate.logs import LogReader
from batchwright_runner.host.runs.workflow_end import StepEnd
from batchwright_runner.host.stage.patient import patient
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.log_output import Output
from batchwright_runner.host.workflows.end import in_declared_order, verdict_of_run
from batchwright_runner.host.workflows.events import Child
from batchwright_runner.host.workflows.look import WorkflowLook, batch_of
from batchwright_runner.host.workflows.step import NEVER_ASKED


@dataclass(frozen=True, slots=True)
class SeenRun:
    """A run of a workflow."""

    workflow: WorkflowManifest
    execution: Execution
    # What has become of its steps so far, in declared order
    steps: Sequence[StepEnd]
    # What its end means; none while it goes on
    verdict: Verdict | None


def see_run(stage: Stage, workflow: WorkflowManifest, execution: Execution) -> SeenRun:
    """Looks at a run."""
    with patient(stage, f"the steps of {execution.arn} cannot be seen") as aws:
        look = WorkflowLook(aws, execution.arn, stage.waiter.now)
        look.at_history()
        ends = {
            child.step: child.end(batch_of(workflow, child), look.at_end_of(child))
            for child in look.history.children.values()
        }
    steps = in_declared_order(workflow, ends, execution)
    verdict = None if execution.status == RUNNING else verdict_of_run(workflow, execution, steps)
    return SeenRun(workflow, execution, steps, verdict)


def show_logs(stage: Stage, workflow: WorkflowManifest, arn: str, output: Output, view: LogView, step: str) -> None:
    """Shows the logs, one step after another, in the order in which they began.

    `step`: the only step that is shown, without labels; empty for all, each line with its step's name.
    """
    with patient(stage, f"the log of {arn} cannot be read") as aws:
        look = WorkflowLook(aws, arn, stage.waiter.now)
        look.at_history()
        children = [child for child in look.history.children.values() if step in ("", child.step)]
        steps = [(child, stage.read_batch(batch_of(workflow, child))) for child in children]
        look.pool.find(sorted({manifest.cluster for _, manifest in steps}))
        for child, manifest in steps:
            look.at_past_tasks(child, manifest)
    shown = [
        _show(stage, look, child, manifest, output if step else output.labeled(f"{child.step} | ".encode()), view)
        for child, manifest in steps
    ]
    unknown = [child.step for child, known in zip(children, shown, strict=True) if not known and _began(look, child)]
    if unknown or (step and not any(shown)):
        why = "no task of it is known" if children else "it has not been started"
        run = f"{workflow.name}@{identity(arn)}"
        hint = f"See what became of it: batchwright attach {run} -s {workflow.stage}"
        raise RunnerError(f"step {', '.join(unknown) or step} has no log: {why}", hint=hint)


def _began(look: WorkflowLook, child: Child) -> bool:
    """Whether a step has ended that had a task, and so a log."""
    execution = look.at_end_of(child)
    return execution is not None and verdict_of(execution).row not in (*NEVER_ASKED, Row.NEVER_STARTED)


def _show(
    stage: Stage, look: WorkflowLook, child: Child, manifest: BatchManifest, output: Output, view: LogView
) -> bool:
    """Shows the logs of a step's tasks. Gives whether there is one."""
    reader, tasks = LogReader(stage, output), look.pool.of(child.name)
    for task in tasks:
        state = state_of(task, manifest.container, essential=manifest.essential)
        if state.began:
            reader.whole(manifest, str(task["taskArn"]), view, over=state.ended)
    return bool(tasks)
