"""All workflows of a stage."""

from collections.abc import Sequence

from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.pages import last_part, parameters_below
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.errors import UnusableManifestError
from batchwright_runner.host.aws.retry import LIST_HINT
from batchwright_runner.host.stage.all_batches import Unusable
from batchwright_runner.host.stage.batches import record_in
from batchwright_runner.host.stage.patient import patient
from batchwright_runner.host.stage.session import Stage


def all_workflows(stage: Stage, unusable: Unusable | None = None) -> Sequence[WorkflowRecord]:
    """The workflows of a stage, in the order of their names."""
    folder = StageNames.of(stage.target).workflows
    workflows: list[WorkflowRecord] = []
    with patient(stage, f"the workflows below {folder} cannot be read", hint=LIST_HINT) as aws:
        for parameter in parameters_below(aws.call, folder):
            try:
                workflows.append(record_in(str(parameter["Name"]), parameter, WorkflowRecord))
            except UnusableManifestError as error:
                if unusable is not None:
                    unusable[last_part(parameter)] = error
                    continue
                stage.tell.note(f"a workflow is left out: {error}")
    return sorted(workflows, key=lambda workflow: workflow.name)
