"""``batchwright run``: runs a batch, shows its log, and exits with its code."""

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from batchwright_runner.commands.options import (
    SCHEDULED_TIME,
    TIMEOUT,
    batch_argument,
    more,
    on_signal_option,
    parse_variables,
    stage_option,
    with_console,
    yes_option,
)
from batchwright_runner.commands.run_result import RecordedCommand, ResultRecord, recorded
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.caller import this_caller
from batchwright_runner.host.runs.end import End, shell_line, tell_end
from batchwright_runner.host.runs.options import parse_options
from batchwright_runner.host.runs.run_id import run_id
from batchwright_runner.host.runs.run_options import BACKENDS, RunOptions
from batchwright_runner.host.runs.signals import SignalWaiter
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.host.terminal.console import Console


class _RunCommand(RecordedCommand):
    """It takes a command for the container after ``--`` alone: a word too many is not one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Reads the command line."""
        after = len(args) - args.index("--") - 1 if "--" in args else 0
        rest = super().parse_args(ctx, args)
        command: tuple[str, ...] = ctx.params.get("command") or ()
        if len(command) > after and not ctx.resilient_parsing:
            raise click.UsageError(f"unexpected argument '{command[0]}': a command for this run comes after --", ctx)
        return rest


@click.command(
    cls=_RunCommand,
    epilog=more(
        "docs/exit-codes.md for exit codes,\nand docs/local.md for --local",
        "batchwright run daily-report --local",
        "batchwright run daily-report -s staging -o DATE=2026-11-24",
        "batchwright run daily-report -s production --run-id nightly-2026-11-25",
        "batchwright run nightly -s production --again latest",
        "batchwright run daily-report -s staging -- python -m report --dry-run",
        "batchwright run daily-report -s staging --due 2026-11-01..2026-11-07",
    ),
)
@batch_argument("name")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@stage_option
@click.option("--local", is_flag=True, help="Run it on this machine, as the project in this folder declares it.")
@click.option("-o", "--option", "named", multiple=True, metavar="NAME=VALUE", help="Set an option that BATCH declares.")
@click.option("-e", "--env", "variables", multiple=True, metavar="KEY=VALUE", help="Set a variable for this run only.")
@click.option(
    "--run-id",
    metavar="ID",
    help="A name for this run. A second call with it and the same options attaches to the first.",
)
@click.option(
    "--again",
    default="",
    metavar="RUN",
    help="Run again what RUN, or latest, left undone, with its options and its time: of a workflow, the steps that did "
    "not succeed.",
)
@click.option("--from", "begin", multiple=True, metavar="STEP", help="Of a workflow: run STEP and all that follows it.")
@click.option("--done", multiple=True, metavar="STEP", help="Of a workflow: take STEP as done, and keep who said so.")
@click.option("--cpu", type=int, default=0, metavar="UNITS", help="CPU units for this run only. Default: as declared.")
@click.option("--memory", type=int, default=0, metavar="MIB", help="Memory for this run only. Default: as declared.")
@click.option(
    "--timeout",
    type=TIMEOUT,
    help="Stop it after 90s, 30m, 2h or 1h30m, 14d at most. Default: as declared.",
)
@click.option("--detach", is_flag=True, help="Exit as soon as it is started, and say how to come back.")
@on_signal_option("stop")
@click.option("--timestamps", is_flag=True, help="Begin each line of the log with its time.")
@click.option("--all-containers", is_flag=True, help="Show the logs of the other containers too.")
@click.option(
    "--log",
    type=click.Choice(["all", "failed", "none"]),
    default="all",
    show_default=True,
    help="Of a workflow: whose log to show, that of all steps, of failed ones at their end, or none.",
)
@click.option(
    "--result",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the result to a file, as JSON.",
)
@click.option(
    "--rundeck",
    is_flag=True,
    help="End the log with the result as Rundeck's log filters read it: a table, and ${data.batchwright_code}.",
)
@click.option(
    "--backend",
    type=click.Choice(BACKENDS),
    default="auto",
    show_default=True,
    envvar="BATCHWRIGHT_BACKEND",
    show_envvar=True,
    help="With --local: what it runs in. auto takes Docker, else Podman, else a plain process.",
)
@click.option(
    "--image",
    "images",
    multiple=True,
    metavar="[CONTAINER=]REF",
    help="With --local: the image to run instead of the batch's own, or of another container's.",
)
@click.option(
    "--without",
    multiple=True,
    metavar="SIDECAR",
    help="With --local: leave a container out that runs beside the main one.",
)
@click.option(
    "--network",
    default="",
    metavar="NAME",
    help="With --local: the network of Docker or Podman to join, such as one of Compose with your database.",
)
@click.option(
    "--aws-profile", default="", metavar="PROFILE", help="With --local: give the batch the credentials of this profile."
)
@click.option(
    "--parallelism",
    type=click.IntRange(min=1),
    metavar="N",
    help="With --local: how many steps of a workflow may run at once. Default: one.",
)
@click.option(
    "--record-permissions",
    is_flag=True,
    help="With --local: record which calls to AWS its SDKs report, and compare them with what it may do.",
)
@click.option(
    "--use-task-role",
    is_flag=True,
    help="With --local and -s: give the batch the stage's task role, by your right to assume it.",
)
@click.option(
    "--use-values",
    is_flag=True,
    help="With --local and -s: give the batch the stage's parameters and secrets, by your right to read them.",
)
@click.option(
    "--scheduled",
    type=SCHEDULED_TIME,
    default="",
    metavar="TIME",
    help="When the run was due: 2026-11-25T02:30:00+09:00, or scheduled: its schedule's last time. The batch sees it.",
)
@click.option(
    "--due",
    default="",
    metavar="A..B",
    help="Run it for each time it was due from day A to day B, the oldest first. In -o, {date-1} is the day before.",
)
@click.option("--all", "every", is_flag=True, help="With --due: also for the times for which it has succeeded.")
@click.option("--keep-going", is_flag=True, help="With --due: a failure ends nothing.")
@click.option("--even-if-paused", is_flag=True, help="Start it although it is paused.")
@yes_option
@click.option("--dry-run", is_flag=True, help="Print the request that would start it, and start nothing.")
@with_console
def run(
    console: Console,
    /,
    variables: tuple[str, ...],
    named: tuple[str, ...],
    run_id: str | None,
    **options: Any,  # noqa: ANN401 - click gives them by name
) -> int:
    """Run BATCH, or a workflow, show its log on stdout, and exit with its code.

    COMMAND, after --, replaces the declared command for this run. In a protected stage that asks first.
    """
    options["stage"] = stage = options["stage"] or ("local" if options["local"] else "")
    source = click.get_current_context().get_parameter_source("backend")
    options["named_backend"] = source is ParameterSource.COMMANDLINE
    if options["result"] is not None:
        from batchwright_runner.commands.result_file import check_result_path

        check_result_path(options["result"])
    record = ResultRecord(options["name"], stage, run_id or "", options["result"], rundeck=options["rundeck"])
    return _run(console, record, lambda: _read(variables, named, run_id, options))


