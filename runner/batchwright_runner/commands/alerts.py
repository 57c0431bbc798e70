"""``batchwright alerts``: a message through every channel, silence for a while, and what would be said."""

import json
import time

import click

from batchwright_runner.commands.group import Verbs
from batchwright_runner.commands.option_types import FUTURE, Given, to_come
from batchwright_runner.commands.options import batch_argument, json_option, more, stage_option, with_console
from batchwright_runner.contract.moments import shown
from batchwright_runner.contract.names import MUTED_ALL
from batchwright_runner.contract.notices.rules import Ask
from batchwright_runner.contract.pauses import REASON_LIMIT
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.errors import UsageError
from batchwright_runner.host.alerts import try_alerts
from batchwright_runner.host.stage.pauses import ALERTS, end_pause, find_or_left, pause_of, put_pause
from batchwright_runner.host.stage.session import Stage, enter_stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.text import one_line

PAGE = "docs/alerts.md"
ROWS = {row.value: row for row in Row if row is not Row.STEP_NOT_RUN}  # the end of a workflow, not of a batch's run
WHAT = [*ROWS, "recovered", "slow", "missed", "late", "twice", "stopped", "several"]
CHANNELS = ("email", "chat", "slack", "datadog")
LONGEST_MUTE = 7 * 24 * 3600.0
"""Seconds. Nobody remembers a longer silence."""


@click.group(cls=Verbs)
def alerts() -> None:
    """Try who is told of the runs of a stage, and see what is said.

    The stage's alerts are declared in cdk.json, those of a batch in its batch.py.
    """


@alerts.command(
    "test", short_help="Send a message through every channel", epilog=more(PAGE, "batchwright alerts test -s staging")
)
@stage_option
@json_option
@with_console
def test(console: Console, stage: str | None, as_json: bool) -> int:
    """Send a message through every channel of a stage, as the real ones are sent.

    It exits with 0 once every channel has taken it, and with 1 if one has not. Whether an e-mail is read is another
    matter: each address has to confirm its subscription first.
    """
    with enter_stage(console, stage) as at:
        at.check_account()
        name = at.target.stage
        console.note(f"sending a message to each channel of stage {name}, and waiting for what they answer")
        told, untold = try_alerts(at)
    for line in (*(f"told: {channel}" for channel in told), *(f"not told: {channel}" for channel in untold)):
        console.note(line)
    if as_json:
        console.print(_json({"stage": name, "told": told, "untold": untold}))
    if untold or not told:
        return 1
    console.note(f"every channel of stage {name} took the message")
    return 0


@alerts.command(
    "mute",
    short_help="Keep messages back for a while",
    epilog=more(
        PAGE,
        "batchwright alerts mute hello -s staging --until 2h --reason 'a move'",
        "batchwright alerts mute --all -s staging --until 7d --reason 'a move'",
    ),
)
@batch_argument(required=False)
@stage_option
@click.option("--all", "all_batches", is_flag=True, help="All batches of the stage.")
@click.option("--until", type=FUTURE, required=True, metavar="TIME", help="In 2h, or 2026-11-26T09:00; 7d at most.")
@click.option("--reason", required=True, metavar="TEXT", help="Why.")
@with_console
def mute(console: Console, batch: str | None, stage: str | None, all_batches: bool, until: Given, reason: str) -> int:
    """Keep messages about BATCH, or about all batches of a stage, back for a while.

    What happens meanwhile is recorded, and reported in one message afterwards. Runs go on as ever.
    """
    reason, now = one_line(reason), time.time()
    if not reason or len(reason) > REASON_LIMIT:
        problem = f"it has {len(reason)} characters, and 1 to {REASON_LIMIT} are allowed"
        raise UsageError(f"--reason cannot be used: {problem}")
    with enter_stage(console, stage) as at:
        name, whose = _muted(at, batch, all_batches=all_batches)
        end = to_come(until, now)
        if end > now + LONGEST_MUTE:
            raise UsageError("--until cannot be used: it is more than 7 days ahead", hint="Mute again then")
        before = pause_of(at, name, ALERTS)
        pause = put_pause(at, name, reason, end, now, ALERTS)
    if before is not None and before.holds(now):
        console.note(f"they were muted already {before.words()}")
    console.note(f"{whose} are muted {pause.words()}")
    console.note(f"what happens until {shown(pause.until)} is reported in one message after that")
    return 0


