"""The file from which a batch runs on an engineer's machine: ``batches/{stage}/{batch}.json`` in the assembly.

It holds the manifest, the task definition with computed names filled in and unresolved values marked, the declared
values of the parameters, and what the task role may do.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from batchwright_runner.contract.manifest import BatchManifest

FORMAT = 1
"""Version of the file's form."""


def local_file(
    manifest: BatchManifest,
    task: Mapping[str, Any],
    parameters: Mapping[str, Any],
    permissions: list[Any],
    *,
    package: str | None,
    source: str | None,
) -> dict[str, Any]:
    """The file's content.

    Args:
        manifest: The batch's manifest, as far as a synthesis knows it.
        task: The task definition's properties, evaluated.
        parameters: Variable to declared value, evaluated; of the parameters the batch makes itself.
        permissions: The statements of the task role, evaluated.
        package: The folder of the batch's declaration, relative to the project; ``None`` outside ``batches/``.
        source: The folder of the image's source, relative to the project; ``None`` when it lives elsewhere.
    """
    unset = {"unresolved": "a parameter that this batch does not declare"}
    return {
        "format": FORMAT,
        "manifest": manifest.to_dict(),
        "task": dict(task),
        "parameters": {
            name: {"path": one.path, "value": parameters.get(name, unset)} for name, one in manifest.parameters.items()
        },
        "permissions": permissions,
        "package": package,
        "source": source,
    }


def write(assembly: Path, content: Mapping[str, Any]) -> Path:
    """Writes the file into an assembly and returns its path."""
    manifest = content["manifest"]
    path = assembly.joinpath("batches", manifest["stage"], f"{manifest['batch']}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path