def _read(variables: Sequence[str], named: Sequence[str], given: str | None, options: dict[str, Any]) -> RunOptions:
    environment, values = parse_variables(variables), parse_options(named)
    if not options["due"] and (options["every"] or options["keep_going"]):
        raise UsageError("--all and --keep-going go only with --due", hint="Add --due DAYS, or leave them out")
    images = dict.fromkeys(options["images"], "")  # on Fargate they are refused, whatever they are
    if images and options["local"]:
        from batchwright_runner.commands.run_locally import parse_images  # few runs are given an image

        images = parse_images(options["images"])
    nonce = secrets.token_hex(16)
    run = run_id(given, os.environ, nonce, "" if options["local"] else this_caller())
    steps = {name: tuple(" ".join(options[name]).replace(",", " ").split()) for name in ("begin", "done")}
    return RunOptions(
        **{**options, **steps, "environment": environment, "options": values, "images": images}, run=run, nonce=nonce
    )


def _run(console: Console, record: ResultRecord, read: Callable[[], RunOptions]) -> int:
    with SignalWaiter(console.note) as waiter, recorded(record, console, waiter.finish) as keep:
        options = read()
        record.run_id = options.run.text
        end = _run_in(options, Surroundings.of(waiter, console, timestamps=options.timestamps))
        if end is None:
            keep(Verdict(Row.OWN, 0, "nothing was started (--dry-run)", "safe"), {})
            return 0
        waiter.finish()
        record.run_id = end.details().get("run_id", record.run_id)  # a run again has its own
        if options.replaces or not end.again:
            end = replace(end, again=shell_line(options.arguments))
        keep(end.verdict, end.details())
        console.quiet &= end.succeeded and not end.incomplete
        tell_end(console.note, end)
        return end.verdict.code


def _run_in(options: RunOptions, around: Surroundings) -> End | None:
    """Runs it in the one engine or the other, and imports that one alone. None where nothing was to be started."""
    if options.local:
        from batchwright_runner.commands.run_locally import run_locally

        return run_locally(options, around)
    from batchwright_runner.commands.run_on_fargate import run_on_fargate

    return run_on_fargate(options, around)
