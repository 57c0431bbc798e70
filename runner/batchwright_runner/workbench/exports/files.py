"""What was exported goes to stdout, into a file or a folder, or is compared with what is there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from batchwright_runner.errors import UsageError
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.workbench.files import read_text, within, write_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The export for a scheduler."""

    text: str
    files: Mapping[str, str]
    # The files of all jobs, those too that are left out for now
    kept: Collection[str] = ()
    # What is in every such file of this stage, and in no other
    mark: str
    # What it is, in words: ``3 jobs``
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where an export goes."""

    file: Path | None
    # The folder of several files; ``None`` for none
    folder: Path | None
    # Whether files are compared, and nothing is written
    check: bool
    # Whether all jobs of the stage go there, so that what else is there is left over
    whole: bool = True

    def __post_init__(self) -> None:
        if self.file and self.folder:
            raise UsageError("-o and --dir were given: one file or several", hint="Leave one of them out")
        if self.check and not self.file and not self.folder:
            raise UsageError("--check was given without files to compare", hint="Name them with -o FILE or --dir DIR")


def deliver(export: Export, destination: Destination, console: Console) -> int:
    """Prints, writes or compares an export.

    Returns the exit code: 1 if a file that was to be compared is not up to date.
    """
    place = destination.file or destination.folder
    if place is None:
        console.print(export.text.removesuffix("\n"))
        console.note(export.summary)
        return 0
    files = {place: export.text}
    if destination.file is None:
        files = {within(place, place / path): text for path, text in export.files.items()}
    folder = destination.folder if destination.whole else None
    stale = _left_over(folder, {*files, *(place / path for path in export.kept)}, export.mark) if folder else []
    different = _differences(files) if destination.check else []
    changed = [] if destination.check else write_files(files)
    for difference in different:
        console.print(difference.removesuffix("\n"))
    for path in stale:
        console.note(f"{path} is left over: no batch is exported to it any more. Delete it, and the job itself")
    if destination.check and (different or stale):
        console.note(f"{place} is not up to date: export it again, without --check")
        return 1
    console.note(f"{place}: {export.summary}" + ("" if changed else "; nothing has changed"))
    return 0


def _differences(files: Mapping[Path, str]) -> list[str]:
    """How the files differ from what is declared, as unified diffs; none where they do not."""
    diffs = []
    for path, text in files.items():
        if (current := read_text(path)) != text:
            lines = (current or "").splitlines(keepends=True), text.splitlines(keepends=True)
            diffs.append("".join(unified_diff(*lines, fromfile=f"{path}", tofile=f"{path} (declared)")))
    return diffs


def _left_over(folder: Path, current: Collection[Path], mark: str) -> list[Path]:
    """Files of a folder that were exported for batches that no longer exist."""
    suffixes = {path.suffix for path in current}
    others = (path for path in sorted(folder.rglob("*")) if path.is_file() and path not in current)
    return [path for path in others if path.suffix in suffixes and mark in " ".join((read_text(path) or "").split())]
