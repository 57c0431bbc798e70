"""What was recorded of a batch: a file of the project that git ignores, merged over runs."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, field, fields
from pathlib import Path
from typing import Any

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.atomic_file import write_atomically
from batchwright_runner.workbench.permissions.datagrams import ReportedCall

FOLDER = Path(".batchwright", "permissions")
FORMAT = 1
MOST = 2000
"""Different calls that a file holds: a batch makes some dozens."""


@dataclass(slots=True)
class PermissionRecord:
    """Calls and how often each came."""

    calls: dict[ReportedCall, int] = field(default_factory=dict)
    runs: int = 0
    # Datagrams that were no reports of the run's SDKs
    ignored: int = 0

    def add(self, call: ReportedCall, count: int = 1) -> None:
        """Counts a call that came so often."""
        if call not in self.calls and len(self.calls) >= MOST:
            self.ignored += count
        else:
            self.calls[call] = self.calls.get(call, 0) + count

    def merge(self, other: "PermissionRecord") -> None:
        """Adds another one."""
        self.runs += other.runs
        self.ignored += other.ignored
        for call, count in other.calls.items():
            self.add(call, count)

    @property
    def sdks(self) -> list[str]:
        """The SDKs that reported."""
        return sorted({call.sdk for call in self.calls if call.sdk})

    def to_dict(self) -> dict[str, Any]:
        """As the file has it, in an order of its own."""
        ordered = sorted(self.calls.items(), key=lambda entry: [str(value) for value in astuple(entry[0])])
        calls = [{**asdict(call), "count": count} for call, count in ordered]
        return {"format": FORMAT, "runs": self.runs, "ignored": self.ignored, "calls": calls}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "PermissionRecord":
        """Reads it."""
        if data["format"] != FORMAT:
            raise ValueError(f"its format is {data['format']}, and this runner reads {FORMAT}")
        calls = {
            ReportedCall(**{field.name: call[field.name] for field in fields(ReportedCall)}): int(call["count"])
            for call in data["calls"]
        }
        return cls(calls, int(data["runs"]), int(data["ignored"]))


class RecordFile:
    """The file of a batch."""

    def __init__(self, root: Path, batch: str) -> None:
        self.path = root / FOLDER / f"{batch}.json"

    def read(self) -> PermissionRecord | None:
        """Reads it; ``None`` where nothing was recorded yet."""
        try:
            return PermissionRecord.from_dict(json.loads(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            why = f"it is not a record of permissions ({error})" if not isinstance(error, OSError) else error.strerror
            raise RunnerError(f"{self.path} cannot be read: {why}", hint="Delete it, and record again") from error

    def prepare(self) -> None:
        """Looks whether it can be read and written, before anything is started."""
        with self._locked():
            self.read()

    def merge(self, record: PermissionRecord) -> PermissionRecord:
        """Adds a run to it; gives all that was recorded so far. Runs of one batch wait for each other."""
        with self._locked():
            merged = self.read() or PermissionRecord()
            merged.merge(record)
            write_atomically(self.path, f"{json.dumps(merged.to_dict(), indent=1)}\n".encode())
        return merged

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            ignore = self.path.parent / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
            descriptor = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise RunnerError(f"nothing can be recorded in {self.path.parent}: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        except OSError as error:
            raise RunnerError(f"nothing can be recorded in {self.path.parent}: {error.strerror}") from error
        finally:
            os.close(descriptor)
