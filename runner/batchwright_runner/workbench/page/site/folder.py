"""Writes a catalog into a folder of its own: a folder that holds anything else is refused.

The folder's file ``.batchwright-catalog`` lists what a catalog wrote there. It is written first, so that a write that
was cut short can be repeated.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.atomic_file import UNFINISHED, write_atomically
from batchwright_runner.host.terminal.text import few

LIST = ".batchwright-catalog"
_ELSEWHERE = "Give a folder that does not exist yet, or an empty one"


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Writes a catalog's files, path in the folder to text, in the place of an earlier catalog."""
    try:
        earlier = _earlier(folder)
        folder.mkdir(parents=True, exist_ok=True)
        _put(folder / LIST, _list({*earlier, *files}))
        for name, text in files.items():
            _put(folder / name, text)
        for name in {*earlier} - {*files}:
            (folder / name).unlink(missing_ok=True)
            _remove_empty(folder, (folder / name).parent)
        _put(folder / LIST, _list({*files}))
    except OSError as error:
        at = error.filename or folder
        raise RunnerError(f"the catalog cannot be written: {at}: {error.strerror or error}") from error


def _earlier(folder: Path) -> set[str]:
    """What an earlier catalog wrote there: all that is there."""
    if not folder.exists():
        if folder.is_symlink():
            raise _refused(folder, "it is a link to what does not exist")
        return set()
    if not folder.is_dir():
        raise _refused(folder, "it is not a folder")
    listed = _read_list(folder / LIST) if (folder / LIST).is_file() else set()
    paths = [path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir()]
    found = {path.relative_to(folder).as_posix(): path for path in paths}
    foreign = [name for name, path in found.items() if not _is_ours(name, path, listed)]
    if foreign:
        hint = "Move it elsewhere, or give another folder" if listed else _ELSEWHERE
        raise _refused(folder, f"it holds {few(foreign)}, which no catalog wrote", hint)
    return {*found} - {LIST}


def _is_ours(name: str, path: Path, listed: set[str]) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    return name == LIST or name in listed or path.name.startswith(UNFINISHED)


def _read_list(path: Path) -> set[str]:
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        return {str(name) for name in data["files"]}
    except (ValueError, KeyError, TypeError) as error:
        hint = f"Delete the folder {path.parent} if nothing in it is needed; or give another one"
        raise _refused(path.parent, f"{path} cannot be read", hint) from error


def _refused(folder: Path, why: str, hint: str = _ELSEWHERE) -> UsageError:
    return UsageError(f"no catalog can be written to {folder}: {why}", hint=hint)


def _list(files: set[str]) -> str:
    about = "What batchwright catalog wrote into this folder. The next one replaces it."
    return json.dumps({"about": about, "files": sorted(files)}, indent=1) + "\n"


def _put(path: Path, text: str) -> None:
    """Writes a file as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text.encode("utf-8", "replace"))


def _remove_empty(top: Path, folder: Path) -> None:
    while folder != top and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
