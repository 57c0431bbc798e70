"""Reads the records of a stage's workflows, which lie beside the manifests. Loaded where a name is no batch's."""

from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.errors import DeniedError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.aws.parameters import read_parameter
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.stage.batches import is_batch_name, record_in
from batchwright_runner.host.stage.zone import show_as


def read_workflow(aws: Aws, target: StageTarget, name: str, waiter: Waiter) -> WorkflowRecord | None:
    """Reads a workflow's record; none where there is no such workflow, or the caller may not see one."""
    if not is_batch_name(name):
        return None
    path = StageNames.of(target).workflow(name)
    try:
        parameter = read_parameter(aws, path, f"the workflow {path} cannot be read", waiter)
    except DeniedError:
        return None
    if parameter is None:
        return None
    workflow = record_in(path, parameter, WorkflowRecord)
    show_as([workflow.timezone])
    return workflow
