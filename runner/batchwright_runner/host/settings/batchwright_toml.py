"""batchwright.toml: where it is, and what it says."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batchwright_runner.contract.gone import removed_key
from batchwright_runner.contract.settings import ACCOUNT_FORM, PROJECT_FORM, REGION_FORM, ROLE_FORM, TOML_KEYS, Key
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.settings.cdk_json import FILE as CDK_JSON
from batchwright_runner.host.settings.found_file import read_found
from batchwright_runner.host.terminal.text import did_you_mean

FILE = "batchwright.toml"
_PATTERNS: Mapping[str, str] = {
    ACCOUNT_FORM["pattern"]: "12 digits",
    REGION_FORM["pattern"]: "a region's name",
    PROJECT_FORM["pattern"]: "a name of 2 to 20 of a-z and 0-9, a letter first, that does not begin with aws or ssm",
    ROLE_FORM["pattern"]: "a role's ARN, as in arn:aws:iam::111111111111:role/runner",
}
"""What a text that matches a pattern is, in words."""


@dataclass(frozen=True, slots=True)
class Toml:
    """The batchwright.toml in force."""

    path: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def table(self, name: str) -> Mapping[str, Any]:
        """One of its tables; empty where it does not have it."""
        table: Mapping[str, Any] = self.settings.get(name, {})
        return table

    @property
    def source(self) -> str:
        """The file as it is named in messages; empty where there is none."""
        return str(self.path) if self.path is not None else ""


def places(folder: Path, environment: Mapping[str, str]) -> list[Path]:
    """Where it may be, the place that wins first: from here up to the project's folder, this user's, this host's."""
    home = Path(environment.get("HOME") or Path.home())
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    return [*_here(folder), config / "batchwright" / FILE, Path("/etc/batchwright") / FILE]


def _here(folder: Path) -> list[Path]:
    """Where it may be found by where the command is called."""
    above = [folder, *folder.parents]
    top = next((index for index, parent in enumerate(above) if (parent / CDK_JSON).is_file()), 0)
    return [parent / FILE for parent in above[: top + 1]]


def config_file(*, folder: Path, environment: Mapping[str, str]) -> Path | None:
    """The batchwright.toml in force, the first that exists; none where there is none."""
    named = environment.get("BATCHWRIGHT_CONFIG")
    if named:
        path = folder / Path(named).expanduser()
        if not path.is_file():
            raise RunnerError(f"{named} cannot be read: BATCHWRIGHT_CONFIG names it, and there is no such file")
        return path
    return next((path for path in places(folder, environment) if path.is_file()), None)


def read_toml(folder: Path, environment: Mapping[str, str]) -> Toml:
    """Reads the batchwright.toml in force; an empty one where there is none."""
    path = config_file(folder=folder, environment=environment)
    if path is None:
        return Toml()
    is_found = not environment.get("BATCHWRIGHT_CONFIG") and path in _here(folder)
    return Toml(path, _read(path, lambda: read_found(path, environment) if is_found else path.read_text("utf-8")))


def _read(path: Path, text: Callable[[], str]) -> dict[str, Any]:
    try:
        settings = tomllib.loads(text().removeprefix("\ufeff"))  # the mark that some editors begin a file with
    except (OSError, ValueError) as error:
        raise RunnerError(f"{path} cannot be read: {error}") from error
    if gone := removed_key(FILE, settings):
        raise UsageError(f"{path} cannot be used: {gone[0]} was removed", hint=gone[1])
    _check(settings, TOML_KEYS, path, "")
    for name, image in settings.get("images", {}).items():
        if not image.get("context"):
            hint = 'It is the folder that the image is built from: context = "../rails"'
            raise _unusable(path, f"images.{name}.context is missing", hint)
    return settings


def _unusable(path: Path, why: str, hint: str = "") -> RunnerError:
    return RunnerError(f"{path} cannot be used: {why}", hint=hint)


def _entries(value: object, path: Path, name: str, hint: str = "") -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _unusable(path, f"{name} must be a table", hint)
    return value


def _check(table: object, keys: Mapping[str, Key], path: Path, name: str) -> None:
    for entry, value in _entries(table, path, name).items():
        full = f"{name}.{entry}" if name else entry
        if entry not in keys:
            raise _unusable(path, f"unknown key {full}", did_you_mean(entry, keys))
        _check_value(full, value, keys[entry], path)


def _check_value(name: str, value: object, key: Key, path: Path) -> None:
    if key.named:
        for section, table in _entries(value, path, name, f"Write [{name}.NAME] sections").items():
            _check(table, key.keys, path, f"{name}.{section}")
    elif key.keys:
        _check(value, key.keys, path, name)
    elif key.form.get("type") == "boolean":
        if not isinstance(value, bool):
            raise _unusable(path, f"{name} must be true or false, without quotes")
    elif key.form.get("type") == "object":
        for entry, text in _entries(value, path, name).items():
            if key.form["additionalProperties"] is not True:  # else its reader knows what may be in it
                _check_text(f"{name}.{entry}", text, key.form["additionalProperties"], path)
    else:
        _check_text(name, value, key.form, path)


def _check_text(name: str, value: object, form: Mapping[str, Any], path: Path) -> None:
    if not isinstance(value, str):
        raise _unusable(path, f"{name} must be a string", "Put it into quotes")
    if "enum" in form and value not in form["enum"]:
        raise _unusable(path, f"{name} is {value!r}, not {' or '.join(form['enum'])}")
    if "pattern" in form and not re.fullmatch(form["pattern"], value):
        raise _unusable(path, f"{name} is {value!r}, not {_PATTERNS[form['pattern']]}")
