"""Writes the JSON Schema of the run manifest, and the table of its fields; ``--check`` only says whether they differ.

python docs/generate_schema.py [--check]
"""

import dataclasses
import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from batchwright_runner.contract.forms import Form, NamesForm, RecordForm, default, required
from batchwright_runner.contract.forms_schema import object_schema
from batchwright_runner.contract.manifest import FORMS, SCHEMA, BatchManifest

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.written import with_parts, write

REFERENCE = Path(__file__).parent / "reference"


def schema() -> dict[str, Any]:
    """The JSON Schema of a manifest, for whoever writes one: a field that it does not know is a mistake there."""
    found = object_schema(BatchManifest, FORMS)
    found["required"] = needed()
    found["properties"]["schema"] = {"enum": list(range(1, SCHEMA + 1))}
    describe(BatchManifest, FORMS, found)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "batchwright run manifest",
        "description": (
            "All that batchwright's runner must know of a deployed batch to run it: the value of the SSM parameter "
            "/{project}/{stage}/manifests/{batch}."
        ),
        **found,
    }


def needed() -> list[str]:
    """The fields that a manifest must have."""
    return ["schema", *required(BatchManifest)]


def describe(cls: type, forms: Mapping[str, Form], found: dict[str, Any]) -> None:
    """Adds what the docstrings say, and the defaults, to an object's schema."""
    meanings = attributes(cls)
    defaults = {field.name: default(field) for field in dataclasses.fields(cls)}
    for name, form in forms.items():
        part = found["properties"][name]
        if isinstance(form, RecordForm):
            describe(form.cls, form.forms, next(choice for choice in alternatives(part) if "properties" in choice))
        if isinstance(form, NamesForm) and isinstance(form.item, RecordForm):
            inner = next(choice for choice in alternatives(part["items"]) if "properties" in choice)
            describe(form.item.cls, form.item.forms, inner)
        usual = defaults[name]
        more = {"default": usual} if isinstance(usual, str | int) and usual != "" else {}
        found["properties"][name] = {"description": meanings[name], **part, **more}


def alternatives(part: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema's own alternatives, or itself."""
    yield from part.get("anyOf", [part])


def attributes(cls: type) -> dict[str, str]:
    """The ``Attributes`` of a docstring: name to description."""
    section = (inspect.getdoc(cls) or "").partition("Attributes:\n")[2].partition("\n\n")[0]
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE)
    return {name: " ".join(text.split()).replace("``", "`") for name, text in found}


def table() -> str:
    """The fields as a table: those that are needed first."""
    meanings = attributes(BatchManifest)
    lines = ["| field | needed | meaning |", "| --- | --- | --- |"]
    lines += [
        f"| `{name}` | {'yes' if name in needed() else ''} | {meanings[name]} |"
        for name in sorted(FORMS, key=lambda name: name not in needed())
    ]
    for title, cls in inner().items():
        lines += [
            f"| `{title}.{name}` | {'yes' if name in required(cls) else ''} | {meaning} |"
            for name, meaning in attributes(cls).items()
        ]
    return "\n".join(lines)


def inner() -> dict[str, type]:
    """The objects in a manifest: what their fields are called, and the record of each."""
    found: dict[str, type] = {}
    for name, form in FORMS.items():
        if isinstance(form, RecordForm):
            found[name] = form.cls
        elif isinstance(form, NamesForm) and isinstance(form.item, RecordForm):
            found[f"{name}[]"] = form.item.cls
    return found


def made() -> dict[Path, str]:
    """File to content."""
    page = REFERENCE / "manifest.md"
    return {
        REFERENCE / "manifest.schema.json": json.dumps(schema(), indent=2) + "\n",
        page: with_parts(page, {"fields": table()}),
    }


if __name__ == "__main__":
    sys.exit(write(made()))
