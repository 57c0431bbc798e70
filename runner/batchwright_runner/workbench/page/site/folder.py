"""Writes a catalog into a folder. What others put there is not touched, and never replaced.

The folder's file ``.batchwright-catalog`` lists what a catalog wrote there, each file with the hash of its text. So a
file that was changed since is recognized.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.atomic_file import write_atomically

LIST = ".batchwright-catalog"
_ELSEWHERE = "Give a folder that does not exist yet, or an empty one"

_Written = Mapping[str, Sequence[str]]
"""File to the hashes of what a catalog wrote there: two, while it is being replaced."""


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Writes a catalog's files, in the place of those that an earlier one wrote.

    All is looked at before anything is written. A write that was cut short can be repeated.
    """
    try:
        earlier = _earlier(folder)
        _refuse_others(folder, files, earlier)
        _write(folder, files, earlier)
    except OSError as error:
        at = error.filename or folder
        raise RunnerError(f"the catalog cannot be written: {at}: {error.strerror or error}") from error


def _earlier(folder: Path) -> _Written:
    """What an earlier catalog wrote there."""
    if not folder.exists():
        if folder.is_symlink():
            raise _refused(folder, "it is a link to what does not exist")
        return {}
    if not folder.is_dir():
        raise _refused(folder, "it is not a folder")
    if (folder / LIST).is_file() and not (folder / LIST).is_symlink():
        return _read_list(folder / LIST)
    others = sorted(file.name for file in folder.iterdir())
    if others:
        raise _refused(folder, f"it holds {_few(others)}, which no catalog wrote")
    return {}


def _read_list(path: Path) -> _Written:
    hint = f"Delete the folder {path.parent} if nothing in it is needed; or give another one"
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        files = {str(name): [str(digest) for digest in hashes] for name, hashes in data["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _refused(path.parent, f"{path} cannot be read", hint) from error
    outside = sorted(name for name in files if not _inside(name))
    if outside:
        raise _refused(path.parent, f"{path} lists {_few(outside)}, outside of it", hint)
    return files


def _inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\0" not in name


def _refuse_others(folder: Path, files: Iterable[str], earlier: _Written) -> None:
    """Refuses to replace or delete what no catalog wrote."""
    foreign = [name for name in sorted({*files, *earlier}) if _is_foreign(folder, name, earlier.get(name, ()))]
    if foreign:
        were = "was" if len(foreign) == 1 else "were"
        hint = "Move what you need elsewhere and delete it there; or give another folder"
        raise _refused(folder, f"{_few(foreign)} {were} not written by a catalog, or changed since", hint)


def _refused(folder: Path, why: str, hint: str = _ELSEWHERE) -> UsageError:
    return UsageError(f"no catalog can be written to {folder}: {why}", hint=hint)


def _is_foreign(folder: Path, name: str, hashes: Sequence[str]) -> bool:
    path = folder
    for part in PurePosixPath(name).parts[:-1]:
        path /= part
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            return True
    path = folder / name
    if path.is_symlink():
        return True
    return path.exists() and (not path.is_file() or _hash(path.read_bytes()) not in hashes)


def _write(folder: Path, files: Mapping[str, str], earlier: _Written) -> None:
    fresh = {name: _hash(text.encode("utf-8", "replace")) for name, text in files.items()}
    both = {
        name: sorted({*earlier.get(name, ()), *([fresh[name]] if name in fresh else [])}) for name in {*earlier, *fresh}
    }
    folder.mkdir(parents=True, exist_ok=True)
    _put(folder / LIST, _list(both))
    for name, text in files.items():
        _put(folder / name, text)
    for name in sorted({*earlier} - {*fresh}):
        (folder / name).unlink(missing_ok=True)
        _remove_empty(folder, (folder / name).parent)
    _put(folder / LIST, _list({name: [digest] for name, digest in fresh.items()}))


def _list(files: _Written) -> str:
    about = "What batchwright catalog wrote into this folder. It replaces these files, and no other."
    return json.dumps({"about": about, "files": dict(sorted(files.items()))}, indent=1) + "\n"


def _put(path: Path, text: str) -> None:
    """Writes a file as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text.encode("utf-8", "replace"))


def _remove_empty(top: Path, folder: Path) -> None:
    while folder != top and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
