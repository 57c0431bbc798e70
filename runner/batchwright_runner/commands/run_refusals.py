"""Which options of ``batchwright run`` a run on this machine has not, and which a workflow has not."""

from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.run_options import RunOptions


def refuse_only_fargate(options: RunOptions) -> None:
    """Refuses what a run on this machine has not."""
    given = {
        "--detach": options.detach,
        "--on-signal leave": options.on_signal == "leave",
        "--dry-run": options.dry_run,
        "--even-if-paused": options.even_if_paused,
        "--again": options.again.strip(),
    }
    for option in filter(given.get, given):
        raise UsageError(
            f"{option} cannot be combined with --local: it is for runs on Fargate", hint="Leave one of them out"
        )


def refuse_of_a_batch(options: RunOptions, workflow: str) -> None:
    """Refuses options that are for one batch, for a workflow."""
    refused = [*options.replaces, *(["--even-if-paused"] if options.even_if_paused else [])]
    if refused:
        raise UsageError(
            f"{', '.join(refused)} cannot be given to {workflow}: it is a workflow, and that is of a batch",
            hint="Run a step's batch by itself with it, or declare it in the batch",
        )
