"""Which runs a verb is about. What knows workflows is loaded where a text names no batch, and no run of one."""

from batchwright_runner.host.fargate import meant
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.stage.session import Stage


def runs_about(stage: Stage, text: str, *, batch: bool = False) -> Runs:
    """The runs among which a text names one; the arguments and errors are those of `meant.runs_about`.

    Raises:
        WorkflowNamedError: It names a workflow, or a run of one.
    """
    return meant.runs_about(stage, text, batch=batch, otherwise=_workflow)


def _workflow(stage: Stage, text: str) -> None:
    from batchwright_runner.host.workflows.find import refuse_workflow  # few texts mean one

    refuse_workflow(stage, text)
