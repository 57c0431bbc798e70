"""Where a stage lies: batchwright.toml, this process's variables, and the command line."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batchwright_runner.contract.checks import ACCOUNT
from batchwright_runner.contract.names import registry_place
from batchwright_runner.contract.sizes import ARCHITECTURES
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.terminal.text import did_you_mean

FILE = "batchwright.toml"
DEFAULT_PROJECT = "batches"
_TOP_KEYS = ("project", "architecture", "registry", "stages", "images")
_STAGE_KEYS = ("account", "region", "profile", "role_arn")
_REGISTRY_KEYS = ("account", "region", "profile", "role_arn", "images")
_IMAGE_KEYS = ("context", "dockerfile")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An account and a region that a project uses, and how to get in.

    Attributes:
        project: The project.
        account: The account that credentials must belong to; empty where the file does not say.
        region: The region; empty for the SDK's own.
        profile: The profile; empty for the SDK's own credentials.
        role_arn: A role to assume; empty for none.
        source: The file that says so; empty where there is none.
    """

    project: str
    account: str = ""
    region: str = ""
    profile: str = ""
    role_arn: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTarget(Target):
    """Where a stage is.

    Attributes:
        stage: The stage.
    """

    stage: str


def find_stage(stage: str | None, *, folder: Path, home: Path, environment: Mapping[str, str]) -> StageTarget:
    """Finds the settings of a stage. Variables win over the file.

    Args:
        stage: The stage that was asked for.
        folder: The working directory.
        home: The home directory.
        environment: This process's variables.

    Raises:
        UsageError: No stage was given, or the file does not have it.
        RunnerError: The file cannot be used.
    """
    path, settings = load_settings(folder, home, environment)
    stages: dict[str, Any] = settings.get("stages", {})
    if not stage:
        hint = f"Add -s STAGE; {path} has {', '.join(stages)}" if stages else "Add -s STAGE, or --local for a local run"
        raise UsageError(
            "no stage given: there is no default, so that nothing touches production by accident", hint=hint
        )
    if stages and stage not in stages:
        raise UsageError(f"no stage is called {stage!r}: {path} does not have it", hint=_near(stage, stages))
    found = stages.get(stage, {})
    has_keys = bool(environment.get("AWS_ACCESS_KEY_ID"))
    profile = environment.get("AWS_PROFILE") or ("" if has_keys else found.get("profile", ""))
    return StageTarget(
        project=environment.get("BATCHWRIGHT_PROJECT") or settings.get("project", DEFAULT_PROJECT),
        stage=stage,
        account=found.get("account", ""),
        region=environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or found.get("region", ""),
        profile=profile,
        role_arn=found.get("role_arn", ""),
        source=str(path) if path is not None else "",
    )


