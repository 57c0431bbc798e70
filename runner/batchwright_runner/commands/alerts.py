"""``batchwright alerts``: a message through every channel."""

import json

import click

from batchwright_runner.commands.group import Verbs
from batchwright_runner.commands.options import json_option, more, stage_option, with_console
from batchwright_runner.host.alerts import try_alerts
from batchwright_runner.host.stage.session import enter_stage
from batchwright_runner.host.terminal.console import Console

PAGE = "docs/alerts.md"


@click.group(cls=Verbs)
def alerts() -> None:
    """Try who is told of the runs of a stage.

    The stage's alerts are declared in cdk.json, those of a batch in its batch.py.

    Preview: its options and its output may still change.
    """


@alerts.command(
    "test", short_help="Send a message through every channel", epilog=more(PAGE, "batchwright alerts test -s staging")
)
@stage_option
@json_option
@with_console
def test(console: Console, stage: str | None, as_json: bool) -> int:
    """Send a message through every channel of a stage, as the real ones are sent.

    It exits with 0 once every channel has taken it, and with 1 if one has not: it says what Slack answered, and names
    each address that has not confirmed its subscription.
    """
    with enter_stage(console, stage) as at:
        at.check_account()
        name = at.target.stage
        console.note(f"sending a message to each channel of stage {name}, and waiting for what they answer")
        told, untold = try_alerts(at)
    for line in (*(f"told: {channel}" for channel in told), *(f"not told: {channel}" for channel in untold)):
        console.note(line)
    if as_json:
        console.print(json.dumps({"stage": name, "told": told, "untold": untold}, indent=2, ensure_ascii=False))
    if untold or not told:
        return 1
    console.note(f"every channel of stage {name} took the message")
    return 0
