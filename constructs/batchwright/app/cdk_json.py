"""The project as ``cdk.json`` describes it: its name, its registry, its stages. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from batchwright.arns import Place
from batchwright.errors import DeclarationError, check_keys, check_removed, unknown, wrong
from batchwright.names import LOCAL, check_image, check_project, check_stage
from batchwright.registry.entries import ImageEntry, check_repositories, read_entry
from batchwright.task.outside import written
from batchwright.timing import check_timezone
from batchwright_runner.contract.checks import PLACE
from batchwright_runner.contract.context_keys import REGISTRY_KEYS, STAGE_KEYS, misspelt

SUBJECT = "cdk.json"
REGISTRY = f"{SUBJECT}: context.registry"

LOCAL_PLACE = Place(account="000000000000", region="us-east-1")
"""What stands for account and region in the stage of local runs: an account that belongs to no one."""

_WRITTEN = frozenset({"alarm_topic", "cluster", "key", "security_groups", "subnets", "vpc_id"})
_ROLE_KEYS = ("oidc_providers", "release_roles", "execution_roles")


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSettings:
    """One stage of the project."""

    name: str
    place: Place
    # The arguments of `BatchPlatform` that the context gives
    platform: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectContext:
    """The project."""

    name: str
    # Account and region of its images; ``None`` where the context does not say it: then each stage has them in its own
    # account and region
    registry: Place | None
    # The context's images, also those that no batch here runs: the branch whose CI may push it, ``None``, or a mapping
    # as `ImageRegistry` takes it
    images: Mapping[str, str | Mapping[str, Any] | None]
    stages: Sequence[StageSettings]
    local: StageSettings
    # The zone of schedules that give none; empty for UTC
    timezone: str = ""
    # ARNs that the registry takes, by its arguments: ``oidc_providers`` and so on
    known_arns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    managed: bool = True

    @property
    def repositories(self) -> dict[str, str]:
        """Image to repository, of those that are not ``{project}/{image}``."""
        entries = _entries(self.images)
        return {image: entry.repository for image, entry in entries.items() if entry.repository}

    @property
    def stage_names(self) -> list[str]:
        """Names of the stages that can be deployed."""
        return [stage.name for stage in self.stages]


def read_project(context: Mapping[str, Any], whole_context: Mapping[str, Any] | None = None) -> ProjectContext:
    """The project that a context describes.

    `context`: the keys ``project`` (default ``batches``), ``timezone`` (default UTC), ``stages`` and ``registry``
    (default: none is made, and each stage has its images in its own account) of the app's context.
    """
    check_removed(SUBJECT, context)
    if wrong_key := misspelt(whole_context if whole_context is not None else context):
        raise DeclarationError(SUBJECT, "context", f"unknown key {wrong_key[0]!r}; did you mean {wrong_key[1]}?")
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
    return ProjectContext(
        name=name,
        timezone=timezone,
        registry=None if registry is None else _place("context.registry", registry),
        managed=_managed(registry),
        images=_images(registry, name),
        known_arns={key: _list(registry, key) for key in _ROLE_KEYS},
        stages=deployed,
        local=StageSettings(name=LOCAL, place=LOCAL_PLACE, platform={"subnets": ["subnet-local"], **local}),
    )


def _stage(name: str, values: object) -> StageSettings:
    check_stage(name)
    checked = _checked(name, values)
    place = _place(f"context.stages.{name}", checked)
    platform = {key: value for key, value in checked.items() if key not in ("account", "region")}
    return StageSettings(name=name, place=place, platform=platform)


def platform_arguments(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a stage of cdk.json says, as `BatchPlatform` takes it."""
    return {key: written(value) if key in _WRITTEN else value for key, value in values.items()}


