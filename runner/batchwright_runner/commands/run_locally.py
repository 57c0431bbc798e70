"""The half of ``batchwright run`` that runs a batch or a workflow on this machine."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from batchwright_runner.commands.run_refusals import refuse_of_a_batch, refuse_only_fargate
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.errors import UsageError, WorkflowNamedError
from batchwright_runner.host.fargate.request import check_size
from batchwright_runner.host.runs.end import End
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.workbench.local.run import Here, run_here
from batchwright_runner.workbench.project.batches import DeclaredBatch, read_all, read_one


def run_locally(asked: RunOptions, around: Surroundings) -> End | None:
    """Runs it on this machine, and follows it to its end.

    Raises:
        UsageError: An option goes with Fargate only, or a size is not one of Fargate's.
        RunnerError: It could not be run; nothing was started.
    """
    refuse_only_fargate(asked)
    check_size(asked.cpu, asked.memory)
    with Here.opened(asked, around) as here:
        declared = _declared(asked, here)
        if isinstance(declared, WorkflowRecord):
            refuse_of_a_batch(asked, declared.name)
            if asked.leaves_out:
                from batchwright_runner.commands.run_again import again_here

                asked = again_here(asked, around.console, declared)
        else:
            if asked.leaves_out:
                from batchwright_runner.commands.run_again import refuse_steps

                refuse_steps(asked, asked.name)
            if asked.parallelism is not None and not asked.due:
                raise UsageError(
                    f"--parallelism cannot be given to {asked.name}: it is a batch, and that is of a workflow"
                )
        siblings = here.read(asked.stage, lambda assembly: read_all(assembly, asked.stage))
        begin = partial(_begin, declared=declared, siblings=siblings, here=here)
        if asked.due:
            from batchwright_runner.commands.run_due import run_due

            return run_due(
                asked, around, declared if isinstance(declared, WorkflowRecord) else declared.manifest, begin
            )
        return begin(asked, around)


def _declared(asked: RunOptions, here: Here) -> DeclaredBatch | WorkflowRecord:
    try:
        return here.read(asked.stage, lambda assembly: read_one(assembly, asked.stage, asked.name))
    except WorkflowNamedError as error:
        return error.workflow


def _begin(
    asked: RunOptions,
    around: Surroundings,
    *,
    declared: DeclaredBatch | WorkflowRecord,
    siblings: list[DeclaredBatch],
    here: Here,
) -> End:
    here = replace(here, around=around)
    if isinstance(declared, WorkflowRecord):
        from batchwright_runner.workbench.local.workflows.run import run_workflow_here

        return run_workflow_here(asked, declared, siblings, here)
    return run_here(asked, declared, siblings, here)


def parse_images(entries: Iterable[str]) -> dict[str, str]:
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
