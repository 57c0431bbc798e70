"""What was exported goes to stdout, into a file or a folder, or is compared with what is there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from batchwright_runner.errors import UsageError
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.workbench.exports.files import differences, left_over, write_files

UP_TO_DATE = 0
OUT_OF_DATE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What was made for a scheduler.

    Attributes:
        text: All of it as one text.
        files: The same in one file each, by their paths.
        mark: What is in every such file of this stage, and in no other.
        summary: What it is, in words: ``3 jobs``.
    """

    text: str
    files: Mapping[str, str]
    mark: str
    summary: str


def in_files(files: Mapping[str, str], mark: str, summary: str) -> Export:
    """An export of one file for each thing, which as one text has the path above each."""
    text = "\n".join(f"# {path}\n{text}" for path, text in files.items()) or f"# {mark}\n"
    return Export(text=text, files=files, mark=mark, summary=summary)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where it goes.

    Attributes:
        file: The one file; ``None`` for none.
        folder: The folder of several files; ``None`` for none.
        check: Whether files are compared, and nothing is written.

    Raises:
        UsageError: The three do not go together.
    """

    file: Path | None
    folder: Path | None
    check: bool

    def __post_init__(self) -> None:
        if self.file and self.folder:
            raise UsageError("-o and --dir were given: one file or several", hint="Leave one of them out")
        if self.check and not self.file and not self.folder:
            raise UsageError("--check was given without files to compare", hint="Name them with -o FILE or --dir DIR")


def deliver(export: Export, destination: Destination, console: Console) -> int:
    """Brings it there.

    Returns:
        The exit code: 1 if a file that was to be compared is not up to date.

    Raises:
        RunnerError: A file cannot be read or written.
    """
    place = destination.file or destination.folder
    if place is None:
        console.print(export.text.removesuffix("\n"))
        console.note(export.summary)
        return UP_TO_DATE
    files = {place: export.text}
    if destination.file is None:
        files = {place / path: text for path, text in export.files.items()}
    stale = left_over(destination.folder, files, export.mark) if destination.folder else []
    different = differences(files) if destination.check else []
    changed = [] if destination.check else write_files(files)
    for one in different:
        console.print(one.removesuffix("\n"))
    for path in stale:
        console.note(f"{path} is left over: no batch is exported to it any more. Delete it, and the job itself")
    if destination.check and (different or stale):
        console.note(f"{place} is not up to date: export it again, without --check")
        return OUT_OF_DATE
    console.note(f"{place}: {export.summary}" + ("" if changed else "; nothing has changed"))
    return UP_TO_DATE
