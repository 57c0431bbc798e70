"""``batchwright run``: runs a batch, shows its log, and exits with its code."""

import getpass
import json
import os
import secrets
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import click
from click.core import ParameterSource

from batchwright_runner.commands.options import (
    Duration,
    ScheduledTime,
    batch_argument,
    more,
    on_signal_option,
    parse_images,
    parse_variables,
    pass_console,
    quiet_option,
    stage_option,
    yes_option,
)
from batchwright_runner.commands.result_file import RunResult, check_result_path, write_result
from batchwright_runner.commands.rundeck_result import rundeck_result
from batchwright_runner.contract.checks import TIMEOUTS
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.variables import RUN_ID, SCHEDULED_TIME
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.local.request import BACKENDS, Backend, LocalRequest
from batchwright_runner.runs.end import RunEnd, tell_end
from batchwright_runner.runs.options import option_variables, parse_options
from batchwright_runner.runs.run_id import RunId, run_id
from batchwright_runner.runs.signals import LeaveNow, SignalWaiter
from batchwright_runner.runs.variables import without_values
from batchwright_runner.stage.protected import ask_first
from batchwright_runner.stage.session import Stage, Surroundings, open_stage
from batchwright_runner.terminal.console import Console

Keep = Callable[[RunEnd], int]


def caller() -> str:
    """Who calls: ``user@host``."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The command's options."""

    name: str
    command: Sequence[str]
    stage: str | None
    local: bool
    environment: Mapping[str, str]
    options: Mapping[str, str]
    run: RunId
    nonce: str
    cpu: int
    memory: int
    timeout: int | None
    detach: bool
    on_signal: Literal["stop", "leave"]
    timestamps: bool
    all_containers: bool
    result: Path | None
    rundeck: bool
    dry_run: bool
    verify: bool
    even_if_paused: bool
    scheduled: str
    yes: bool
    backend: Backend
    images: tuple[str, ...]
    without: tuple[str, ...]
    network: str
    aws_profile: str
    record_permissions: bool
    use_task_role: bool
    use_values: bool

    @property
    def variables(self) -> Mapping[str, str]:
        """What the container is told: which run it is, when it was due, and what was given for it."""
        return {RUN_ID: self.run.text, SCHEDULED_TIME: self.scheduled, **self.environment}

    @property
    def arguments(self) -> list[str]:
        """The command line, to say it again. Values of variables are not shown."""
        return ["batchwright", *without_values(sys.argv[1:])]


@click.command(
    epilog=more(
        "docs/exit-codes.md for exit codes and docs/local.md for --local",
        "batchwright run daily-report --local",
        "batchwright run daily-report -s staging -o DATE=2026-11-24",
        "batchwright run daily-report -s production --run-id nightly-2026-11-25 --result result.json",
        "batchwright run daily-report -s staging -- python -m report --dry-run",
    )
)
@batch_argument("name")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@stage_option
@click.option("--local", is_flag=True, help="Run it on this machine, as the project in this folder declares it.")
@click.option("-o", "--option", "named", multiple=True, metavar="NAME=VALUE", help="Say an option that BATCH declares.")
@click.option("-e", "--env", "variables", multiple=True, metavar="KEY=VALUE", help="Set a variable for this run only.")
@click.option("--run-id", metavar="ID", help="A name for this run. A second run of the same name joins the first.")
@click.option("--cpu", type=int, default=0, metavar="UNITS", help="CPU units for this run only. Default: as declared.")
@click.option("--memory", type=int, default=0, metavar="MIB", help="Memory for this run only. Default: as declared.")
@click.option(
    "--timeout",
    type=Duration(max(TIMEOUTS), "14d"),
    help="Stop it after 90s, 30m, 2h or 1h30m, 14d at most. Default: as declared.",
)
@click.option("--detach", is_flag=True, help="Exit as soon as it is started, and say how to come back.")
@on_signal_option("stop")
@click.option("--timestamps", is_flag=True, help="Begin each line of the log with its time.")
@click.option("--all-containers", is_flag=True, help="Show the logs of the other containers too.")
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
@click.option("--verify", is_flag=True, help="Look first whether it would start; 126 if not. See batchwright verify.")
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
    type=ScheduledTime(),
    default="",
    metavar="TIME",
    help="When the run was due, with an offset: 2026-11-25T02:30:00+09:00. The batch sees it.",
)
@click.option("--even-if-paused", is_flag=True, help="Start it although it is paused.")
@yes_option
@click.option("--dry-run", is_flag=True, help="Print the request that would start it, and start nothing.")
@quiet_option
@pass_console
def run(
    console: Console,
    /,
    name: str,
    command: tuple[str, ...],
    variables: tuple[str, ...],
    named: tuple[str, ...],
    run_id: str | None,
    **options: Any,  # noqa: ANN401 - click gives them by name
) -> int:
    """Run BATCH, show its log on stdout, and exit with its code.

    COMMAND, after --, replaces the declared command for this run. In a protected stage that asks first.
    """
    values = {"environment": parse_variables(variables), "options": parse_options(named)}
    return _run(console, name, command, run_id, {**values, **options})


def _run(
    console: Console,
    name: str,
    command: Sequence[str],
    given: str | None,
    options: dict[str, Any],
) -> int:
    nonce = secrets.token_hex(16)
    asked = RunOptions(
        name=name,
        command=command,
        run=run_id(given, Surroundings.variables(), nonce, "" if options["local"] else caller()),
        nonce=nonce,
        **options,
    )
    if asked.result is not None:
        check_result_path(asked.result)
    with SignalWaiter(console.note) as waiter, _recorded(asked, console, waiter.finish) as keep:
        around = Surroundings.of(waiter, console, timestamps=asked.timestamps)
        if asked.local:
            return _here(asked, around, keep)
        _refuse_without_local(asked)
        return _on_fargate(asked, around, keep, known=waiter.finish)


