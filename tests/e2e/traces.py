"""What the journey could leave behind on the machine, looked for from outside.

Ports, links and firewall rules belong to a network namespace, mounts to a mount namespace, processes to a process
namespace. A namespace ends with its last process, unless a mount holds it. Control groups belong to no namespace: those
of the journey are removed here.
"""

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

KINDS = ("net", "mnt", "pid")
NOTE = "namespaces"
CGROUPS = Path("/sys/fs/cgroup")
PATIENCE = 10.0


def namespaces(process: str | int = "self") -> set[str]:
    """The namespaces that a process is in, as ``net:[4026531840]``.

    Raises:
        OSError: There is no such process any more.
    """
    return {str(Path(f"/proc/{process}/ns/{kind}").readlink()) for kind in KINDS}


def note_namespaces(folder: Path, process: str | int = "self") -> None:
    """Writes down the namespaces that a process is in."""
    (folder / NOTE).write_text("\n".join(namespaces(process)), encoding="ascii")


def left_behind(folder: Path, patience: float = PATIENCE) -> list[str]:
    """What is left of a journey that has ended; empty where nothing is. Its control groups are removed.

    Args:
        folder: The journey's folder, in which it noted its namespaces; its name is the control groups' too.
        patience: Seconds that the kernel may take to reap what it has killed.
    """
    note = folder / NOTE
    if not note.exists():
        return ["perhaps something: it ended before its namespaces were known"]
    inside = set(note.read_text(encoding="ascii").split())
    if shared := inside & namespaces():
        return [f"perhaps something: it ran outside, in {', '.join(sorted(shared))}"]
    until = time.monotonic() + patience
    while (left := [*_in_the_kernel(folder, inside), *_files(folder)]) and time.monotonic() < until:
        time.sleep(0.1)
    return left


def _in_the_kernel(folder: Path, inside: set[str]) -> Iterator[str]:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if inside & namespaces(process.name):
                yield f"process {process.name} ({(process / 'comm').read_text(encoding='utf-8').strip()})"
    for mount in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        if str(folder) in mount or inside & set(re.findall(r"\w+:\[\d+\]", mount)):
            yield f"mount {mount}"
    yield from (f"control group {group}" for group in _remove_cgroups(folder.name))


def _files(folder: Path) -> Iterator[str]:
    yield from (f"file {path}" for path in folder.rglob("*") if path.name != NOTE and not path.is_dir())


def _remove_cgroups(name: str) -> list[Path]:
    """Removes the control groups of a name, the deepest first. Returns those that cannot be removed."""
    tops = [*CGROUPS.glob(name), *CGROUPS.glob(f"*/{name}")]
    groups = [group for top in tops for group in (top, *(path for path in top.rglob("*") if path.is_dir()))]
    for group in sorted(groups, key=lambda path: len(path.parts), reverse=True):
        with suppress(OSError):
            group.rmdir()
    return [top for top in tops if top.exists()]
