"""``batchwright alerts``: a message through the real path, and what would be said."""

import click

from batchwright_runner.commands.group import Verbs
from batchwright_runner.commands.options import batch_argument, more, pass_console, quiet_option, stage_option
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.host.alerts.preview import OTHERS, TITLES, UNKNOWN_CHANNEL, WRITERS, sample_notice
from batchwright_runner.host.alerts.records import records_of
from batchwright_runner.host.alerts.samples import SILENT
from batchwright_runner.host.alerts.trial import try_alerts
from batchwright_runner.host.stage.session import work_in
from batchwright_runner.host.terminal.console import Console

PAGE = "docs/alerts.md"
ROWS = {row.value: row for row in Row}
ALL = "all"


@click.group(cls=Verbs)
def alerts() -> None:
    """Try who is told of the runs of a stage, and see what is said.

    The stage's alerts are declared in cdk.json, those of a batch in its batch.py.
    """


@alerts.command(
    "test", short_help="Send a message through every channel", epilog=more(PAGE, "batchwright alerts test -s staging")
)
@stage_option
@quiet_option
@pass_console
def test(console: Console, stage: str | None) -> int:
    """Send a message through every channel of a stage, by the machine that sends the real ones.

    It exits with 0 once every channel has taken it, and with 1 if one has not. Whether an e-mail is read is another
    matter: each address has to confirm its subscription first.
    """
    with work_in(console, stage) as work:
        work.stage.check_account()
        found = try_alerts(work.stage)
        if found.told:
            console.note(f"every channel of stage {work.stage.target.stage} took the message")
            return 0
        for one in found.untold:
            console.note(f"not told: {one}")
        console.note(f"see the execution {found.execution}")
    return 1


@alerts.command(
    "preview",
    short_help="Print what would be said of a run",
    epilog=more(
        PAGE,
        "batchwright alerts preview daily-report -s staging",
        "batchwright alerts preview daily-report -s staging --row timeout",
    ),
)
@batch_argument()
@stage_option
@click.option(
    "--row",
    type=click.Choice([*ROWS, *OTHERS]),
    default=Row.OWN.value,
    show_default=True,
    metavar="ROW",
    help=f"What has happened: {', '.join([*ROWS, *OTHERS])}.",
)
@click.option(
    "--channel", type=click.Choice([ALL, *WRITERS]), default=ALL, show_default=True, help="For which channel."
)
@quiet_option
@pass_console
def preview(console: Console, batch: str, stage: str | None, row: str, channel: str) -> int:
    """Print what would be said of a run of BATCH, for each channel.

    Owner, runbook, the usual duration and the last success are the batch's own; the run is made up. Nothing is sent.
    """
    chosen = ROWS.get(row)
    with work_in(console, stage) as work:
        manifest = work.stage.find(batch)
        last, ask = records_of(work.stage, manifest)
    if chosen is not None and chosen in SILENT:
        console.note(f"no one is told: {SILENT[chosen]}")
        return 0
    if ask.off:
        console.note(f"no one is told: {batch} has alerts=False")
    if ask.after_failures > 1 and chosen is not None:
        console.note(f"told after {ask.after_failures} failures in a row, as {batch} asks")
    notice = sample_notice(manifest, chosen or row, last, ask)
    for name in WRITERS if channel == ALL else [channel]:
        if channel == ALL:
            console.print(f"--- {TITLES[name]}")
        console.print(WRITERS[name](notice, manifest.project, ask.channel or UNKNOWN_CHANNEL))
        if channel == ALL:
            console.print("")
    return 0
