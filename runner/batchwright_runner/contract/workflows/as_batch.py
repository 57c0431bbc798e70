"""A workflow as a batch that has a machine and no tasks of its own: so its runs are judged as those of one. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from batchwright_runner.contract.execution_ends import known_execution
from batchwright_runner.contract.executions import Execution
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.missed.seen import Seen, seen_runs
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.options import ASKED_BY
from batchwright_runner.contract.sizes import AWS
from batchwright_runner.contract.starters import who_started
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.contract.workflows.rules import NOT_BEGUN


def as_batch(workflow: WorkflowRecord) -> BatchManifest:
    """The manifest that stands for a workflow."""
    names = StageNames.of(workflow)
    place = workflow.machine.replace(":states:", ":ecs:").partition(":stateMachine:")[0]
    return BatchManifest(
        project=workflow.project,
        stage=workflow.stage,
        batch=workflow.name,
        owner=workflow.owner,
        runbook=workflow.runbook,
        machine=workflow.machine,
        overlap=workflow.overlap,
        cluster=names.cluster,
        task_definition=f"{place}:task-definition/{names.family(workflow.name)}:0",
        container="main",
        essential=(),
        subnets=("subnet-0",),
        log_group=names.log_group(workflow.name),
        log_stream_prefix="run",
    )


def who_asked(execution: Execution) -> str:
    """Who has started a run of a workflow, for people: its id, where neither that nor its input names them."""
    return str(execution.given.get(ASKED_BY) or who_started(execution.backfill or execution.run_id))


def started_by(execution: Execution) -> str:
    """The same; a schedule of AWS, where nothing names them."""
    starter = who_asked(execution)
    return AWS if starter == execution.run_id else starter


def seen_executions(workflow: WorkflowRecord, executions: Iterable[Execution]) -> list[Seen]:
    """The runs of a workflow as they are judged, the earliest first."""
    by = {execution.name: execution for execution in executions}
    manifest = as_batch(workflow)
    runs = seen_runs(known_execution(manifest, execution) for execution in by.values())
    return [
        replace(run, by=started_by(by[run.identity]), began=run.began or run.row not in NOT_BEGUN)  # it has no task
        for run in runs
    ]