def _checked(name: str, values: object) -> Mapping[str, Any]:
    argument = f"context.stages.{name}"
    if not isinstance(values, Mapping):
        raise wrong(SUBJECT, argument, values, "an object with account, region and subnets")
    check_keys(SUBJECT, argument, values, STAGE_KEYS)
    for key in ("settings", "shared_parameters"):
        table = values.get(key, {})
        if not isinstance(table, Mapping) or not all(isinstance(text, str) for text in table.values()):
            raise wrong(SUBJECT, f"{argument}.{key}", table, "an object of strings")
    return platform_arguments(values)


def _place(argument: str, values: object) -> Place:
    if not isinstance(values, Mapping):
        raise wrong(SUBJECT, argument, values, "an object with account and region")
    for key, pattern, allowed in PLACE:
        value = values.get(key)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise wrong(SUBJECT, f"{argument}.{key}", value, allowed)
    return Place(values["account"], values["region"])


def _managed(registry: object) -> bool:
    if not isinstance(registry, Mapping):
        return False
    check_keys(SUBJECT, "context.registry", registry, REGISTRY_KEYS)
    managed = registry.get("managed", True)
    if not isinstance(managed, bool):
        raise wrong(SUBJECT, "context.registry.managed", managed, "true or false")
    for key in _ROLE_KEYS:
        if registry.get(key) and not managed:
            problem = "something else manages the registry (managed: false), so that nothing is made; leave it out"
            raise DeclarationError(SUBJECT, f"context.registry.{key}", problem)
    return managed


def _images(registry: object, project: str) -> dict[str, Any]:
    images = registry.get("images", []) if isinstance(registry, Mapping) else []
    if not isinstance(images, (list, Mapping)):
        raise wrong(SUBJECT, "context.registry.images", images, "a list of names, or an object of name and branch")
    entries: dict[str, Any] = {}
    for image in images:
        check_image(REGISTRY, image)
        entries[image] = images[image] if isinstance(images, Mapping) else None
    if isinstance(registry, Mapping) and registry.get("managed") is False:
        entries = {image: _unmanaged(image, entry) for image, entry in entries.items()}
    check_repositories(REGISTRY, project, _entries(entries))
    return entries


def _entries(images: Mapping[str, Any]) -> dict[str, ImageEntry]:
    return {image: read_entry(f"{REGISTRY}.images.{image}", entry) for image, entry in images.items()}


def _unmanaged(image: str, entry: object) -> object:
    """An image's entry in a registry that something else manages."""
    table = dict(entry) if isinstance(entry, Mapping) else {"pushed_by": entry}
    if table.setdefault("managed", False) is True:
        problem = "true was given, and the whole registry is managed: false; allowed: leave it out"
        raise DeclarationError(f"{REGISTRY}.images.{image}", "managed", problem)
    return table


def _list(registry: object, key: str) -> list[str]:
    values = registry.get(key, []) if isinstance(registry, Mapping) else []
    if not isinstance(values, list):
        raise wrong(SUBJECT, f"context.registry.{key}", values, "a list of ARNs")
    return values


def choose_stages(project: ProjectContext, only: str | None) -> Sequence[StageSettings]:
    """The stages to synthesize: all that can be deployed, or the one that the context's ``stage`` names."""
    if not only:
        return project.stages
    if not isinstance(only, str):
        allowed = "the name of the one stage to synthesize; stages are in context.stages"
        raise wrong(SUBJECT, "context.stage", only, allowed)
    chosen = [stage for stage in (*project.stages, project.local) if stage.name == only]
    if not chosen:
        raise unknown(SUBJECT, "context.stage", only, [*project.stage_names, LOCAL])
    return chosen


def check_limits(subject: str, stages: object, known: Sequence[str]) -> None:
    """Raises unless a batch's class attribute ``stages`` names stages that there are."""
    if stages is None:
        return
    if isinstance(stages, str) or not isinstance(stages, (set, frozenset, list, tuple)):
        raise wrong(subject, "stages", stages, 'a set of names, such as {"staging"}')
    for stage in stages:
        if stage not in (*known, LOCAL):
            raise unknown(subject, "stages", stage, [*known, LOCAL])
