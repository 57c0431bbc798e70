"""A fingerprint of all that an assembly is made from, so that an unchanged project is not synthesized again."""

import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from batchwright_runner.contract.batch_file import SOURCE, VALUES_FILE

FORM = 1
"""Raised when assemblies must be made anew although none of their inputs changed."""
LIBRARY = "batchwright"
_SKIPPED = frozenset({"__pycache__", VALUES_FILE})


def fingerprint(root: Path, stage: str, library: Path | None) -> str:
    """Hashes what an assembly of ``stage`` is made from. Takes milliseconds, and starts nothing.

    Contents count for cdk.json, app.py and batches/, but not for a batch's own source in ``app/``: whether it is there
    does. Of the library, path, size and time of each file count.
    """
    digest = hashlib.sha256()
    _add(digest, str(FORM), stage, sys.version, str(root))
    for path in (root / "cdk.json", root / "app.py", *_batch_files(root / "batches")):
        if path.is_dir():
            _add(digest, str(path.relative_to(root)), "folder")
        elif path.is_file():
            _add(digest, str(path.relative_to(root)))
            add_file(digest, path)
    if library is not None:
        for path in _walk(library):
            status = path.stat()
            _add(digest, str(path), f"{status.st_size} {status.st_mtime_ns}")
    return digest.hexdigest()


def installed_library() -> Path | None:
    """The folder of the installed construct library, found without importing it; none where it is not installed."""
    spec = importlib.util.find_spec(LIBRARY)
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None


def _batch_files(folder: Path) -> Iterator[Path]:
    for path in _walk(folder):
        parts = path.relative_to(folder).parts
        if len(parts) < 3 or parts[1] != SOURCE:
            yield path
    if folder.is_dir():
        yield from sorted(path for path in folder.glob(f"*/{SOURCE}") if path.is_dir())


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(files):
            if name not in _SKIPPED:
                yield Path(parent, name)


def _add(digest: "hashlib._Hash", *parts: str) -> None:
    for part in parts:
        data = part.encode("utf-8", "surrogateescape")
        digest.update(len(data).to_bytes(8, "big") + data)


if TYPE_CHECKING:
    from hashlib import _Hash

PIECE = 1 << 20
"""Bytes that are read at once."""


def add_file(digest: "_Hash", path: Path) -> None:
    """Adds a file's length and its content, piece by piece: it may be larger than the memory."""
    with path.open("rb", buffering=0) as stream:
        digest.update(os.fstat(stream.fileno()).st_size.to_bytes(8, "big"))
        while piece := stream.read(PIECE):
            digest.update(piece)