@alerts.command(
    "unmute",
    short_help="Let messages through again",
    epilog=more(PAGE, "batchwright alerts unmute daily-report -s production"),
)
@batch_argument(required=False)
@stage_option
@click.option("--all", "all_batches", is_flag=True, help="All batches of the stage.")
@with_console
def unmute(console: Console, batch: str | None, stage: str | None, all_batches: bool) -> int:
    """Let messages about BATCH, or about all batches of a stage, through again, and report what was kept back."""
    with enter_stage(console, stage) as at:
        name, whose = _muted(at, batch, all_batches=all_batches)
        before = pause_of(at, name, ALERTS)
        if before is not None:
            end_pause(at, name, ALERTS)
        everything = pause_of(at, MUTED_ALL, ALERTS) if name != MUTED_ALL else None
    now = time.time()
    if before is None or not before.holds(now):
        console.note(f"{whose} are not muted")
    else:
        console.note(f"{whose} are sent again; they were muted {before.words()}")
    if everything is not None and everything.holds(now):
        console.note(f"all of the stage are muted still {everything.words()}")
    return 0


def _muted(stage: Stage, batch: str | None, *, all_batches: bool) -> tuple[str, str]:
    """The name of the record that mutes, and what it is called."""
    if (batch is None) == (not all_batches):
        raise UsageError("name a BATCH, or all of them with --all")
    if batch is None:
        stage.check_account()
        return MUTED_ALL, f"messages about all batches of {stage.target.stage}"
    find_or_left(stage, batch, ALERTS)
    return batch, f"messages about {batch}"


@alerts.command(
    "preview",
    short_help="Print what would be said of a run",
    epilog=more(
        PAGE,
        "batchwright alerts preview daily-report -s staging",
        "batchwright alerts preview daily-report -s staging --channel slack",
        "batchwright alerts preview daily-report -s staging --json",
    ),
)
@batch_argument()
@stage_option
@click.option(
    "--row",
    type=click.Choice(WHAT),
    default=Row.OWN.value,
    show_default=True,
    metavar="ROW",
    help=f"What has happened: {', '.join(WHAT)}.",
)
@click.option(
    "--channel",
    type=click.Choice(CHANNELS),
    default=CHANNELS[0],
    show_default=True,
    help="For which channel: the words of an e-mail, or the JSON of another request.",
)
@json_option
@with_console
def preview(console: Console, batch: str, stage: str | None, row: str, channel: str, as_json: bool) -> int:
    """Print what would be said of a run of BATCH.

    Owner, runbook, the usual duration and the last success are the batch's own; the run is made up. Nothing is sent.
    """
    from batchwright_runner.workbench.alerts import SILENT, UNKNOWN_CHANNEL, WRITERS, records_of, sample_message

    chosen = ROWS.get(row)
    with enter_stage(console, stage) as at:
        manifest = at.find_batch(batch)
        last, watch = records_of(at, manifest)
    ask = Ask.of(watch.alerts)
    never = SILENT.get(chosen, "") if chosen else ""
    silent = never or (f"{batch} has alerts=False" if ask.off else "")
    after = ask.after_failures if chosen and not never else 1
    if silent:
        console.note(f"no one is told: {silent}")
    if after > 1:
        console.note(f"told after {after} failures in a row, as {batch} asks")
    message: object = None
    if not never:
        sample = sample_message(manifest, chosen or row, last, watch)
        message = WRITERS[channel](*sample, manifest.project, ask.channel or UNKNOWN_CHANNEL)
    if as_json:
        facts = {"batch": batch, "stage": manifest.stage, "row": row, "channel": channel}
        console.print(_json({**facts, "told": not silent, "why": silent, "after_failures": after, "message": message}))
    elif message is not None:
        console.print(message if isinstance(message, str) else _json(message))
    return 0


def _json(data: object) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)
