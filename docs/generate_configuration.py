"""Writes the tables of docs/reference/configuration.md and the JSON Schemas of cdk.json and batchwright.toml.

python docs/generate_configuration.py [--check]
"""

import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from batchwright import BatchPlatform
from batchwright_runner.contract.checks import STAGE
from batchwright_runner.contract.context_keys import CONTEXT_KEYS
from batchwright_runner.contract.settings import TOML_KEYS, VARIABLES, Key

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.written import with_parts, write

REFERENCE = Path(__file__).parent / "reference"
PAGE = REFERENCE / "configuration.md"
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def platform_meanings() -> dict[str, str]:
    """What the arguments of ``BatchPlatform`` mean, as its docstring says."""
    section = (inspect.getdoc(BatchPlatform.__init__) or "").partition("Args:\n")[2].partition("\n\n")[0]
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE)
    return {name: " ".join(text.split()).replace("``", "`") for name, text in found}


PLATFORM = platform_meanings()


def meaning(name: str, key: Key) -> str:
    """What a key means; of the platform's, with the default that its argument has."""
    if key.meaning:
        return key.meaning
    default = inspect.signature(BatchPlatform.__init__).parameters[name].default
    shown = f" Default: `{default if isinstance(default, str) else json.dumps(default)}`."
    return PLATFORM[name] + (shown if isinstance(default, str | bool) else "")


def rows(keys: Mapping[str, Key], prefix: str, name: str) -> Iterator[str]:
    """A row for each key, tables before what is in them.

    Args:
        keys: The keys.
        prefix: What comes before each of them: ``stages.NAME.``.
        name: What stands for a name that is one's own: ``NAME``.
    """
    for part, key in keys.items():
        yield f"| `{prefix}{part}` | {'yes' if key.needed else ''} | {kind(key.form)} | {meaning(part, key)} |"
        yield from rows(key.keys, f"{prefix}{part}.{f'{name}.' if key.named else ''}", name)


def kind(form: Mapping[str, Any]) -> str:
    """What a value is, in words."""
    if "anyOf" in form:
        return " or ".join(dict.fromkeys(map(kind, form["anyOf"])))
    if "enum" in form:
        return ", ".join(f"`{value}`" for value in form["enum"])
    words = {"boolean": "true or false", "object": "table", "array": "list", "integer": "number"}
    return words.get(form["type"], "string")


def table(keys: Mapping[str, Key]) -> str:
    """All keys of a file."""
    return "\n".join(["| key | needed | value | meaning |", "| --- | --- | --- | --- |", *rows(keys, "", "NAME")])


def variables() -> str:
    """The variables."""
    lines = ["| variable | meaning |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| `{name}` | {text} |" for name, text in VARIABLES.items())])


def schema(keys: Mapping[str, Key], *, strict: bool = True) -> dict[str, Any]:
    """The JSON Schema of a table.

    Args:
        keys: Its keys.
        strict: Whether it may have no other keys.
    """
    found: dict[str, Any] = {"type": "object", "properties": {name: value(name, key) for name, key in keys.items()}}
    if strict:
        found["additionalProperties"] = False
    if needed := [name for name, key in keys.items() if key.needed]:
        found["required"] = needed
    return found


def value(name: str, key: Key) -> dict[str, Any]:
    """The JSON Schema of a key's value."""
    found = {"description": meaning(name, key), **key.form}
    if "anyOf" in key.form and key.keys:  # images: a list, or an object of branches or tables
        entries = {"anyOf": [{"type": ["string", "null"]}, schema(key.keys)]}
        found["anyOf"] = [key.form["anyOf"][0], {"type": "object", "additionalProperties": entries}]
    elif key.named:
        found["additionalProperties"] = schema(key.keys)
    elif key.keys:
        found = {**found, **schema(key.keys)}
    return found


def cdk_json() -> dict[str, Any]:
    """The schema of ``cdk.json``: the context's keys that are ours, and any others."""
    context = schema(CONTEXT_KEYS, strict=False)
    stages = context["properties"]["stages"]
    local = {**stages["additionalProperties"]}
    del local["required"]
    stages["properties"] = {"local": local}
    stages["propertyNames"] = {"pattern": f"^{STAGE.pattern}$"}
    stages["minProperties"] = 1
    return {
        "$schema": DRAFT,
        "title": "cdk.json of a project of batchwright",
        "type": "object",
        "required": ["app", "context"],
        "properties": {
            "app": {"type": "string", "description": "The command that synthesizes: `.venv/bin/python app.py`."},
            "context": context,
        },
    }


def batchwright_toml() -> dict[str, Any]:
    """The schema of ``batchwright.toml``."""
    return {"$schema": DRAFT, "title": "batchwright.toml", **schema(TOML_KEYS)}


def made() -> dict[Path, str]:
    """File to content."""
    parts = {"cdk.json": table(CONTEXT_KEYS), "batchwright.toml": table(TOML_KEYS), "variables": variables()}
    return {
        PAGE: with_parts(PAGE, parts),
        REFERENCE / "cdk.schema.json": json.dumps(cdk_json(), indent=2) + "\n",
        REFERENCE / "batchwright-toml.schema.json": json.dumps(batchwright_toml(), indent=2) + "\n",
    }


if __name__ == "__main__":
    sys.exit(write(made()))
