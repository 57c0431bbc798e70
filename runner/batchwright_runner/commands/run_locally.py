"""The half of ``batchwright run`` that runs a batch or a workflow on this machine."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from batchwright_runner.commands.run_options import RunOptions
from batchwright_runner.commands.run_refusals import refuse_of_a_batch, refuse_only_fargate
from batchwright_runner.contract.options import DONE
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.errors import UsageError, WorkflowNamedError
from batchwright_runner.host.fargate.request import check_size
from batchwright_runner.host.runs.end import End, RunEnd
from batchwright_runner.host.runs.workflow_end import WorkflowEnd
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.workbench.local.request import LocalRequest
from batchwright_runner.workbench.local.run import Here, run_here
from batchwright_runner.workbench.project.batches import DeclaredBatch, read_all, read_one

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batchwright_runner.commands.run_due import BeginOne
    from batchwright_runner.contract.manifest import BatchManifest


def run_locally(asked: RunOptions, around: Surroundings) -> End | None:
    """Runs it on this machine, and follows it to its end.

    Raises:
        UsageError: An option goes with Fargate only, or a size is not one of Fargate's.
        RunnerError: It could not be run; nothing was started.
    """
    refuse_only_fargate(asked)
    check_size(asked.cpu, asked.memory)
    request = _request(asked)
    begin: BeginOne
    with Here.opened(request, around) as here:
        try:
            batch = here.read(request.stage, lambda assembly: read_one(assembly, request.stage, request.name))
        except WorkflowNamedError as error:
            subject: BatchManifest | WorkflowRecord = error.workflow
            refuse_of_a_batch(asked, error.workflow.name)
            begin = partial(_run_workflow, workflow=error.workflow, siblings=_siblings(request, here), here=here)
            if asked.leaves_out:
                from batchwright_runner.commands.run_again import again_here

                asked = again_here(asked, around.console, error.workflow)
        else:
            if asked.leaves_out:
                from batchwright_runner.commands.run_again import refuse_steps

                refuse_steps(asked, asked.name)
            if asked.parallelism is not None and not asked.due:
                raise UsageError(
                    f"--parallelism cannot be given to {asked.name}: it is a batch, and that is of a workflow"
                )
            subject = batch.manifest
            begin = partial(_run, batch=batch, siblings=_siblings(request, here), here=here)
        if asked.due:
            from batchwright_runner.commands.run_due import run_due

            return run_due(asked, around, subject, begin)
        return begin(asked, around)


def _run(
    asked: RunOptions, around: Surroundings, *, batch: DeclaredBatch, siblings: list[DeclaredBatch], here: Here
) -> RunEnd:
    return run_here(_request(asked), batch, siblings, replace(here, around=around))


def _run_workflow(
    asked: RunOptions, around: Surroundings, *, workflow: WorkflowRecord, siblings: list[DeclaredBatch], here: Here
) -> WorkflowEnd:
    from batchwright_runner.workbench.local.workflows.run import WorkflowRequest, run_workflow_here

    whole = WorkflowRequest(
        each=_request(asked),
        scheduled=asked.scheduled,
        parallelism=asked.parallelism or 1,
        log=asked.log,
        done=asked.told.get(DONE, {}),
    )
    return run_workflow_here(whole, workflow, siblings, replace(here, around=around))


def _siblings(request: LocalRequest, here: Here) -> list[DeclaredBatch]:
    return here.read(request.stage, lambda assembly: read_all(assembly, request.stage))


def _request(asked: RunOptions) -> LocalRequest:
    """What is asked for of the run."""
    return LocalRequest(
        name=asked.name,
        stage=asked.stage or "local",
        given=asked.variables(),
        options=asked.options,
        command=asked.command,
        timeout=asked.timeout,
        run=asked.run.text,
        backend=asked.backend,
        images=parse_images(asked.images),
        without=asked.without,
        network=asked.network,
        cpu=asked.cpu,
        memory=asked.memory,
        aws_profile=asked.aws_profile,
        all_containers=asked.all_containers,
        record_permissions=asked.record_permissions,
        use_task_role=asked.use_task_role,
        use_values=asked.use_values,
    )


def parse_images(entries: "Iterable[str]") -> dict[str, str]:
    """Reads ``[CONTAINER=]REF`` entries: container to image; an empty name for the main one.

    Raises:
        UsageError: An entry has no reference.
    """
    images: dict[str, str] = {}
    for entry in entries:
        container, _, reference = entry.rpartition("=")
        if not reference:
            raise UsageError(f"--image {entry} cannot be read: it names no image", hint="Write --image REF")
        images[container] = reference
    return images
