"""The questions of ``init``, and what is suggested where nothing is asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import click

from batchwright_runner.errors import UsageError
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
    parse_subnets,
    shells_region,
)
from batchwright_runner.workbench.scaffold.names import (
    check_account,
    check_project,
    check_region,
    check_stage,
    project_name,
)
from batchwright_runner.workbench.scaffold.place import ProjectPlace
from batchwright_runner.workbench.scaffold.zones import host_zone, read_zone

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
    project = given.project
    if project is None:
        project = ask("Project, 2 to 20 of a-z and 0-9", usual.project, check_project)
    if given.existing:
        stages = list(given.stages)
    else:
        stages = [ask.subnets(stage) for stage in given.stages] or ask.stages(usual.stages[0])
    zone = given.timezone
    if zone is None:
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
