"""New files, some of them from templates, which are package data; none that exists is touched."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.resources import files as package_files
from pathlib import Path

from batchwright_runner.errors import UsageError

_PLACE = re.compile(r"(?<!\$)\{\{([a-z_]+)\}\}")
"""``{{name}}``. GitHub's own ``${{ name }}`` stays as it is."""


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


def render(template: str, values: Mapping[str, str] | None = None) -> str:
    """A template with its places filled in.

    `template`: its file in ``templates/``.
    """
    texts = values or {}
    text = package_files(__package__).joinpath("templates", template).read_text(encoding="utf-8")
    return _PLACE.sub(lambda match: texts[match[1]], text)


def write_new(folder: Path, files: Iterable[NewFile]) -> WrittenFiles:
    """Writes the files that do not exist yet. Where one cannot be written, those before it are removed again."""
    created: list[Path] = []
    new, skipped = [], []
    try:
        for file in files:
            path = folder / file.path
            if os.path.lexists(path):
                skipped.append(file.path)
                continue
            for parent in reversed([each for each in path.parents if not each.is_dir()]):
                parent.mkdir()
                created.append(parent)
            with path.open("x", encoding="utf-8") as opened:
                created.append(path)
                opened.write(file.text)
            new.append(file.path)
    except OSError as error:
        for path in reversed(created):
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
        why = f"{error.filename or folder} cannot be written: {error.strerror}"
        raise UsageError(why, hint="Nothing was written") from error
    return WrittenFiles(new, skipped)
