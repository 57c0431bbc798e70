"""Writes which properties CloudFormation changes with a new resource alone; ``--check`` only says if it is up to date.

python docs/generate_replacement.py [--check]

AWS publishes it as ``createOnlyProperties`` in the schemas of its resource types, which cfn-lint (MIT-0) carries.
"""

import json
import sys
from pathlib import Path

import cfnlint

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.written import write

FILE = Path(__file__).parents[1] / "runner" / "batchwright_runner" / "workbench" / "diff" / "replacement.json"
SCHEMAS = Path(cfnlint.__file__).parent / "data" / "schemas" / "resources"


def content() -> str:
    """The list as it should be: type to property paths."""
    found: dict[str, set[str]] = {}
    for path in SCHEMAS.glob("*.json"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        paths = {path.removeprefix("/properties/").replace("/", ".") for path in schema.get("createOnlyProperties", ())}
        if paths:
            found.setdefault(schema["typeName"], set()).update(paths)
    return json.dumps({name: " ".join(sorted(paths)) for name, paths in sorted(found.items())}, indent=0) + "\n"


if __name__ == "__main__":
    sys.exit(write({FILE: content()}))
