"""Writes new files, and touches none that exists."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from batchwright_runner.errors import UsageError


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is to be written."""

    # Where, relative to the folder that it is written into
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """What became of the files."""

    new: Sequence[str] = field(default_factory=list)
    skipped: Sequence[str] = field(default_factory=list)


def write_new(folder: Path, files: Iterable[NewFile]) -> WrittenFiles:
    """Writes the files that do not exist yet. Where one cannot be written, those before it are removed again."""
    created: list[Path] = []
    new, skipped = [], []
    try:
        _make_folder(folder, created)
        for file in files:
            path = folder / file.path
            _make_folder(path.parent, created)
            if os.path.lexists(path):
                skipped.append(file.path)
            else:
                _write(path, file.text, created)
                new.append(file.path)
    except OSError as error:
        _remove(created)
        raise UsageError(
            f"{error.filename or folder} cannot be written: {error.strerror}", hint="Nothing was written"
        ) from error
    return WrittenFiles(new, skipped)


def _make_folder(folder: Path, created: list[Path]) -> None:
    if not folder.is_dir():
        if folder.parent != folder:
            _make_folder(folder.parent, created)
        folder.mkdir()
        created.append(folder)


def _write(path: Path, text: str, created: list[Path]) -> None:
    with path.open("x", encoding="utf-8") as opened:
        created.append(path)
        opened.write(text)


def _remove(created: list[Path]) -> None:
    for path in reversed(created):
        try:
            path.rmdir() if path.is_dir() else path.unlink()
        except OSError:
            continue
