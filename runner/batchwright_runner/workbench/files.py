"""Files that a command makes: those that differ are written, each as a whole or not at all.

A catalog has a folder of its own: a folder that holds anything else is refused. Its file ``.batchwright-catalog`` lists
what a catalog wrote there. It is written first, so that a write that was cut short can be repeated.
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


def within(folder: Path, path: Path) -> Path:
    """The path of a file in a folder, as names make it: neither they nor a link in the folder lead out of it."""
    if not path.resolve().is_relative_to(folder.resolve()):
        raise RunnerError(f"{path} cannot be used: it is not in {folder}")
    return path


def write_files(files: Mapping[Path, str]) -> list[Path]:
    """Writes the files that differ, each as a whole or not at all.

    Returns those that were written.
    """
    written = []
    for path, text in files.items():
        if read_text(path) != text:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                if path.exists() and not path.is_file():  # a pipe or a device takes it as it is
                    path.write_text(text, encoding="utf-8")
                else:
                    write_atomically(path.resolve(), text.encode("utf-8", "replace"))
            except OSError as error:
                raise RunnerError(f"{path} cannot be written: {error.strerror}") from error
            written.append(path)
    return written


def read_text(path: Path) -> str | None:
    """A file's text; none where there is no file."""
    if path.exists() and not path.is_file():  # a device or a pipe, which would be waited for
        return None
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunnerError(f"{path} cannot be read: {error.strerror}") from error


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Writes a catalog's files, path in the folder to text, in the place of an earlier catalog."""
    earlier = _earlier(folder)
    write_files({folder / LIST: _list({*earlier, *files}), **{folder / name: text for name, text in files.items()}})
    for name in {*earlier} - {*files}:
        try:
            (folder / name).unlink(missing_ok=True)
            _remove_empty(folder, (folder / name).parent)
        except OSError as error:
            raise RunnerError(f"{folder / name} cannot be removed: {error.strerror}") from error
    write_files({folder / LIST: _list({*files})})


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


def _remove_empty(top: Path, folder: Path) -> None:
    while folder != top and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
