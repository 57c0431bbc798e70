"""The result of a run as JSON, for programs that call the runner."""

import errno
import json
import os
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from batchwright_runner.contract.verdicts import Verdict
from batchwright_runner.errors import UsageError
from batchwright_runner.host.atomic_file import write_atomically
from batchwright_runner.host.runs.run_id import RunId
from batchwright_runner.host.terminal.outlet import Outlet

FORMAT = 1
PATIENCE = 5.0
"""Seconds for which the reader of a pipe is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What is written."""

    verdict: Verdict
    batch: str
    stage: str
    # The run's id; empty for none
    run_id: str = ""
    # What else is known of the run: task, image, times, advice
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def run(self) -> str:
        """``BATCH@ID``, as messages name it; empty where nothing was to run."""
        by_id = f"{self.batch}@{RunId(self.run_id, given=True).started_by}" if self.batch and self.run_id else ""
        return str(self.details.get("run", by_id))

    def to_json(self) -> str:
        """The JSON form, with a newline at its end."""
        plain = {
            "format": FORMAT,
            "code": self.verdict.code,
            "row": self.verdict.row.value,
            "why": self.verdict.why,
            "retry": self.verdict.again,
            "batch": self.batch,
            "stage": self.stage,
            "run": self.run,
            "run_id": self.run_id,
            **self.details,
        }
        return json.dumps(plain, ensure_ascii=False, indent=2) + "\n"


def check_result_path(path: Path) -> None:
    """Refuses a place where no result can be written, before anything is started."""
    try:
        _check(path)
    except OSError as error:
        raise _refused(path, str(error.strerror)) from error


def _check(path: Path) -> None:
    if path == Path("-"):
        raise _refused(path, "it is no file", "Write /dev/stdout for stdout")
    with suppress(FileNotFoundError, NotADirectoryError):
        path.lstat()  # fails where the name is too long, or may not be looked for
    folder = Path(os.path.realpath(path)).parent if _of_system(path) else Path(os.path.realpath(path.parent))
    if folder.parts[1:2] == ("proc",) and not path.exists():
        raise _refused(path, "no such descriptor is open")
    if not folder.is_dir():
        raise _refused(path, f"{folder} is not a folder", "Create it first, or name another file")
    if path.is_dir():
        raise _refused(path, "it is a folder", "Name a file in it")
    if _of_another(path):
        raise _refused(path, "it is someone else's, in a folder for all", "Name a file in a folder of your own")
    if not os.access(path if _in_place(path) else folder, os.W_OK):
        raise _refused(path, "no permission")


def _refused(path: Path, why: str, hint: str = "Name another file") -> UsageError:
    return UsageError(f"the result cannot be written to {path}: {why}", hint=hint)


def write_result(path: Path, result: RunResult) -> None:
    """Writes the file in one step: a reader sees all of it or nothing. A device or a pipe is written to.

    A link is not followed, as it may be someone else's: the file takes its place. Those of the system are, such as
    ``/dev/stdout``.
    """
    data = result.to_json().encode("utf-8", "backslashreplace")  # JSON reads what that makes as the same character
    if _in_place(path):
        _write_to(path, data)
    else:
        write_atomically(path, data)


def _in_place(path: Path) -> bool:
    """Whether it is there and no other file can take its place: a device, a pipe, a file in a folder of others."""
    if _of_system(path):
        return path.exists()
    if path.is_symlink() or not path.exists():
        return False
    return not path.is_file() or not os.access(path.parent, os.W_OK)


def _of_another(path: Path) -> bool:
    """Whether it is a file or a link that only someone else can replace: its folder is like ``/tmp``."""
    folder = path.parent.stat()
    if not folder.st_mode & stat.S_ISVTX or not (path.is_symlink() or path.is_file()):
        return False
    return os.geteuid() not in (0, folder.st_uid, path.lstat().st_uid)


def _of_system(path: Path) -> bool:
    """Whether it is something like ``/dev/stdout``, which may stand for a file that a process has open."""
    return Path(os.path.realpath(path.parent)).parts[1:2] in (("dev",), ("proc",))


def _write_to(path: Path, data: bytes) -> None:
    descriptor = _opened(path)
    outlet = Outlet(descriptor)
    try:
        outlet.put(data)
        outlet.flush(stuck=PATIENCE, longest=PATIENCE)
    finally:
        outlet.close()
        os.close(descriptor)
    if outlet.error is not None:
        raise outlet.error
    if outlet.waiting:
        raise TimeoutError(errno.ETIMEDOUT, "no one reads it")


def _opened(path: Path) -> int:
    """Opens it for writing. A pipe needs a reader, who is waited for a while."""
    until = time.monotonic() + PATIENCE
    mode = os.O_APPEND if _of_system(path) else os.O_TRUNC | os.O_NOFOLLOW
    flags = os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | mode
    while True:
        try:
            return os.open(path, flags)
        except OSError as error:
            if error.errno != errno.ENXIO or not path.is_fifo() or time.monotonic() > until:
                raise
        time.sleep(0.05)


def unread(command: click.Command, arguments: list[str], parent: click.Context) -> dict[str, Any]:
    """What a command line that click refuses says of its result; nothing where that is for no file.

    Returns Field to value, of `batchwright_runner.commands.run_result.ResultRecord`.
    """
    context = command.context_class(command, parent=parent, resilient_parsing=True, ignore_unknown_options=True)
    try:
        found, _, _ = command.make_parser(context).parse_args(list(arguments))
        path = Path(found["result"])
        check_result_path(path)
    except (click.UsageError, UsageError, KeyError, TypeError):
        return {}  # there is none, or where it goes is what cannot be read
    return {
        "batch": str(found.get("name") or ""),
        "stage": str(found.get("stage") or ("local" if found.get("local") else "")),
        "run_id": str(found.get("run_id") or ""),
        "file": path,
        "rundeck": bool(found.get("rundeck")),
    }
