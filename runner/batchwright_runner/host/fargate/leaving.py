"""Runs that are in progress in a machine which a deployment will take away: named beforehand.

Deleting a machine ends its executions at their next transition, and until then none of that name can be made (Step
Functions API reference, DeleteStateMachine, 2026-11).
"""

from collections.abc import Collection, Mapping, Sequence

from batchwright_runner.contract.executions import Execution
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import shown
from batchwright_runner.contract.project_pages import with_addresses
from batchwright_runner.contract.tasks import name_of_run
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.errors import DeniedError
from batchwright_runner.host.fargate.executions import running_executions
from batchwright_runner.host.stage.patient import patient
from batchwright_runner.host.stage.session import Stage

SHOWN = 10
"""How many runs of a machine are named."""
_ENDS = "the deletion ends it at its next step, without a result: let it end, or stop it, and deploy then"
PAGE = with_addresses("docs/schedules.md#before-a-machine-goes-away")


def leaving(manifests: Sequence[BatchManifest], machines: Mapping[str, str] | None) -> list[BatchManifest]:
    """The batches whose machine the next deployment takes away: renamed, removed, or started by someone else. Pure.

    `machines`: Batch to the ARN of its machine, as the project declares them; ``None`` where that is not known.
    """
    return (
        []
        if machines is None
        else [
            manifest for manifest in manifests if manifest.machine and machines.get(manifest.batch) != manifest.machine
        ]
    )


def said_of(stage: Stage, gone: Sequence[BatchManifest], machines: Mapping[str, str]) -> list[str]:
    """The messages about such batches, each with its runs in progress."""
    messages = []
    for manifest in gone:
        why = "AWS starts it no more" if manifest.batch in machines else "it is not declared here"
        lines = in_progress(stage, manifest.batch, manifest.machine)
        then = [*lines, _ENDS] if lines else []
        text = f"the next deployment deletes the machine of {manifest.batch}, as {why}: {PAGE}"
        messages.append("\n".join([text, *then]))
    return messages


def left(workflows: Sequence[WorkflowManifest], declared: Collection[str] | None) -> list[str]:
    """The messages about workflows that are deployed and not declared: no deployment deletes their stacks. Pure.

    `declared`: the workflows that the project declares; ``None`` where that is not known.
    """
    return [
        f"workflow {workflow.name} is deployed and not declared here: its machine stays"
        f"{f', and {workflow.scheduler} starts it' if workflow.scheduler else ''}\n"
        f"If no other repository declares it, delete what is left of it: {workflow.delete_command}"
        for workflow in workflows
        if declared is not None and workflow.name not in declared
    ]


def in_progress(stage: Stage, name: str, machine: str) -> list[str]:
    """The runs of a machine that are in progress, a line each; a line, too, where they cannot be seen.

    `machine`: the machine's ARN; empty for none.
    """
    if not machine:
        return []
    try:
        with patient(stage, f"which runs of {name}'s machine are in progress cannot be seen") as aws:
            runs = list(running_executions(aws, machine))
    except DeniedError as error:
        return [str(error)]
    rest = [f"and {len(runs) - SHOWN} more"] if len(runs) > SHOWN else []
    return [*(_line(name, run) for run in sorted(runs, key=lambda run: (run.started, run.name))[:SHOWN]), *rest]


def _line(name: str, run: Execution) -> str:
    return f"run {name_of_run(name, run.arn)} is in progress since {shown(run.started)}"
