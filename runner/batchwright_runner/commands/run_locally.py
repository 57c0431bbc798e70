"""The half of ``batchwright run`` that runs a batch or a workflow on this machine."""

from batchwright_runner.commands.options import parse_images
from batchwright_runner.commands.run_options import RunOptions
from batchwright_runner.contract.workflows.record import Workflow
from batchwright_runner.errors import UsageError, WorkflowNamedError
from batchwright_runner.host.fargate.request import check_size
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.workflow_end import WorkflowEnd
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.workbench.local.request import LocalRequest
from batchwright_runner.workbench.local.run import Here, run_here
from batchwright_runner.workbench.project.batches import DeclaredBatch, read_all, read_one


def run_locally(asked: RunOptions, around: Surroundings) -> RunEnd | WorkflowEnd:
    """Runs it on this machine, and follows it to its end.

    Raises:
        UsageError: An option goes with Fargate only, or a size is not one of Fargate's.
        RunnerError: It could not be run; nothing was started.
    """
    asked.refuse_only_fargate()
    check_size(asked.cpu, asked.memory)
    request = LocalRequest(
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
    with Here.opened(request, around) as here:
        try:
            batch = here.read(request.stage, lambda assembly: read_one(assembly, request.stage, request.name))
        except WorkflowNamedError as error:
            return _run_workflow(asked, request, error.workflow, here)
        if asked.parallelism is not None:
            raise UsageError(f"--parallelism cannot be given to {asked.name}: it is a batch, and that is of a workflow")
        return run_here(request, batch, _siblings(request, here), here)


def _run_workflow(asked: RunOptions, request: LocalRequest, workflow: Workflow, here: Here) -> WorkflowEnd:
    from batchwright_runner.workbench.local.workflows.run import WorkflowRequest, run_workflow_here

    asked.refuse_of_a_batch(workflow.name)
    whole = WorkflowRequest(each=request, scheduled=asked.scheduled, parallelism=asked.parallelism or 1, log=asked.log)
    return run_workflow_here(whole, workflow, _siblings(request, here), here)


def _siblings(request: LocalRequest, here: Here) -> list[DeclaredBatch]:
    return here.read(request.stage, lambda assembly: read_all(assembly, request.stage))
