"""The processes of a folder, and waiting for what others do."""

import os
import time
from collections.abc import Callable
from pathlib import Path


def processes_in(folder: Path) -> list[str]:
    """The processes whose working directory lies in a folder."""
    pids = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            at = Path(os.readlink(entry / "cwd"))  # noqa: PTH115 - it may be gone, and then has "(deleted)" at its end
        except OSError:
            continue
        if at.is_relative_to(folder):
            pids.append(f"process {entry.name} in {at}")
    return pids


def wait_until(holds: Callable[[], object], seconds: float = 60) -> str:
    """Waits until something holds. Returns a text if it never did, so that it can be asserted on."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() >= end:
            return f"not within {seconds:g} s"
        time.sleep(0.02)
    return ""


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
