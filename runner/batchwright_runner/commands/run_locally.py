"""The half of ``batchwright run`` that runs a batch or a workflow on this machine."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from batchwright_runner.commands.run_refusals import refuse_of_a_batch, refuse_only_fargate
from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.errors import UsageError, WorkflowNamedError
from batchwright_runner.host.fargate.request import check_size
from batchwright_runner.host.runs.end import End
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.workbench.local.run import Here, run_here
from batchwright_runner.workbench.project.batches import read_all, read_one


def run_locally(options: RunOptions, around: Surroundings) -> End | None:
    """Runs it on this machine, and follows it to its end."""
    refuse_only_fargate(options)
    check_size(options.cpu, options.memory)
    with Here.opened(options, around) as here:
        declared = _declared(options, here)
        if isinstance(declared, WorkflowManifest):
            refuse_of_a_batch(options, declared.name)
            if options.leaves_out:
                from batchwright_runner.commands.run_again import again_here

                options = again_here(options, around.console, declared)
        else:
            if options.leaves_out:
                from batchwright_runner.commands.run_again import refuse_steps

                refuse_steps(options, options.name)
            if options.parallelism is not None:
                raise UsageError(
                    f"--parallelism cannot be given to {options.name}: it is a batch, and that is of a workflow"
                )
        siblings = here.read(options.stage, lambda assembly: read_all(assembly, options.stage))
        begin = partial(_begin, declared=declared, siblings=siblings, here=here)
        if options.due:
            from batchwright_runner.commands.run_due import run_due

            return run_due(
                options, around, declared if isinstance(declared, WorkflowManifest) else declared.manifest, begin
            )
        return begin(options, around)


def _declared(options: RunOptions, here: Here) -> BatchFile | WorkflowManifest:
    try:
        return here.read(options.stage, lambda assembly: read_one(assembly, options.stage, options.name))
    except WorkflowNamedError as error:
        return error.workflow


def _begin(
    options: RunOptions,
    around: Surroundings,
    *,
    declared: BatchFile | WorkflowManifest,
    siblings: list[BatchFile],
    here: Here,
) -> End:
    here = replace(here, around=around)
    if isinstance(declared, WorkflowManifest):
        from batchwright_runner.workbench.local.workflows.run import run_workflow_here

        return run_workflow_here(options, declared, siblings, here)
    return run_here(options, declared, siblings, here)


def parse_images(entries: Iterable[str]) -> dict[str, str]:
    """Reads ``[CONTAINER=]REF`` entries: container to image; an empty name for the main one."""
    images: dict[str, str] = {}
    for entry in entries:
        container, _, reference = entry.rpartition("=")
        if not reference:
            raise UsageError(f"--image {entry} cannot be read: it names no image", hint="Write --image REF")
        images[container] = reference
    return images
