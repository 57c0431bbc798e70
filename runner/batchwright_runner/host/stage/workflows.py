"""Reads the records of a stage's workflows, which lie beside the manifests. Loaded where a name is no batch's."""

from batchwright_runner.contract.workflows.names import workflow_path
from batchwright_runner.contract.workflows.record import NewerWorkflowError, Workflow
from batchwright_runner.contract.workflows.structure import WorkflowError
from batchwright_runner.errors import DeniedError, UnusableManifestError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.aws.parameters import Parameter, read_parameter
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.stage.batches import is_batch_name
from batchwright_runner.host.stage.zone import show_as


def read_workflow(aws: Aws, target: StageTarget, name: str, waiter: Waiter) -> Workflow | None:
    """Reads a workflow's record; none where there is no such workflow, or the caller may not see one.

    Args:
        aws: Calls AWS.
        target: The stage.
        name: The workflow.
        waiter: Time and signals.

    Raises:
        RunnerError: It cannot be read.
    """
    if not is_batch_name(name):
        return None
    path = workflow_path(target.project, target.stage, name)
    try:
        found = read_parameter(aws, path, f"the workflow {path} cannot be read", waiter)
    except DeniedError:
        return None
    if found is None:
        return None
    workflow = workflow_in(path, found)
    show_as([workflow.timezone])
    return workflow


def workflow_in(path: str, parameter: Parameter) -> Workflow:
    """The workflow that a parameter holds.

    Raises:
        UnusableManifestError: It cannot be read, or is not of this place.
    """
    try:
        workflow = Workflow.from_json(parameter["Value"])
    except WorkflowError as error:
        is_newer = isinstance(error, NewerWorkflowError)
        hint = "" if is_newer else "Have it written again: cdk deploy of the workflow"
        raise UnusableManifestError(f"{path} cannot be used: {error}", hint=hint) from error
    if workflow.path != path:
        raise UnusableManifestError(
            f"{path} cannot be used: its project, stage and name are those of {workflow.path}",
            hint="Write the same three into the parameter's name and into its value",
        )
    return workflow
