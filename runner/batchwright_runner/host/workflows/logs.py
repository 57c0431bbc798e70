"""Shows the logs of a workflow's run as far as there are some by now: of all its steps, or of one."""

from batchwright_runner.contract.judgment.state import state_of
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.tasks import identity
from batchwright_runner.contract.workflows.record import Workflow
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import PatientAws
from batchwright_runner.host.fargate.log_view import LogView
from batchwright_runner.host.fargate.logs import LogReader
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.log_output import Output
from batchwright_runner.host.terminal.text import did_you_mean
from batchwright_runner.host.workflows.events import Child
from batchwright_runner.host.workflows.look import Look, batch_of


def check_step(workflow: Workflow, step: str) -> None:
    """Refuses a step that a workflow does not have.

    Raises:
        UsageError: It has none of that name.
    """
    names = [one.name for one in workflow.all_steps]
    if step and step not in names:
        raise UsageError(f"no such step {step!r} of {workflow.name}", hint=did_you_mean(step, names))


def show_logs(stage: Stage, workflow: Workflow, arn: str, output: Output, view: LogView, step: str = "") -> None:
    """Shows the logs, one step after another, in the order in which they began.

    Args:
        stage: The stage.
        workflow: The workflow.
        arn: The run's execution.
        output: Where they go.
        view: What of each is wanted.
        step: The only step that is shown, without labels. Default: all of them, each line with its step's name.

    Raises:
        RunnerError: One cannot be read, or the step has none.
    """
    look = Look(
        PatientAws(stage.aws, f"the log of {arn} cannot be read", stage.waiter, stage.tell), arn, stage.waiter.now
    )
    try:
        look.at_history()
        children = [child for child in look.history.children.values() if step in ("", child.step)]
        found = [(child, stage.read(batch_of(workflow, child)).manifest) for child in children]
        look.pool.find(sorted({manifest.cluster for _, manifest in found}))
        for child, manifest in found:
            look.at_past_tasks(child, manifest)
    except ApiError as error:
        raise RunnerError(f"the log of {arn} cannot be read: {error}") from error
    shown = [
        _show(stage, look, child, manifest, output if step else _labeled(output, child), view)
        for child, manifest in found
    ]
    if step and not any(shown):
        why = "no task of it is known" if children else "it has not been started"
        run = f"{workflow.name}@{identity(arn)}"
        hint = f"See what became of it: batchwright attach {run} -s {workflow.stage}"
        raise RunnerError(f"step {step} has no log: {why}", hint=hint)


def _show(stage: Stage, look: Look, child: Child, manifest: BatchManifest, output: Output, view: LogView) -> bool:
    """Shows the logs of a step's tasks. Gives whether there is one."""
    reader, tasks = LogReader(stage, output), look.pool.of(child.name)
    for task in tasks:
        state = state_of(task, manifest.container, essential=manifest.essential)
        if state.began:
            reader.whole(manifest, str(task["taskArn"]), view, over=state.ended)
    return bool(tasks)


def _labeled(output: Output, child: Child) -> Output:
    return output.labeled(f"{child.step} | ".encode())
