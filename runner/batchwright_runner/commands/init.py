"""``batchwright init``: writes a new project."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from batchwright_runner.commands.options import more, pass_console
from batchwright_runner.errors import UsageError
from batchwright_runner.host.terminal.console import Console, is_terminal
from batchwright_runner.workbench.scaffold.answers import (
    CI,
    Ci,
    GivenAnswers,
    StageAnswers,
    parse_stage,
    read_zone,
    with_subnets,
)
from batchwright_runner.workbench.scaffold.ask import ProjectPlace, ask_answers, find_existing, find_place, suggested
from batchwright_runner.workbench.scaffold.start import installed, start_project, where_pip_looks

_PLACE = "staging=111111111111/ap-northeast-1"


@click.command(
    epilog=more(
        "docs/tutorial.md",
        "batchwright init sales",
        f"batchwright init --stage {_PLACE} --yes",
    )
)
@click.argument("folder", metavar="[DIR]", default=".")
@click.option("--project", metavar="NAME", help="The project's name. Default: that of its folder.")
@click.option(
    "--stage", "stages", metavar="NAME=ACCOUNT/REGION", multiple=True, help="A stage; CI releases to the first one."
)
@click.option(
    "--subnets",
    metavar="[STAGE=]SUBNETS",
    multiple=True,
    help="A stage's subnets, comma-joined, or the SSM parameter that holds them.",
)
@click.option(
    "--timezone",
    metavar="ZONE",
    help="The time zone of schedules that name none, as in Asia/Tokyo. Default: that of TZ or /etc/localtime.",
)
@click.option("--ci", type=click.Choice(CI), help="What checks it, and releases its images.")
@click.option("--yes", is_flag=True, help="Ask nothing: take what is suggested where nothing is given.")
@pass_console
def init(
    console: Console,
    folder: str,
    project: str | None,
    stages: Sequence[str],
    subnets: Sequence[str],
    timezone: str | None,
    ci: Ci | None,
    yes: bool,
) -> None:
    """Make a new project in DIR, or in this folder.

    Asks at a terminal for what is not given, and writes the files. One that exists is left as it is, and what it says
    is not asked.
    """
    place = find_place(Path(folder))
    zone = None if timezone is None else read_zone(timezone)
    given = GivenAnswers(project=project, stages=_stages(stages, subnets), ci=ci, timezone=zone)
    given = _with_what_exists(console, given, place)
    answers = suggested(given, place, os.environ)
    complete = given.existing and given.ci is not None
    if not (yes or complete) and is_terminal(0):
        subject = f"project {answers.project}" if given.existing else "a new project"
        console.note(f"{subject} in {place.folder}. Enter takes what is in brackets")
        answers = ask_answers(console, given, answers)
    origin = where_pip_looks(installed(), os.environ.get("PIP_FIND_LINKS", ""), place.folder)
    for line in start_project(place, answers, origin, "" if folder == "." else shlex.quote(folder)):
        console.note(line)


def _with_what_exists(console: Console, given: GivenAnswers, place: ProjectPlace) -> GivenAnswers:
    """What the project in that folder says of itself, as its cdk.json is left as it is; else what was given."""
    existing = find_existing(place)
    if existing is None:
        return given
    options = {
        "--project": given.project not in (None, existing.project),
        "--stage": bool(given.stages),
        "--timezone": given.timezone not in (None, existing.timezone),
    }
    unused = [name for name, applies in options.items() if applies]
    if unused:
        console.note(f"not used: {' and '.join(unused)}. cdk.json exists and is left as it is")
    return replace(existing, ci=given.ci or existing.ci)


def _stages(stages: Sequence[str], subnets: Sequence[str]) -> list[StageAnswers]:
    parsed = [parse_stage(text) for text in stages]
    if subnets and not parsed:
        raise UsageError("--subnets needs a --stage: it says whose they are", hint=f"Add --stage {_PLACE}")
    return with_subnets(parsed, subnets)
