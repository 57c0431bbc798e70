"""``batchwright new``: writes the folder of a new batch, or those of batches that another scheduler starts."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from batchwright_runner.commands.completion import complete_stage
from batchwright_runner.commands.options import more, pass_console
from batchwright_runner.errors import UsageError
from batchwright_runner.host.settings.project import Project, find_project
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.workbench.moving.crontab import HOST_IMAGE
from batchwright_runner.workbench.moving.move import Wanted, move
from batchwright_runner.workbench.moving.move import report as report_moved
from batchwright_runner.workbench.moving.origins import ORIGINS, GivenSources, read
from batchwright_runner.workbench.moving.steps import check_pattern
from batchwright_runner.workbench.scaffold.batch_files import LANGUAGES, OWNER, Language
from batchwright_runner.workbench.scaffold.new_batch import add_batch, read_schedule, report

_DIR = click.Path(exists=True, path_type=Path)


@click.command(
    epilog=more(
        "docs/tutorial.md",
        "batchwright new daily-report --owner finance --schedule '30 2 * * *'",
        "batchwright new close-orders --image shop --language ruby",
        "batchwright new --from rundeck jobs.yaml --task-definitions ecs/",
    )
)
@click.argument("names", metavar="BATCH | --from ORIGIN FILE...", nargs=-1, required=True)
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
@click.option("--from", "origin", type=click.Choice(ORIGINS), help="Read jobs that exist, from files.")
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
    "--stage",
    metavar="STAGE",
    default="",
    shell_complete=complete_stage,
    help="The stage of jobs that name none. With --from. Default: production.",
)
@pass_console
def new(
    console: Console,
    names: Sequence[str],
    image: str,
    language: Language,
    owner: str,
    schedule: str,
    origin: str | None,
    definitions: Sequence[Path],
    patterns: Sequence[str],
    only: Sequence[str],
    stage: str,
) -> int:
    """Add a batch to the project in this folder: a folder in batches/.

    With --from, read the jobs of rundeck, copilot or a crontab, or a task-definition, and declare them as batches. What
    cannot be carried over is a TODO; no file that exists is touched. Exit with 1 if a job was not written.
    """
    project = find_project(Path.cwd())
    if origin is None:
        _refuse({"--task-definitions": definitions, "--step": patterns, "--only": only, "--stage": stage})
        if len(names) != 1:
            raise UsageError(
                f"nothing was made: {len(names)} names were given, and a batch has one",
                hint="Write one BATCH, or --from with files",
            )
        due = read_schedule(schedule, project)
        added = add_batch(project, names[0], image=image, language=language, owner=owner, schedule=due)
        for line in report(added, names[0], image=image, schedule=due):
            console.note(line)
        return 0
    if schedule:
        raise UsageError(
            "--schedule cannot be combined with --from: the jobs have schedules of their own", hint="Leave it out"
        )
    given = GivenSources(
        files=[Path(name) for name in names],
        definitions=definitions,
        patterns=[check_pattern(pattern) for pattern in patterns],
        image=image,
    )
    return _move(console, project, origin, given, Wanted(title="", owner=owner, stage=stage, only=only))


def _move(console: Console, project: Project, origin: str, given: GivenSources, asked: Wanted) -> int:
    found = read(origin, given, project)
    where, image = ", ".join(map(str, given.definitions)), given.image or HOST_IMAGE
    wanted = replace(asked, title=found.title, where=where, image=image, notes=found.notes)
    moved = move(project, found.reading, found.definitions, wanted)
    for line in report_moved(moved, wanted):
        console.note(line)
    return 1 if moved.unwritable else 0


def _refuse(options: "dict[str, Sequence[object] | str]") -> None:
    for name, value in options.items():
        if value:
            raise UsageError(f"{name} was given without --from", hint=f"Say what is read: --from {'|'.join(ORIGINS)}")
