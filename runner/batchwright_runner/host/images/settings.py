"""Where the project's registry is, and what the settings say of images."""

from collections.abc import Mapping
from pathlib import Path

from batchwright_runner.contract.sizes import ARCHITECTURES
from batchwright_runner.errors import UsageError
from batchwright_runner.host.aws.config import Target, profile_of, read_sources
from batchwright_runner.host.settings.batchwright_toml import read_toml


def find_registry(
    *, folder: Path, home: Path, environment: Mapping[str, str], project: str = "", host: str = ""
) -> Target:
    """Finds the settings of the project's registry: flags, then variables, then batchwright.toml, then cdk.json.

    Args:
        folder: The working directory.
        home: The home directory.
        environment: This process's variables.
        project: The project, if it was given.
        host: The registry's host name, if it was given: ``333333333333.dkr.ecr.eu-west-1.amazonaws.com``.

    Returns:
        Where it is; account and region are empty where nothing says them.

    Raises:
        UsageError: The host is not one of ECR.
        RunnerError: A file cannot be used.
    """
    sources = read_sources(folder=folder, home=home, environment=environment)
    named = sources.project(project).value
    (account, region), (profile, role) = sources.registry(named, host), sources.way_in("registry")
    return Target(
        project=named,
        account=account.value,
        region=region.value,
        profile=profile_of(profile),
        role_arn=role.value,
        source=account.source,
    )


def find_repository(image: str, *, folder: Path, home: Path, environment: Mapping[str, str]) -> str:
    """The ECR repository of an image as batchwright.toml says it: a name or a URI; empty where it says none.

    Args:
        image: The image.
        folder: The working directory.
        home: The home directory.
        environment: This process's variables.

    Raises:
        RunnerError: The file cannot be used.
    """
    return str(read_toml(folder, home, environment).table("registry").get("images", {}).get(image, ""))


def find_architecture(*, folder: Path, home: Path, environment: Mapping[str, str]) -> str:
    """The CPU architecture that images are built for where no declaration says one: the variable, then the file.

    Args:
        folder: The working directory.
        home: The home directory.
        environment: This process's variables.

    Returns:
        ``X86_64`` or ``ARM64``; empty where nothing says it.

    Raises:
        UsageError: The variable has another value.
        RunnerError: The file cannot be used, or has another value.
    """
    given = environment.get("BATCHWRIGHT_ARCHITECTURE", "")
    if given and given not in ARCHITECTURES:
        raise UsageError(f"BATCHWRIGHT_ARCHITECTURE cannot be used: it is {given!r}, not {' or '.join(ARCHITECTURES)}")
    return given or str(read_toml(folder, home, environment).settings.get("architecture", ""))
