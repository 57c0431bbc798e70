"""The variables and secrets of containers, as arguments of a declaration. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.contract.checks import VARIABLE
from batchwright_runner.workbench.moving.hidden import CUT, is_secret
from batchwright_runner.workbench.moving.jobs import Todo
from batchwright_runner.workbench.scaffold.python import StageText, Value, call

_SSM = re.compile(r"arn:[a-z-]+:ssm:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):parameter(?P<path>/.+)")
_NAMES = "a variable has letters, digits and underscores, no digit first: rename it, and what reads it"
MANAGER = "secretsmanager:"
"""The prefix of a secret of Secrets Manager in the stage's own account and region."""

_MANAGER = re.compile(r"(?P<arn>arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^:]+)(?::(?P<rest>.*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePlace:
    """A stage of the project, as its cdk.json describes it."""

    name: str
    # Its account; empty where it is not known yet
    account: str = ""
    region: str = ""
    project: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    # The project's zone; empty for UTC
    timezone: str = ""


def variables(values: Mapping[str, str], todos: list[Todo], prefix: str = "environment") -> dict[str, str]:
    """Variables with values, by name; those that look like secrets are left out."""
    todos += [Todo(f"{prefix}.{name}", value, _NAMES) for name, value in values.items() if not VARIABLE.fullmatch(name)]
    todos += [Todo(f"{prefix}.{name}", CUT, "it looks like a secret") for name in hidden(values)]
    return {name: values[name] for name in values if VARIABLE.fullmatch(name) and not is_secret(name, values[name])}


def plain_values(container: Mapping[str, Any]) -> dict[str, str]:
    """A container's plain variables, by name."""
    return {str(variable["name"]): str(variable.get("value") or "") for variable in container.get("environment") or ()}


def hidden(values: Mapping[str, str]) -> list[str]:
    """The variables whose values look like secrets: no declaration shows them."""
    return [name for name, value in values.items() if VARIABLE.fullmatch(name) and is_secret(name, value)]


def secrets(entries: Sequence[Mapping[str, Any]], place: StagePlace, todos: list[Todo]) -> dict[str, Value]:
    """Variables whose values are stored elsewhere, by name."""
    stored: dict[str, Value] = {}
    for entry in entries:
        name, source = str(entry.get("name", "")), str(entry.get("valueFrom", ""))
        secret = _secret(name, source, place)
        if secret is None or not VARIABLE.fullmatch(name):
            todos.append(Todo(f"secrets.{name}", source, _NAMES if secret is not None else _advice(source, place)))
        else:
            stored[name] = secret
    return stored


def _secret(name: str, source: str, place: StagePlace) -> Value | None:
    if source.startswith(MANAGER):
        here = f"arn:aws:secretsmanager:{place.region}:{place.account}:secret:"
        source = f"{here}{source.removeprefix(MANAGER)}" if place.region and place.account else ""
    manager = _MANAGER.fullmatch(source)
    if manager:
        field_, *version = (manager["rest"] or "").split(":")
        if any(version):
            return None
        named = {"json_field": field_} if field_ else {}
        return call("Secret.secrets_manager", name, StageText(manager["arn"]), **named)
    arn = _SSM.fullmatch(source)
    path = arn["path"] if arn else source
    elsewhere = arn and (
        arn["account"] != (place.account or arn["account"]) or arn["region"] != (place.region or arn["region"])
    )
    if elsewhere or not path.startswith("/"):
        return None
    own = f"/{place.project}/{place.name}/"
    if path.startswith(f"{own}shared/") and path.removeprefix(f"{own}shared/") == name:
        return call("Secret.shared", name)
    return call("Secret.existing", name, StageText(path))


def _advice(source: str, place: StagePlace) -> str:
    if _SSM.fullmatch(source):
        return f"it is in another account or region than the stage {place.name}; copy it, and write Secret.existing"
    if _MANAGER.fullmatch(source):
        return "a version of a secret cannot be named; write Secret.secrets_manager without it"
    return "a name without a leading slash cannot be named; copy it to a path, and write Secret.existing"
