"""Makes what a command on images works with, from this process's surroundings."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from batchwright_runner.aws.client import Clients
from batchwright_runner.aws.config import Target, find_registry
from batchwright_runner.images.registry import Registry, place_of
from batchwright_runner.runs.signals import SignalWaiter, Waiter


def open_registry(
    waiter: Waiter, *, project: str, host: str, stage: Target | None, repositories: Iterable[str]
) -> Registry:
    """The project's registry.

    Args:
        waiter: Time and signals.
        project: The project, if it was given.
        host: The registry's host name, if it was given.
        stage: The stage whose credentials serve where the registry has none of its own and is in the same account.
        repositories: URIs of deployed batches' repositories, to find the registry where nothing else says it.

    Raises:
        UsageError: Nothing says where the registry is.
        RunnerError: The file cannot be used.
    """
    found = find_registry(folder=Path.cwd(), home=Path.home(), environment=os.environ, project=project, host=host)
    target = place_of(found, repositories)
    alone = stage is None or (stage.account and stage.account != target.account)
    if stage is not None and not alone and not target.profile and not target.role_arn:
        target = replace(target, project=stage.project, profile=stage.profile, role_arn=stage.role_arn)
    return Registry(target, Clients(target), waiter)


@contextmanager
def registry_alone(project: str, host: str) -> Iterator[Registry]:
    """Opens the registry for a verb that needs no stage."""
    with SignalWaiter() as waiter:
        yield open_registry(waiter, project=project, host=host, stage=None, repositories=())
