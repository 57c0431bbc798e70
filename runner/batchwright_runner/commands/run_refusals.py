"""Which options of ``batchwright run`` a run on this machine has not, and which a workflow has not."""

from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.run_options import RunOptions


def refuse_only_fargate(asked: RunOptions) -> None:
    """Refuses what a run on this machine has not.

    Raises:
        UsageError: Naming the first option of them that was given.
    """
    given = {
        "--detach": asked.detach,
        "--on-signal leave": asked.on_signal == "leave",
        "--dry-run": asked.dry_run,
        "--verify": asked.verify,
        "--even-if-paused": asked.even_if_paused,
        "--again": asked.again.strip(),
    }
    for option in filter(given.get, given):
        raise UsageError(
            f"{option} cannot be combined with --local: it is for runs on Fargate", hint="Leave one of them out"
        )


def refuse_of_a_batch(asked: RunOptions, workflow: str) -> None:
    """Refuses options that are for one batch, for a workflow.

    Args:
        asked: The command line.
        workflow: The workflow's name.

    Raises:
        UsageError: Naming what was given.
    """
    refused = [*asked.replaces, *(["--even-if-paused"] if asked.even_if_paused else [])]
    if refused:
        raise UsageError(
            f"{', '.join(refused)} cannot be given to {workflow}: it is a workflow, and that is of a batch",
            hint="Run a step's batch by itself with it, or declare it in the batch",
        )
