"""Writes the JSON Schema of what ``catalog --format json`` prints; ``--check`` only says whether it differs.

python docs/generate_catalog_schema.py [--check]
"""

import dataclasses
import inspect
import json
import re
import sys
import types
import typing
from pathlib import Path
from typing import Any

from batchwright_runner.workbench.page.catalog import FORMAT, Catalog

FILE = Path(__file__).parent / "reference" / "catalog.schema.json"
_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def schema() -> dict[str, Any]:
    """The JSON Schema of a catalog. A reader must not mind fields that it does not know."""
    found = object_schema(Catalog)
    found["properties"]["format"] |= {"const": FORMAT}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "batchwright catalog", **found}


def object_schema(cls: type) -> dict[str, Any]:
    """The schema of a dataclass. All its fields are always there."""
    meanings, hints = attributes(cls), typing.get_type_hints(cls)
    names = [one.name for one in dataclasses.fields(cls)]
    summary = (inspect.getdoc(cls) or "").partition("\n")[0]
    return {
        "description": plain(summary),
        "type": "object",
        "required": names,
        "properties": {name: {"description": meanings[name], **value_schema(hints[name])} for name in names},
    }


def value_schema(hint: object) -> dict[str, Any]:
    """The schema of a type: a dataclass, a plain one, a tuple of any length, or one of several."""
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return object_schema(hint)
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    if typing.get_origin(hint) is tuple:
        return {"type": "array", "items": value_schema(typing.get_args(hint)[0])}
    if isinstance(hint, types.UnionType):
        return {"anyOf": [value_schema(one) for one in typing.get_args(hint)]}
    raise TypeError(f"no schema for {hint}")


def attributes(cls: type) -> dict[str, str]:
    """The ``Attributes`` of a docstring: name to description."""
    section = (inspect.getdoc(cls) or "").partition("Attributes:\n")[2].partition("\n\n")[0]
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE)
    return {name: plain(" ".join(text.split())) for name, text in found}


def plain(text: str) -> str:
    """A text of a docstring without its markup."""
    return text.replace("``", "`")


def made() -> str:
    """The file's text."""
    return json.dumps(schema(), indent=2) + "\n"


def main() -> int:
    """Writes or checks; 1 if the check finds a difference."""
    if "--check" not in sys.argv:
        FILE.write_text(made(), encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != made():
        sys.stderr.write(f"{FILE.name} differs from the code: run python docs/generate_catalog_schema.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
