"""``batchwright stop``: stops a run."""

import click

from batchwright_runner.commands.options import pass_console, stage_option
from batchwright_runner.errors import RunnerError
from batchwright_runner.fargate.find_run import Runs
from batchwright_runner.fargate.stop import stop_task
from batchwright_runner.stage.session import work_in
from batchwright_runner.terminal.console import Console

STOP_REASON = "batchwright stop"


@click.command()
@click.argument("run")
@stage_option
@click.option("--reason", default="by hand", show_default=True, help="Why; whoever follows the run sees it.")
@pass_console
def stop(console: Console, run: str, stage: str | None, reason: str) -> int:
    """Stops RUN: SIGTERM, then SIGKILL after the batch's stop timeout. Does not wait for its end.

    RUN is a run id, a task id, an ARN, or BATCH@latest; only runs of this project and stage are found.
    """
    with work_in(console, stage) as work:
        known = Runs.of(work.stage).find(run)
        work.stage.say_where(known.manifest.account, known.manifest.batch)
        if known.state.status == "STOPPED":
            work.stage.tell.note(f"it has ended already: {known.arn}")
            return 0
        problem = stop_task(
            work.stage.aws,
            known.manifest,
            known.arn,
            f"{STOP_REASON}: {reason}",
            work.stage.waiter,
            stopping=known.stopping,
        )
        if problem:
            raise RunnerError(f"run {run}: {problem}", hint="The role needs what platform.grant_run grants")
        work.stage.tell.note(f"stopping: {known.arn}")
    return 0