def _here(asked: RunOptions, around: Surroundings, keep: Keep) -> int:
    from batchwright_runner.fargate.request import check_size
    from batchwright_runner.local.run import run_here

    given = {
        "--detach": asked.detach,
        "--on-signal leave": asked.on_signal == "leave",
        "--dry-run": asked.dry_run,
        "--verify": asked.verify,
        "--even-if-paused": asked.even_if_paused,
    }
    for option, value in given.items():
        if value:
            raise UsageError(f"{option} does not go with --local: it is for runs on Fargate")
    check_size(asked.cpu, asked.memory)
    request = LocalRequest(
        name=asked.name,
        stage=asked.stage or "local",
        given=asked.variables,
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
    end = run_here(request, around)
    code = keep(end)
    around.console.quiet &= end.succeeded and not end.incomplete
    tell_end(around.tell.note, end, asked.arguments)
    return code


def _refuse_without_local(asked: RunOptions) -> None:
    named = click.get_current_context().get_parameter_source("backend") is ParameterSource.COMMANDLINE
    given = {
        "--backend": named,
        "--image": asked.images,
        "--without": asked.without,
        "--network": asked.network,
        "--aws-profile": asked.aws_profile,
        "--record-permissions": asked.record_permissions,
        "--use-task-role": asked.use_task_role,
        "--use-values": asked.use_values,
    }
    for option, value in given.items():
        if value:
            raise UsageError(f"{option} goes only with --local: on Fargate there is no such choice")


def _on_fargate(asked: RunOptions, around: Surroundings, keep: Keep, known: Callable[[], None]) -> int:
    from batchwright_runner.fargate.follow import TaskFollower
    from batchwright_runner.fargate.logs import LogReader
    from batchwright_runner.fargate.queue import Queue
    from batchwright_runner.fargate.request import FollowOptions, RunPlan, check_plan
    from batchwright_runner.fargate.run import FargateRun
    from batchwright_runner.runs.variables import refuse_declared

    stage = open_stage(asked.stage, around)
    manifest = stage.find(asked.name)
    refuse_declared(asked.environment, manifest.parameters, manifest.secrets)
    plan = RunPlan(
        manifest=manifest,
        run=asked.run,
        nonce=asked.nonce,
        timeout=asked.timeout or manifest.timeout_seconds,
        environment={**asked.variables, **option_variables(manifest, asked.options, asked.environment)},
        command=asked.command,
        cpu=asked.cpu,
        memory=asked.memory,
    )
    check_plan(plan)
    if asked.dry_run:
        around.console.print(json.dumps(plan.request(), indent=2, ensure_ascii=False))
        return 0
    if asked.command:
        ask_first(
            around.console,
            manifest.stage,
            f"Run {' '.join(asked.command)} as {asked.name}, with its rights and secrets",
            f"{asked.name} was not started",
            protected=manifest.protected,
            yes=asked.yes,
        )
    options = FollowOptions(
        detach=asked.detach,
        on_signal=asked.on_signal,
        all_containers=asked.all_containers,
        even_if_paused=asked.even_if_paused,
    )
    follower, logs = TaskFollower(stage, around.output, around.console), LogReader(stage, around.output)
    queue, first = Queue(stage, around.console), partial(_verified, asked, manifest, stage)
    end = FargateRun(options, stage, follower, logs, queue, first=first).run(plan)
    known()
    code = keep(end)
    around.console.quiet &= end.succeeded and not end.incomplete
    tell_end(around.tell.note, end, asked.arguments)
    return code


def _show(text: str, console: Console) -> None:
    """Writes it after the log, and waits within bounds for the reader. Nobody reading it is no reason to fail."""
    with console.above():
        console.out.put(text.encode("utf-8", "replace"))
        console.out.flush()


def _verified(asked: RunOptions, manifest: BatchManifest, stage: Stage) -> None:
    if asked.verify:
        from batchwright_runner.verify.first import refuse_what_would_fail

        refuse_what_would_fail(manifest, stage.aws, stage.waiter, stage.elsewhere, stage.tell)


@contextmanager
def _recorded(asked: RunOptions, console: Console, known: Callable[[], None]) -> Iterator[Keep]:
    """Writes the result to a file, also when there is none but an error. It never costs the exit code.

    Args:
        asked: The command's options.
        console: Who is told that it cannot be written.
        known: Called when an error is the result: from then on a signal changes nothing.
    """

    def keep(found: Verdict, details: Mapping[str, Any]) -> None:
        known = RunResult(
            code=found.code,
            row=found.row,
            why=found.why,
            retry=found.again,
            batch=asked.name,
            stage=asked.stage or ("local" if asked.local else ""),
            run_id=asked.run.text,
            details=details,
        )
        if asked.rundeck:
            _show(rundeck_result(known), console)
        if asked.result is None:
            return
        try:
            write_result(asked.result, known)
        except OSError as error:
            console.note(f"the result cannot be written to {asked.result}: {error.strerror}. The exit code holds")

    def keep_end(end: RunEnd) -> int:
        keep(end.verdict, end.details())
        return end.verdict.code

    try:
        yield keep_end
    except RunnerError as error:
        known()
        keep(error.verdict(), {})
        raise
    except LeaveNow as left:
        known()
        keep(Verdict(Row.SIGNAL, 128 + left.first, "left at once on a second signal", "ask"), {})
        raise
