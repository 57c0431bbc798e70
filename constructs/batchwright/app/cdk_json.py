"""The project as ``cdk.json`` describes it: its name, its registry, its stages. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from batchwright.arns import Place
from batchwright.errors import unknown, wrong
from batchwright.names import LOCAL, check_image, check_project, check_stage
from batchwright.registry.publishers import parse_source
from batchwright.timing import check_timezone
from batchwright_runner.contract.checks import ACCOUNT, REGION

SUBJECT = "cdk.json"

LOCAL_PLACE = Place(account="000000000000", region="us-east-1")
"""What stands for account and region in the stage of local runs: an account that nobody has."""

_STAGE_KEYS = frozenset(
    {
        "account",
        "region",
        "vpc_id",
        "subnets",
        "security_groups",
        "assign_public_ip",
        "cluster",
        "key",
        "settings",
        "shared_parameters",
        "container_insights",
        "history",
        "scheduler",
        "deadlines",
        "runner_image",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSettings:
    """One stage of the project.

    Attributes:
        name: Its name.
        place: Its account and region.
        platform: The arguments of `BatchPlatform` that the context gives.
    """

    name: str
    place: Place
    platform: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The project.

    Attributes:
        name: Its name.
        timezone: The zone of schedules that give none; empty for UTC.
        registry: Account and region of its images.
        images: Images that have a repository though no batch here runs them: those of batches in other repositories;
            each with the branch whose CI may push it, if one may.
        oidc_providers: ARNs of OIDC providers that the registry's account has.
        release_roles: ARNs of roles that publishers may assume to release.
        stages: The stages that can be deployed, in the order of the context.
        local: The stage of local runs.
    """

    name: str
    registry: Place
    images: Mapping[str, str | None]
    stages: Sequence[StageSettings]
    local: StageSettings
    timezone: str = ""
    oidc_providers: Sequence[str] = ()
    release_roles: Sequence[str] = ()

    @property
    def stage_names(self) -> list[str]:
        """Names of the stages that can be deployed."""
        return [stage.name for stage in self.stages]


def read_project(context: Mapping[str, Any]) -> Project:
    """The project that a context describes.

    Args:
        context: The keys ``project`` (default ``batches``), ``timezone`` (default UTC), ``stages`` and ``registry``
            (default: the first stage's account and region) of the app's context.

    Raises:
        DeclarationError: A key is missing, unknown, or of a wrong form.
    """
    name = context.get("project") or "batches"
    if not isinstance(name, str):
        raise wrong(SUBJECT, "context.project", name, "a name")
    check_project(name)
    timezone = check_timezone(SUBJECT, "context.timezone", context.get("timezone"))
    stages = context.get("stages")
    if not isinstance(stages, Mapping) or not stages.keys() - {LOCAL}:
        raise wrong(SUBJECT, "context.stages", stages, "an object of stages, each with account, region and subnets")
    deployed = [_stage(stage, values) for stage, values in stages.items() if stage != LOCAL]
    local = _checked(LOCAL, stages.get(LOCAL) or {})
    registry = context.get("registry")
    return Project(
        name=name,
        timezone=timezone,
        registry=deployed[0].place if registry is None else _place("context.registry", registry),
        images=_images(registry),
        oidc_providers=_list(registry, "oidc_providers"),
        release_roles=_list(registry, "release_roles"),
        stages=deployed,
        local=StageSettings(name=LOCAL, place=LOCAL_PLACE, platform={"subnets": ["subnet-local"], **local}),
    )


def _stage(name: str, values: object) -> StageSettings:
    check_stage(name)
    checked = _checked(name, values)
    place = _place(f"context.stages.{name}", checked)
    platform = {key: value for key, value in checked.items() if key not in ("account", "region")}
    return StageSettings(name=name, place=place, platform=platform)


def _checked(name: str, values: object) -> Mapping[str, Any]:
    argument = f"context.stages.{name}"
    if not isinstance(values, Mapping):
        raise wrong(SUBJECT, argument, values, "an object with account, region and subnets")
    for key in values:
        if key not in _STAGE_KEYS:
            raise unknown(SUBJECT, argument, key, _STAGE_KEYS)
    for key in ("settings", "shared_parameters"):
        table = values.get(key, {})
        if not isinstance(table, Mapping) or not all(isinstance(one, str) for one in table.values()):
            raise wrong(SUBJECT, f"{argument}.{key}", table, "an object of strings")
    return values


def _place(argument: str, values: object) -> Place:
    if not isinstance(values, Mapping):
        raise wrong(SUBJECT, argument, values, "an object with account and region")
    for key, pattern, allowed in (("account", ACCOUNT, "a string of 12 digits"), ("region", REGION, "a region's name")):
        value = values.get(key)
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise wrong(SUBJECT, f"{argument}.{key}", value, allowed)
    return Place(values["account"], values["region"])


def _images(registry: object) -> dict[str, str | None]:
    images = registry.get("images", []) if isinstance(registry, Mapping) else []
    if not isinstance(images, (list, Mapping)):
        raise wrong(SUBJECT, "context.registry.images", images, "a list of names, or an object of name and branch")
    sources = dict(images) if isinstance(images, Mapping) else dict.fromkeys(images)
    for image, source in sources.items():
        check_image(f"{SUBJECT}: context.registry", image)
        if source is not None:
            parse_source(f"{SUBJECT}: context.registry.images.{image}", source)
    return sources


def _list(registry: object, key: str) -> list[str]:
    values = registry.get(key, []) if isinstance(registry, Mapping) else []
    if not isinstance(values, list):
        raise wrong(SUBJECT, f"context.registry.{key}", values, "a list of ARNs")
    return values


def choose_stages(project: Project, only: str | None) -> Sequence[StageSettings]:
    """The stages to synthesize: all that can be deployed, or the one that the context's ``stage`` names.

    Raises:
        DeclarationError: There is no such stage.
    """
    if not only:
        return project.stages
    chosen = [stage for stage in (*project.stages, project.local) if stage.name == only]
    if not chosen:
        raise unknown(SUBJECT, "context.stage", only, [*project.stage_names, LOCAL])
    return chosen


def check_limits(subject: str, stages: object, known: Sequence[str]) -> None:
    """Raises unless a batch's class attribute ``stages`` names stages that there are.

    Raises:
        DeclarationError: It is no collection of names, or a stage is not known.
    """
    if stages is None:
        return
    if isinstance(stages, str) or not isinstance(stages, (set, frozenset, list, tuple)):
        raise wrong(subject, "stages", stages, 'a set of names, such as {"staging"}')
    for stage in stages:
        if stage not in (*known, LOCAL):
            raise unknown(subject, "stages", stage, [*known, LOCAL])
