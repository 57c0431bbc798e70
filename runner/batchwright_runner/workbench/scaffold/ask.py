"""The questions of ``init``: what the folder says of itself is not asked, nor what options say."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from batchwright_runner.contract.schedules.zones import UTC
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.settings.cdk_json import DEFAULT_PROJECT, FILE, find_cdk_json
from batchwright_runner.host.settings.project import NO_ACCOUNT
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.workbench.scaffold.answers import (
    CI,
    NO_SUBNET,
    SUGGESTED_REGION,
    SUGGESTED_STAGE,
    Answers,
    Ci,
    GivenAnswers,
    StageAnswers,
    host_zone,
    parse_subnets,
    read_zone,
    shells_region,
)
from batchwright_runner.workbench.scaffold.names import (
    check_account,
    check_project,
    check_region,
    check_stage,
    project_name,
)
from batchwright_runner.workbench.scaffold.project_files import CONFIG, workflow_of


@dataclass(frozen=True, slots=True)
class ProjectPlace:
    """Where a new project is written."""

    folder: Path
    # Where that is in the git repository; empty at the repository's top, or outside of one
    below: str = ""
    has_batches: bool = False
    # Whether the repository has a configuration of CircleCI
    uses_circleci: bool = False


def find_place(folder: Path) -> ProjectPlace:
    """Looks at the folder of a new project, which need not exist, and changes nothing."""
    folder = folder.absolute().resolve()
    _check(folder)
    top = next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)
    return ProjectPlace(
        folder,
        below="" if top == folder else folder.relative_to(top).as_posix(),
        has_batches=any(folder.glob("batches/*/batch.py")),
        uses_circleci=(top / ".circleci").is_dir(),
    )


def _check(folder: Path) -> None:
    nearest = next(parent for parent in (folder, *folder.parents) if os.path.lexists(parent))
    wrong = "a folder" if not nearest.is_dir() else "" if os.access(nearest, os.W_OK | os.X_OK) else "writable for you"
    if wrong:
        raise UsageError(f"no project can be written to {folder}: {nearest} is not {wrong}", hint="Name another folder")
    cdk_json = folder / "cdk.json"
    if cdk_json.is_file() and _is_another_app(cdk_json.read_text(encoding="utf-8", errors="replace")):
        raise UsageError(
            f"no project can be written to {folder}: its cdk.json belongs to an app that is not in Python",
            hint=f"Make it in a folder of its own: batchwright init {folder.name}/batches",
        )


def _is_another_app(cdk_json: str) -> bool:
    """Whether a cdk.json names an app in another language than Python, which batches cannot be added to."""
    try:
        app = json.loads(cdk_json).get("app", "")
    except (ValueError, AttributeError):
        return False
    return isinstance(app, str) and app != "" and ".py" not in app and "python" not in app


def find_existing(place: ProjectPlace) -> GivenAnswers | None:
    """What the project in a folder says of itself; none where its cdk.json declares no stages, or there is none."""
    with suppress(RunnerError):
        cdk_json = find_cdk_json(place.folder)
        if cdk_json is not None and cdk_json.path == place.folder / FILE and cdk_json.stages:
            stages = [_stage(name, facts) for name, facts in cdk_json.stages.items() if isinstance(facts, dict)]
            project, zone = cdk_json.project or DEFAULT_PROJECT, str(cdk_json.context.get("timezone") or UTC)
            return GivenAnswers(project=project, stages=stages, ci=_ci_of(place), timezone=zone, existing=True)
    return None


def _stage(name: str, facts: Mapping[str, Any]) -> StageAnswers:
    """A stage as cdk.json says it, of which CI's files hold the account and the region."""
    subnets = facts.get("subnets") or NO_SUBNET
    return StageAnswers(
        name=name,
        account=str(facts.get("account") or NO_ACCOUNT),
        region=str(facts.get("region") or SUGGESTED_REGION),
        subnets=(subnets,) if isinstance(subnets, str) else tuple(map(str, subnets)),
    )


def _ci_of(place: ProjectPlace) -> Ci | None:
    if not (place.folder / CONFIG).exists():
        return None
    choices: tuple[Ci, ...] = ("github", "circleci")
    return next((ci for ci in choices if (place.folder / workflow_of(ci, place.below)).exists()), None)


T = TypeVar("T")


def suggested(given: GivenAnswers, place: ProjectPlace, environment: Mapping[str, str]) -> Answers:
    """The project as it is where nothing is asked."""
    region = shells_region(environment)
    stage = StageAnswers(name=SUGGESTED_STAGE, account=NO_ACCOUNT, region=region or SUGGESTED_REGION)
    return Answers(
        project=given.project if given.project is not None else project_name(place.folder.name),
        stages=given.stages or [stage],
        ci=given.ci or ("none" if given.existing else "circleci" if place.uses_circleci else "github"),
        timezone=given.timezone or host_zone(environment),
    )


def ask_answers(console: Console, given: GivenAnswers, usual: Answers) -> Answers:
    """Asks for all that options do not say."""
    ask = _Questions(console)
    if (project := given.project) is None:
        project = ask("Project, 2 to 20 of a-z and 0-9", usual.project, check_project)
    if given.existing:
        stages = list(given.stages)
    else:
        stages = [ask.subnets(stage) for stage in given.stages] or ask.stages(usual.stages[0])
    if (zone := given.timezone) is None:
        zone = ask("Time zone of its schedules", usual.timezone, read_zone)
    ci = given.ci if given.ci is not None else ask(f"CI ({', '.join(CI)})", usual.ci, _ci)
    return Answers(project=project, stages=stages, ci=ci, timezone=zone)


class _Questions:
    """Asks on the terminal, and again where an answer cannot be used."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, question: str, usual: str, read: Callable[[str], T]) -> T:
        while True:
            with self._console.above():
                text: str = click.prompt(question, default=usual, show_default=bool(usual), err=True)
            try:
                return read(text.strip())
            except UsageError as error:
                self._console.note(str(error))

    def optional(self, question: str, read: Callable[[str], T]) -> T | None:
        """Asks for something that may be left open, by Enter."""
        return self(question, "", lambda text: read(text) if text else None)

    def stages(self, usual: StageAnswers) -> list[StageAnswers]:
        """Asks for one stage after the other."""
        stages = [self._stage(self("First stage", usual.name, check_stage), usual)]
        while name := self.optional("Another stage (none: Enter)", lambda text: _new_stage(text, stages)):
            stages.append(self._stage(name, stages[-1]))
        return stages

    def _stage(self, name: str, like: StageAnswers) -> StageAnswers:
        account = self.optional(f"AWS account of {name} (later: Enter)", check_account)
        region = self(f"Region of {name}", like.region, check_region)
        return self.subnets(StageAnswers(name=name, account=account or NO_ACCOUNT, region=region))

    def subnets(self, stage: StageAnswers) -> StageAnswers:
        """Asks for a stage's subnets, if they are not known."""
        if NO_SUBNET not in stage.subnets:
            return stage
        subnets = self.optional(f"Subnets of {stage.name}, comma-joined (later: Enter)", parse_subnets)
        return replace(stage, subnets=subnets) if subnets else stage


def _new_stage(text: str, stages: Sequence[StageAnswers]) -> str:
    if check_stage(text) in [stage.name for stage in stages]:
        raise UsageError(f"there is a stage {text} already", hint="Choose another name, or press Enter")
    return text


def _ci(text: str) -> Ci:
    for ci in CI:
        if text == ci:
            return ci
    raise UsageError(f"{text!r} is not a CI that is known", hint=f"Write one of {', '.join(CI)}")
