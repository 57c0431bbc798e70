"""Where the project's registry is, and what the settings say of an image's repository."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from batchwright_runner.contract.names import registry_place
from batchwright_runner.errors import UsageError
from batchwright_runner.host.aws.config import Sources, Target, profile_of, read_sources
from batchwright_runner.host.settings.batchwright_toml import read_toml
from batchwright_runner.host.settings.setting import Setting, SettingSource, first_said


def find_registry(*, folder: Path, environment: Mapping[str, str], project: str = "", host: str = "") -> Target:
    """Finds the settings of the project's registry: flags, then variables, then batchwright.toml, then cdk.json.

    `host`: the registry's host name, if it was given: ``333333333333.dkr.ecr.eu-west-1.amazonaws.com``.
    Returns where it is; account and region are empty where nothing says them.
    """
    sources = read_sources(folder=folder, environment=environment)
    named = sources.project(project).value
    (account, region), (profile, role) = registry_of(sources, named, host), sources.way_in("registry")
    return Target(
        project=named,
        account=account.value,
        region=region.value,
        profile=profile_of(profile),
        role_arn=role.value,
        source=account.source,
    )


def find_repository(image: str, *, folder: Path, environment: Mapping[str, str]) -> str:
    """The ECR repository of an image as batchwright.toml says it: a name or a URI; empty where it says none."""
    return str(read_toml(folder, environment).table("registry").get("images", {}).get(image, ""))


def registry_of(sources: Sources, project: str, host: str = "") -> Sequence[Setting]:
    """Account and region of the registry.

    `host`: its host name on the command line; empty for none.
    """
    here = sources.of_project(project)
    declared = here.registry if here else {}
    named, variable = _place_of(host), _place_of(sources.environment.get("BATCHWRIGHT_REGISTRY", ""))
    return [
        first_said(
            key,
            SettingSource(named.get(key, ""), "--registry"),
            SettingSource(variable.get(key, ""), "BATCHWRIGHT_REGISTRY"),
            sources.said_in_toml("registry", key),
            SettingSource(declared.get(key, ""), str(here.path) if here else ""),
        )
        for key in ("account", "region")
    ]


def _place_of(host: str) -> Mapping[str, str]:
    if not host:
        return {}
    place = registry_place(host)
    if place is None:
        hint = "It is ACCOUNT.dkr.ecr.REGION.amazonaws.com"
        raise UsageError(f"the registry {host!r} cannot be used: it is not a host name of ECR", hint=hint)
    return dict(zip(("account", "region"), place, strict=True))
