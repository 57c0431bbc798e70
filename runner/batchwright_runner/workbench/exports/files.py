"""Files that are exported: written, or compared with what was written before."""

from collections.abc import Collection, Mapping
from difflib import unified_diff
from pathlib import Path

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.atomic_file import write_atomically


def write_files(files: Mapping[Path, str]) -> list[Path]:
    """Writes the files that differ, each as a whole or not at all.

    Args:
        files: Path to content.

    Returns:
        Those that were written.

    Raises:
        RunnerError: One cannot be written.
    """
    written = []
    for path, text in files.items():
        if _read(path) != text:
            try:
                _write(path, text)
            except OSError as error:
                raise RunnerError(f"{path} cannot be written: {error.strerror}") from error
            written.append(path)
    return written


def differences(files: Mapping[Path, str]) -> list[str]:
    """How the files differ from what is declared, as unified diffs; none where they do not.

    Raises:
        RunnerError: One cannot be read.
    """
    found = []
    for path, text in files.items():
        there = _read(path)
        if there != text:
            lines = (there or "").splitlines(keepends=True), text.splitlines(keepends=True)
            found.append("".join(unified_diff(*lines, fromfile=f"{path}", tofile=f"{path} (declared)")))
    return found


def left_over(folder: Path, kept: Collection[Path], mark: str) -> list[Path]:
    """Files of a folder that were exported for batches that no longer exist.

    Args:
        folder: The folder; what is below it counts.
        kept: The files that belong there.
        mark: What is in every file that was exported, and in no other.

    Raises:
        RunnerError: One cannot be read.
    """
    suffixes = {path.suffix for path in kept}
    there = (path for path in sorted(folder.rglob("*")) if path.is_file() and path not in kept)
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


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():  # a pipe or a device takes it as it is
        path.write_text(text, encoding="utf-8")
        return
    write_atomically(path.resolve(), text.encode())
