"""The half of ``batchwright run`` that runs a batch on this machine."""

from batchwright_runner.commands.options import parse_images
from batchwright_runner.commands.run_options import RunOptions
from batchwright_runner.host.fargate.request import check_size
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.workbench.local.request import LocalRequest
from batchwright_runner.workbench.local.run import run_here


def run_locally(asked: RunOptions, around: Surroundings) -> RunEnd:
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
    return run_here(request, around)
