"""Which process is which: a process id alone is another's once it has been used again."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
_SESSION, _BEGAN = 3, 19
"""Places in /proc/PID/stat, counted from the field after the command (proc_pid_stat(5), 2026-11)."""


def identity(process: int) -> str:
    """What no other process of that id has: when it began, and in which boot of this machine; empty if it has ended."""
    if PROC.joinpath("self/stat").exists():
        stat = _stat(process)
        return f"{_boot()} {stat[_BEGAN]}" if stat else ""
    command = ["ps", "-o", "lstart=", "-p", str(process)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def session(leader: int, marker: bytes) -> Iterator[int]:
    """The processes of a session, as far as a variable shows that they are of that very one: its leader may have ended.

    Args:
        leader: The leader's process id.
        marker: ``NAME=VALUE`` of a variable that only the processes of that session have.
    """
    for entry in PROC.glob("[0-9]*"):
        stat = _stat(int(entry.name))
        if stat and int(stat[_SESSION]) == leader:
            with suppress(OSError):
                if marker in entry.joinpath("environ").read_bytes().split(b"\0"):
                    yield int(entry.name)


def _stat(process: int) -> list[str]:
    with suppress(OSError):
        return (
            PROC.joinpath(str(process), "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        )
    return []


def _boot() -> str:
    with suppress(OSError):
        return PROC.joinpath("sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""