def find_registry(
    *, folder: Path, home: Path, environment: Mapping[str, str], project: str = "", host: str = ""
) -> Target:
    """Finds the settings of the project's registry: flags, then variables, then the file.

    Args:
        folder: The working directory.
        home: The home directory.
        environment: This process's variables.
        project: The project, if it was given.
        host: The registry's host name, if it was given: ``333333333333.dkr.ecr.eu-west-1.amazonaws.com``.

    Returns:
        Where it is; account and region are empty where nothing says them.

    Raises:
        UsageError: The host is none of ECR.
        RunnerError: The file cannot be used.
    """
    path, settings = load_settings(folder, home, environment)
    found: dict[str, str] = settings.get("registry", {})
    given = host or environment.get("BATCHWRIGHT_REGISTRY", "")
    if given:
        place = registry_place(given)
        if place is None:
            hint = "It is ACCOUNT.dkr.ecr.REGION.amazonaws.com"
            raise UsageError(f"the registry {given!r} cannot be used: it is not a host name of ECR", hint=hint)
        found = {**found, "account": place[0], "region": place[1]}
    has_keys = bool(environment.get("AWS_ACCESS_KEY_ID"))
    return Target(
        project=project or environment.get("BATCHWRIGHT_PROJECT") or settings.get("project", DEFAULT_PROJECT),
        account=found.get("account", ""),
        region=found.get("region", ""),
        profile=environment.get("AWS_PROFILE") or ("" if has_keys else found.get("profile", "")),
        role_arn=found.get("role_arn", ""),
        source=str(path) if path is not None else "",
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
    _, settings = load_settings(folder, home, environment)
    return str(settings.get("registry", {}).get("images", {}).get(image, ""))


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
        raise UsageError(f"BATCHWRIGHT_ARCHITECTURE is {given!r}: {' or '.join(ARCHITECTURES)} is expected")
    _, settings = load_settings(folder, home, environment)
    return given or str(settings.get("architecture", ""))


def config_file(*, folder: Path, home: Path, environment: Mapping[str, str]) -> Path | None:
    """The batchwright.toml in force, the first that exists; none where there is none.

    Args:
        folder: The working directory.
        home: The home directory.
        environment: This process's variables.

    Raises:
        RunnerError: The variable names a file that does not exist.
    """
    given = environment.get("BATCHWRIGHT_CONFIG")
    if given:
        path = folder / Path(given).expanduser()
        if not path.is_file():
            raise RunnerError(f"{given} cannot be read: BATCHWRIGHT_CONFIG names it, and there is no such file")
        return path
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    paths = (folder / FILE, config / "batchwright" / FILE, Path("/etc/batchwright") / FILE)
    return next((path for path in paths if path.is_file()), None)


def load_settings(folder: Path, home: Path, environment: Mapping[str, str]) -> tuple[Path | None, dict[str, Any]]:
    """Reads the batchwright.toml in force: its path and what it says; none and nothing where there is none.

    Args:
        folder: The working directory.
        home: The home directory.
        environment: This process's variables.

    Raises:
        RunnerError: The file cannot be used.
    """
    path = config_file(folder=folder, home=home, environment=environment)
    return path, _read(path) if path is not None else {}


def _read(path: Path) -> dict[str, Any]:
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunnerError(f"{path} cannot be read: {error}") from error
    _check(settings, _TOP_KEYS, path, "")
    registry = settings.get("registry", {})
    _check(registry, _REGISTRY_KEYS, path, "registry.")
    images = registry.get("images", {})
    _check(images, list(images) if isinstance(images, dict) else (), path, "registry.images.")
    for kind, keys in (("stages", _STAGE_KEYS), ("images", _IMAGE_KEYS)):
        _check_sections(settings.get(kind, {}), keys, path, kind)
    for name, image in settings.get("images", {}).items():
        if not image.get("context"):
            hint = 'It is the folder that the image is built from: context = "../rails"'
            raise RunnerError(f"{path} cannot be used: images.{name}.context is missing", hint=hint)
    return settings


def _check_sections(sections: object, known: Sequence[str], path: Path, kind: str) -> None:
    if not isinstance(sections, dict):
        raise RunnerError(f"{path} cannot be used: {kind} must be a table", hint=f"Write [{kind}.NAME] sections")
    for name, section in sections.items():
        _check(section, known, path, f"{kind}.{name}.")


def _check(table: object, known: Sequence[str], path: Path, prefix: str) -> None:
    if not isinstance(table, dict):
        raise RunnerError(f"{path} cannot be used: {prefix.rstrip('.')} must be a table")
    for key, value in table.items():
        if key not in known:
            raise RunnerError(f"{path} cannot be used: unknown key {prefix}{key}", hint=_near(key, known))
        if (prefix, key) in (("", "registry"), ("", "stages"), ("", "images"), ("registry.", "images")):
            continue
        if not isinstance(value, str):
            raise RunnerError(f"{path} cannot be used: {prefix}{key} must be a string", hint="Put it into quotes")
        if key == "architecture" and value not in ARCHITECTURES:
            expected = " or ".join(ARCHITECTURES)
            raise RunnerError(f"{path} cannot be used: {prefix}architecture is {value!r}: {expected} is expected")
        if key == "account" and not ACCOUNT.fullmatch(value):
            raise RunnerError(f"{path} cannot be used: {prefix}account is {value!r}, not 12 digits")


def _near(name: str, known: Mapping[str, object] | Sequence[str]) -> str:
    return did_you_mean(name, known)
