"""Files that are exported: written, or compared with what was written before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.atomic_file import write_atomically


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file with its content.

    Attributes:
        path: Where it belongs.
        text: What belongs into it.
    """

    path: Path
    text: str


def write_files(files: Iterable[ExportedFile]) -> list[Path]:
    """Writes the files that differ, each as a whole or not at all.

    Returns:
        Those that were written.

    Raises:
        RunnerError: One cannot be written.
    """
    written = []
    for file in files:
        if _read(file.path) != file.text:
            try:
                _write(file)
            except OSError as error:
                raise RunnerError(f"{file.path} cannot be written: {error.strerror}") from error
            written.append(file.path)
    return written


def differences(files: Iterable[ExportedFile]) -> list[str]:
    """How the files differ from what is declared, as unified diffs; none where they do not.

    Raises:
        RunnerError: One cannot be read.
    """
    found = []
    for file in files:
        there = _read(file.path)
        if there != file.text:
            lines = (there or "").splitlines(keepends=True), file.text.splitlines(keepends=True)
            found.append("".join(unified_diff(*lines, fromfile=f"{file.path}", tofile=f"{file.path} (declared)")))
    return found


def left_over(folder: Path, kept: Sequence[ExportedFile], mark: str) -> list[Path]:
    """Files of a folder that were exported for batches that no longer exist.

    Args:
        folder: The folder; what is below it counts.
        kept: The files that belong there.
        mark: What is in every file that was exported, and in no other.

    Raises:
        RunnerError: One cannot be read.
    """
    known = {file.path for file in kept}
    suffixes = {path.suffix for path in known}
    there = (path for path in sorted(folder.rglob("*")) if path.is_file() and path not in known)
    return [path for path in there if path.suffix in suffixes and mark in " ".join((_read(path) or "").split())]


def _read(path: Path) -> str | None:
    if path.exists() and not path.is_file():  # a device or a pipe, which would be waited for
        return None
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunnerError(f"{path} cannot be read: {error.strerror}") from error


def _write(file: ExportedFile) -> None:
    file.path.parent.mkdir(parents=True, exist_ok=True)
    if file.path.exists() and not file.path.is_file():  # a pipe or a device takes it as it is
        file.path.write_text(file.text, encoding="utf-8")
        return
    write_atomically(file.path.resolve(), file.text.encode())
