"""The folder of a new project."""

import os
from dataclasses import dataclass
from pathlib import Path

from batchwright_runner.errors import UsageError
from batchwright_runner.workbench.scaffold.beside import is_another_app


@dataclass(frozen=True, slots=True)
class ProjectPlace:
    """Where a new project is written.

    Attributes:
        folder: Its folder, absolute; it may not exist yet.
        below: Where that is in the git repository; empty at the repository's top, or outside of one.
        has_batches: Whether it declares batches already.
        uses_circleci: Whether the repository has a configuration of CircleCI.
    """

    folder: Path
    below: str = ""
    has_batches: bool = False
    uses_circleci: bool = False


def find_place(folder: Path) -> ProjectPlace:
    """Looks at the folder of a new project, and changes nothing.

    Args:
        folder: The folder, which need not exist.

    Raises:
        UsageError: No project can be written there.
    """
    folder = folder.absolute().resolve()
    _check(folder)
    top = next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)
    return ProjectPlace(
        folder,
        below="" if top == folder else folder.relative_to(top).as_posix(),
        has_batches=any(folder.glob("batches/*/batch.py")),
        uses_circleci=(top / ".circleci").is_dir(),
    )


def _check(folder: Path) -> None:
    nearest = next(parent for parent in (folder, *folder.parents) if os.path.lexists(parent))
    if not nearest.is_dir():
        raise UsageError(
            f"no project can be written to {folder}: {nearest} is not a folder", hint="Name another folder"
        )
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise UsageError(
            f"no project can be written to {folder}: {nearest} is not writable for you", hint="Name another folder"
        )
    cdk_json = folder / "cdk.json"
    if cdk_json.is_file() and is_another_app(cdk_json.read_text(encoding="utf-8", errors="replace")):
        raise UsageError(
            f"no project can be written to {folder}: its cdk.json belongs to an app that is not in Python",
            hint=f"Make it in a folder of its own: batchwright init {folder.name}/batches",
        )
