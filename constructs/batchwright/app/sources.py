"""Where a batch's declaration and its image's source lie in the project, for local runs."""

import inspect
from collections.abc import Sequence
from pathlib import Path

from batchwright.batch import FargateBatch

SOURCE = "app"
"""The folder of an image's source, beside ``batch.py``."""


def place_sources(root: Path, batches: Sequence[FargateBatch]) -> None:
    """Notes for each batch the folder of its declaration and the one of its image's source.

    A batch that shares another's image and has no source of its own runs the other's, when there is exactly one.

    Args:
        root: The project's folder.
        batches: The batches, of any stages.
    """
    shared: dict[str, set[str]] = {}
    for batch in batches:
        package = _package(root, batch)
        if package is None:
            continue
        batch.finish.package = package.as_posix()
        if root.joinpath(package, SOURCE).is_dir():
            batch.finish.source = (package / SOURCE).as_posix()
            if batch.image.name:
                shared.setdefault(batch.image.name, set()).add(batch.finish.source)
    for batch in batches:
        others = shared.get(batch.image.name, set())
        if batch.finish.source is None and len(others) == 1:
            (batch.finish.source,) = others


def _package(root: Path, batch: FargateBatch) -> Path | None:
    try:
        folder = Path(inspect.getfile(type(batch))).resolve().parent
    except (TypeError, OSError):  # a class that no file defines, such as one typed into an interpreter
        return None
    return folder.relative_to(root.resolve()) if folder.is_relative_to(root.resolve()) else None
