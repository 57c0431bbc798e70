"""``batchwright logs``: shows the log of a run, or of a batch's last runs."""

import time

import click

from batchwright_runner.commands.completion import complete_batch
from batchwright_runner.commands.options import Duration, more, pass_console, quiet_option, stage_option
from batchwright_runner.fargate.find_run import Runs
from batchwright_runner.fargate.follow import TaskFollower
from batchwright_runner.fargate.logs import LogReader
from batchwright_runner.stage.session import work_in
from batchwright_runner.terminal.console import Console


@click.command(
    "logs",
    epilog=more(
        "docs/exit-codes.md",
        "batchwright logs daily-report@latest -s staging",
        "batchwright logs daily-report -s staging --since 2h -f",
    ),
)
@click.argument("name", metavar="BATCH|RUN", shell_complete=complete_batch)
@stage_option
@click.option("-f", "--follow", is_flag=True, help="Go on until the run has ended; for a batch, until a signal.")
@click.option("--since", type=Duration(), default="1h", show_default=True, help="For a batch: how far back.")
@click.option("--timestamps", is_flag=True, help="Begin each line with its time.")
@quiet_option
@pass_console
def logs(console: Console, name: str, stage: str | None, follow: bool, since: int, timestamps: bool) -> int:
    """Show the log of RUN, whole, or what the runs of BATCH have written lately.

    RUN is a run id, a task id, an ARN, or BATCH@latest. The exit code says whether the log could be read.
    """
    with work_in(console, stage, timestamps=timestamps) as work:
        runs = Runs.of(work.stage)
        manifest = runs.batch(name)
        reader = LogReader(work.stage, work.output)
        if manifest is not None:
            work.stage.say_where(manifest.account, manifest.batch)
            reader.batch(manifest, time.time() - since, follow=follow)
            if work.stage.waiter.signals:
                console.fresh_line()
        else:
            known = runs.find(name)
            work.stage.say_where(known.manifest.account, known.manifest.batch)
            if follow and not known.state.ended:
                TaskFollower(work.stage, work.output, console).follow_known(known, on_signal="leave")
            else:
                reader.whole(known.manifest, known.arn)
    return 0
