"""Makes what a command on images works with, from this process's surroundings."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from batchwright_runner.contract.names import registry_place, repository
from batchwright_runner.host.aws.client import Clients
from batchwright_runner.host.aws.config import Target
from batchwright_runner.host.images.registry import Registry, place_of
from batchwright_runner.host.images.settings import find_registry, find_repository
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.settings.project import declared_repositories


def open_registry(
    waiter: Waiter,
    image: str,
    *,
    project: str,
    host: str,
    stage: Target | None = None,
    deployed: Mapping[str, str] = MappingProxyType({}),
) -> Registry:
    """The registry that an image is in."""
    here = Path.cwd()
    registry = find_registry(folder=here, environment=os.environ, project=project, host=host)
    named = find_repository(image, folder=here, environment=os.environ)
    declared = declared_repositories(here, registry.project)
    given = bool(host or os.environ.get("BATCHWRIGHT_REGISTRY"))
    target, name = locate(registry, image, given=given, named=named, deployed=deployed, declared=declared)
    alone = stage is None or (stage.account and stage.account != target.account)
    if stage is not None and not alone and not target.profile and not target.role_arn:
        target = replace(target, project=stage.project, profile=stage.profile, role_arn=stage.role_arn)
    return Registry(target, Clients(target), waiter, {image: name})


def locate(
    found: Target, image: str, *, given: bool, named: str, deployed: Mapping[str, str], declared: Mapping[str, str]
) -> tuple[Target, str]:
    """Which registry an image is in, and the name of its repository. Pure.

    `named`: its repository in batchwright.toml, a name or a URI; empty for none.
    """
    usual = repository(found.project, image)
    running = deployed.get(image, "")
    if registry_place(running.partition("/")[0]) is None or running.partition("/")[2] == usual:
        running = ""
    address = named or running or declared.get(image, "")
    host, _, name = address.partition("/")
    place = registry_place(host)
    if place is None:
        return place_of(found, deployed.values()), address or usual
    if given:
        return found, name
    return _in_account(found, *place), name


def _in_account(found: Target, account: str, region: str) -> Target:
    """A registry in an account. The credentials of another account's are not used for it."""
    if found.account in ("", account):
        return replace(found, account=account, region=region)
    return replace(found, account=account, region=region, profile="", role_arn="")
