"""Where a batch's declaration and its image's source are, for config files and for local runs."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from batchwright_runner.contract.batch_file import SOURCE


@dataclass(frozen=True, slots=True)
class Places:
    """Where a batch is in its project."""

    # The folder of its declaration, relative to the project; ``None`` when it is outside
    package: str | None = None
    # The folder of its image's source, likewise; ``None`` when it is not there
    source: str | None = None


def folder_of(declared: type, base: type) -> Path | None:
    """The folder of the file that declares a batch's class; ``None`` for ``base`` itself, or where no file does."""
    if declared is base:
        return None
    try:
        return Path(inspect.getfile(declared)).resolve().parent
    except (TypeError, OSError):  # a class that no file defines, such as one typed into an interpreter
        return None


def find_places(project: Path, batches: Sequence[tuple[Path | None, str]]) -> list[Places]:
    """Where batches are in their project.

    A batch that shares another's image and has no source of its own runs the other's, when there is exactly one.

    `batches`: For each batch the folder of its declaration, and the name of its image; empty for one from elsewhere.
    Returns the places, in the same order.
    """
    own = [_places(project.resolve(), folder) for folder, _ in batches]
    shared: dict[str, set[str]] = {}
    for places, (_, image) in zip(own, batches, strict=True):
        if places.source and image:
            shared.setdefault(image, set()).add(places.source)
    return [_with_source(places, shared.get(image, set())) for places, (_, image) in zip(own, batches, strict=True)]


def _places(project: Path, folder: Path | None) -> Places:
    if folder is None or not folder.is_relative_to(project):
        return Places()
    package = folder.relative_to(project)
    source = (package / SOURCE).as_posix() if folder.joinpath(SOURCE).is_dir() else None
    return Places(package.as_posix(), source)


def _with_source(own: Places, others: set[str]) -> Places:
    return Places(own.package, next(iter(others))) if own.source is None and len(others) == 1 else own
