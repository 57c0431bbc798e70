"""The project a command is called in."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batchwright_runner.errors import RunnerError, UsageError


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a cdk.json.

    Attributes:
        root: The folder.
        app: The command that synthesizes, as written in cdk.json.
        context: The context of cdk.json.
    """

    root: Path
    app: str
    context: dict[str, Any]

    def shown(self, path: Path) -> str:
        """A path as a person reads it: relative to the project."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


def find_project(start: Path) -> Project:
    """Finds the nearest folder upward that has a cdk.json.

    Raises:
        UsageError: There is none.
        RunnerError: It cannot be read, or names no app.
    """
    for folder in (start, *start.parents):
        if (folder / "cdk.json").is_file():
            return _read(folder)
    raise UsageError(
        f"no project here: neither {start} nor a folder above it has a cdk.json",
        hint="Change into the folder of your batches' cdk.json, or make a project: batchwright init",
    )


def _read(root: Path) -> Project:
    path = root / "cdk.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunnerError(f"{path} cannot be read: {error}") from error
    app = data.get("app") if isinstance(data, dict) else None
    if not isinstance(app, str) or not app.strip():
        raise RunnerError(f'{path} cannot be used: it has no "app"', hint='Write "app": "python app.py" into it')
    context = data.get("context", {})
    if not isinstance(context, dict):
        raise RunnerError(f'{path} cannot be used: its "context" is not an object')
    return Project(root, app, context)
