"""What a new project is to be: the answers to ``init``'s questions, or its options; and its time zone."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.zones import UTC, check_zone
from batchwright_runner.errors import UsageError
from batchwright_runner.host.settings.cdk_json import FILE
from batchwright_runner.host.settings.project import Project
from batchwright_runner.workbench.scaffold.names import check_account, check_project, check_region, check_stage

Ci = Literal["github", "circleci", "none"]
CI: tuple[Ci, ...] = ("github", "circleci", "none")

NO_SUBNET = "subnet-00000000"
"""Stands for a subnet that is not known yet."""
_PARAMETER = re.compile(r"(ssm:)?(/[A-Za-z0-9_.-]+)+")
SUGGESTED_STAGE = "staging"
SUGGESTED_REGION = "us-east-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageAnswers:
    """A stage of the new project."""

    name: str
    account: str
    region: str
    # Ids of subnets, or the name of one SSM parameter that holds them
    subnets: tuple[str, ...] = (NO_SUBNET,)

    @property
    def partition(self) -> str:
        """The partition of its ARNs."""
        return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(self.region.rpartition("-")[0].rpartition("-")[0], "aws")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the new project is to be."""

    project: str
    stages: Sequence[StageAnswers]
    ci: Ci
    # The time zone of its schedules, by its name in the IANA database
    timezone: str

    def __post_init__(self) -> None:
        """Checks the names."""
        check_project(self.project)
        names = [stage.name for stage in self.stages]
        for name in names:
            if names.count(name) > 1:
                raise UsageError(f"stage {name} is given twice", hint="Give each stage another name")


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAnswers:
    """What is known of a project before anything is asked; none and empty for what is not."""

    project: str | None
    stages: Sequence[StageAnswers]
    ci: Ci | None
    timezone: str | None = None
    # Whether its cdk.json exists and says name and stages: it is left as it is
    existing: bool = False


def parse_stage(text: str) -> StageAnswers:
    """Reads ``name=account/region``."""
    name, sign, place = text.partition("=")
    account, slash, region = place.partition("/")
    if not sign or not slash:
        hint = "Write --stage NAME=ACCOUNT/REGION, as in staging=111111111111/ap-northeast-1"
        raise UsageError(f"--stage {text} cannot be read", hint=hint)
    return StageAnswers(name=check_stage(name), account=check_account(account), region=check_region(region))


def parse_subnets(text: str) -> tuple[str, ...]:
    """Reads the ids of subnets, comma-joined, or the name of an SSM parameter."""
    subnets = tuple(part.strip() for part in text.split(","))
    if all(re.fullmatch("subnet-[0-9a-z]+", subnet) for subnet in subnets):
        return subnets
    if len(subnets) == 1 and _PARAMETER.fullmatch(subnets[0]):
        return subnets
    raise UsageError(
        f"{text!r} is neither a list of subnets nor the name of an SSM parameter",
        hint="Write subnet-…,subnet-… or ssm:/NAME of a parameter",
    )


def with_subnets(stages: Sequence[StageAnswers], options: Sequence[str]) -> list[StageAnswers]:
    """The stages with the subnets that options give them.

    `options`: ``STAGE=SUBNETS``; of a single stage, the subnets alone.
    """
    by_stage: dict[str, tuple[str, ...]] = {}
    for text in options:
        name, sign, subnets = text.rpartition("=")
        if not sign and len(stages) > 1:
            raise UsageError(f"--subnets {text} names no stage", hint=f"Write --subnets {stages[0].name}={text}")
        name = name if sign else stages[0].name
        if name not in [stage.name for stage in stages]:
            names = ", ".join(stage.name for stage in stages)
            raise UsageError(f"--subnets {text} names a stage that is not given", hint=f"Given: {names}")
        by_stage[name] = parse_subnets(subnets)
    return [replace(stage, subnets=by_stage.get(stage.name, stage.subnets)) for stage in stages]


def shells_region(environment: Mapping[str, str]) -> str:
    """The region that this shell uses; empty where it says none."""
    return environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or ""


LOCALTIME = Path("/etc/localtime")


def host_zone(environment: Mapping[str, str]) -> str:
    """The zone that TZ names, else /etc/localtime; UTC where the one that is asked gives no name."""
    name = environment.get("TZ", "").removeprefix(":")
    if not name:
        with suppress(OSError):
            name = str(LOCALTIME.readlink()).rpartition("zoneinfo/")[2]
    try:
        check_zone(name)
    except ScheduleError:
        return UTC
    return UTC if name == "Etc/UTC" else name


def read_zone(text: str) -> str:
    """A time zone's name, as it was given."""
    try:
        check_zone(text)
    except ScheduleError as error:
        raise UsageError(str(error)) from error
    return text


def project_zone(project: Project) -> str:
    """The zone of schedules that name none."""
    zone = project.context.get("timezone")
    return zone if isinstance(zone, str) and zone else UTC


def zone_line(zone: str) -> str:
    """The last line of ``init`` and ``new``."""
    return f"schedules that name no time zone are in {zone}: timezone in {FILE}"
