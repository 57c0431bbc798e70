"""``batchwright new``: writes the folder of a new batch or workflow, or those of batches that others start."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from batchwright_runner.commands.completion import complete_stage
from batchwright_runner.commands.options import more, pass_console
from batchwright_runner.errors import UsageError
from batchwright_runner.host.settings.project import find_project
from batchwright_runner.host.terminal.console import Console, is_terminal
from batchwright_runner.workbench.moving.jobs import ForeignJob
from batchwright_runner.workbench.moving.lines import check_pattern
from batchwright_runner.workbench.moving.move import ORIGINS, MoveRequest, move, read_sources, report, table_of
from batchwright_runner.workbench.moving.stages import stage_in, without
from batchwright_runner.workbench.scaffold.answers import project_zone, zone_line
from batchwright_runner.workbench.scaffold.names import is_name, near_name
from batchwright_runner.workbench.scaffold.new_batch import (
    LANGUAGES,
    OWNER,
    Language,
    add_batch,
    add_workflow,
    read_schedule,
)

_NOTHING_READ = ("was given without --from", f"Say what is read: --from {'|'.join(ORIGINS)}")
_OF_A_WORKFLOW = ("was given with --steps: a workflow runs batches that exist", "Leave it out")
_DIR = click.Path(exists=True, path_type=Path)


@click.command(
    epilog=more(
        "docs/tutorial.md",
        "batchwright new daily-report --owner finance --schedule '30 2 * * *'",
        "batchwright new close-orders --image shop --language ruby",
        "batchwright new nightly --steps extract,load --schedule '30 2 * * *'",
        "batchwright new --from rundeck jobs.yaml --task-definitions ecs/",
    )
)
@click.argument("names", metavar="NAME | --from ORIGIN FILE...", nargs=-1, required=True)
@click.option(
    "--image", metavar="NAME", default="", help="Run an image that another batch builds. Default: one of its own."
)
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=LANGUAGES[0],
    show_default=True,
    help="What its source is written in.",
)
@click.option("--owner", metavar="TEAM", default=OWNER, show_default=True, help="The team to ask when it fails.")
@click.option(
    "--schedule",
    metavar="CRON",
    default="",
    help="When it is due: five fields of a crontab, in the project's time zone. Default: no schedule.",
)
@click.option(
    "--steps",
    metavar="BATCHES",
    default="",
    help="Write a workflow of these batches, in this order: extract,load,report.",
)
@click.option("--from", "origin", type=click.Choice(tuple(ORIGINS)), help="Read jobs that exist, from files.")
@click.option(
    "--task-definitions",
    "definitions",
    type=_DIR,
    metavar="DIR",
    multiple=True,
    help="Files of aws ecs describe-task-definition, of each stage. With --from; may be repeated.",
)
@click.option(
    "--step",
    "patterns",
    metavar="REGEX",
    multiple=True,
    help="How your own wrapper is called, with groups family, name, command, stage. With --from; may be repeated.",
)
@click.option("--only", metavar="BATCH", multiple=True, help="Write this batch only. With --from; may be repeated.")
@click.option(
    "--name",
    "renamed",
    metavar="OLD=NEW",
    multiple=True,
    help="Call the job OLD the batch NEW. With --from; may be repeated.",
)
@click.option(
    "--stage",
    metavar="STAGE",
    default="",
    shell_complete=complete_stage,
    help="The stage that is read; what others have differently is shown. With --from. Default: production.",
)
@pass_console
def new(
    console: Console,
    names: Sequence[str],
    image: str,
    language: Language,
    owner: str,
    schedule: str,
    steps: str,
    origin: str | None,
    definitions: Sequence[Path],
    patterns: Sequence[str],
    only: Sequence[str],
    renamed: Sequence[str],
    stage: str,
) -> int:
    """Add a batch to the project in this folder: a folder in batches/. With --steps, add a workflow of batches.

    With --from, read the jobs of rundeck or a crontab, or a task-definition, and declare them as batches. What cannot
    be carried over is a TODO; nothing that is declared is changed. Exit with 1 if a job was not written.
    """
    project = find_project(Path.cwd())
    zone = project_zone(project)
    if origin is None:
        of_moving = {"--task-definitions": definitions, "--step": patterns, "--only": only, "--name": renamed}
        _refuse({**of_moving, "--stage": stage})
        if len(names) != 1:
            problem = f"nothing was made: {len(names)} names were given, and a batch has one"
            raise UsageError(problem, hint="Write one NAME, or --from with files")
        due = read_schedule(schedule, project)
        if steps:
            _refuse({"--image": image, "--language": language if language != LANGUAGES[0] else ""}, _OF_A_WORKFLOW)
            parts = [part.strip() for part in steps.split(",")]
            lines = add_workflow(project, names[0], steps=parts, owner=owner, schedule=due)
        else:
            lines = add_batch(project, names[0], image=image, language=language, owner=owner, schedule=due)
        for line in (*lines, zone_line(zone)):
            console.note(line)
        return 0
    own = "cannot be combined with --from: the jobs have steps and schedules of their own"
    _refuse({"--steps": steps, "--schedule": schedule}, (own, "Leave it out"))
    request = MoveRequest(
        origin=origin,
        files=[Path(name) for name in names],
        definitions=definitions,
        patterns=[check_pattern(pattern) for pattern in patterns],
        owner=owner,
        stage=stage,
        only=only,
        names=dict(map(_old_and_new, renamed)),
        image=image,
    )
    reading = read_sources(request, project)
    request = replace(request, names={**_asked_names(console, reading.jobs, request, project.stages), **request.names})
    moved = move(project, reading, request)
    for line in (*report(moved, request), zone_line(zone)):
        console.note(line)
    console.print(table_of(moved, datetime.now(UTC), zone))
    return 1 if moved.unwritable else 0


def _old_and_new(text: str) -> tuple[str, str]:
    old, sign, new = text.rpartition("=")
    if not sign or not old or not is_name(new):
        problem = f"cannot be read: {new!r} is not a name for a batch" if sign else "has no ="
        hint = "Write --name OLD=new: 2 to 40 of a-z, 0-9 and single dashes, a letter first"
        raise UsageError(f"--name {text!r} {problem}", hint=hint)
    return old, new


def _asked_names(
    console: Console, jobs: Sequence[ForeignJob], request: MoveRequest, stages: Sequence[str]
) -> dict[str, str]:
    """The names that a person gives at a terminal to jobs whose own can be no batch's."""
    if not is_terminal(0):
        return {}
    names: dict[str, str] = {}
    for job in jobs:
        named = is_name(near_name(job.step.name or without(job.name, stage_in(job.name, stages))))
        nameless = not named and (not request.only or job.name in request.only)
        while nameless and job.name not in {**request.names, **names}:
            question = f"Name of the batch for {job.name!r} (none: Enter)"
            with console.above():
                answer: str = click.prompt(question, default="", show_default=False, err=True)
            if not answer:
                break
            try:
                names |= dict([_old_and_new(f"{job.name}={answer}")])
            except UsageError as error:
                console.note(str(error))
    return names


def _refuse(options: "dict[str, Sequence[object] | str]", why: tuple[str, str] = _NOTHING_READ) -> None:
    for name, value in options.items():
        if value:
            raise UsageError(f"{name} {why[0]}", hint=why[1])
