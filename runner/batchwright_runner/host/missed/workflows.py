"""What is looked at of workflows, to tell which of their runs did not come. Loaded where a stage has some."""

from collections.abc import Mapping, Sequence

from batchwright_runner.contract.executions import Execution
from batchwright_runner.contract.missed.watched import Watched
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.workflows.as_batch import as_batch, seen_executions
from batchwright_runner.contract.workflows.record import Workflow
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.missed.times import times_of
from batchwright_runner.host.stage.executions import describe_execution
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.stage.watches import WatchRecord
from batchwright_runner.host.workflows.runs import executions_since


def watched_of(
    stage: Stage,
    workflow: Workflow,
    executions: Sequence[Execution],
    records: Mapping[str, WatchRecord],
    pauses: Mapping[str, Pause],
    begin: float,
) -> Watched:
    """A workflow with its runs. Step Functions keeps those for longer than any history is read.

    Args:
        stage: The stage.
        workflow: The workflow.
        executions: Its runs.
        records: Batch, or workflow, to what is watched of it.
        pauses: The same, to the record of its pause.
        begin: From when on it matters, in seconds since 1970.

    Raises:
        RunnerError: The versions of a parameter cannot be read.
    """
    return Watched(
        batch=workflow.name,
        **times_of(stage, as_batch(workflow), records.get(workflow.name), begin),
        overlap=workflow.overlap,
        machine=True,
        pause=pauses.get(workflow.name),
        runs=seen_executions(workflow, executions),
    )


def executions_of(aws: Aws, workflow: Workflow, since: float) -> list[Execution]:
    """The runs of a workflow since a moment, with the times for which they were due, which the list of them lacks.

    Raises:
        ApiError: A call failed.
    """
    return [describe_execution(aws, one.arn) or one for one in executions_since(aws, workflow, since)]
