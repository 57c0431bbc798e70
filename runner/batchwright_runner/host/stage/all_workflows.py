"""All workflows of a stage."""

from collections.abc import Sequence

from batchwright_runner.contract.workflows.names import workflows_folder
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.errors import RunnerError, UnusableManifestError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.parameters import last_part, parameters_below
from batchwright_runner.host.aws.retry import LIST_HINT, PatientAws
from batchwright_runner.host.stage.all_batches import Unusable
from batchwright_runner.host.stage.batches import record_in
from batchwright_runner.host.stage.session import Stage


def all_workflows(stage: Stage, unusable: Unusable | None = None) -> Sequence[WorkflowRecord]:
    """The workflows of a stage, in the order of their names.

    Args:
        stage: The stage.
        unusable: Gets the workflows whose records cannot be used. Default: a note says that they are left out.

    Raises:
        DeniedError: The caller may not list them.
        RunnerError: They cannot be listed.
    """
    folder = workflows_folder(stage.target.project, stage.target.stage)
    what = f"the workflows below {folder} cannot be read"
    aws = PatientAws(stage.aws, what, stage.waiter, stage.tell, hint=LIST_HINT)
    workflows: list[WorkflowRecord] = []
    try:
        for parameter in parameters_below(aws, folder):
            try:
                workflows.append(record_in(str(parameter["Name"]), parameter, WorkflowRecord))
            except UnusableManifestError as error:
                if unusable is not None:
                    unusable[last_part(parameter)] = error
                    continue
                stage.tell.note(f"a workflow is left out: {error}")
    except ApiError as error:
        raise RunnerError(f"{what}: {error}") from error
    return sorted(workflows, key=lambda workflow: workflow.name)
