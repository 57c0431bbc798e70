"""The limits that hold for a process: the tightest of its cgroup and of all above it, as the kernel has them."""

from collections.abc import Iterator
from pathlib import Path


def memory_limit(pid: int) -> int:
    """Bytes of memory that the process and those beside it may have."""
    files = {"v1": "memory.limit_in_bytes", "v2": "memory.max"}
    values = [path.read_text(encoding="ascii").split()[0] for path in _files(pid, "memory", files)]
    return min(int(value) for value in values if value != "max")


def cpu_limit(pid: int) -> float:
    """Processors that the process and those beside it may use at a time."""
    files = {"v1": "cpu.cfs_quota_us", "v2": "cpu.max"}
    shares = []
    for path in _files(pid, "cpu", files):
        quota, *period = path.read_text(encoding="ascii").split()
        if not period:
            period = path.with_name("cpu.cfs_period_us").read_text(encoding="ascii").split()
        if quota not in ("max", "-1"):
            shares.append(int(quota) / int(period[0]))
    return min(shares)


def _files(pid: int, controller: str, names: dict[str, str]) -> Iterator[Path]:
    groups = [line.split(":", 2) for line in Path(f"/proc/{pid}/cgroup").read_text(encoding="ascii").splitlines()]
    old = [path for _, controllers, path in groups if controller in controllers.split(",")]
    new = [path for _, controllers, path in groups if not controllers]
    root = _mount("cgroup", controller) if old else _mount("cgroup2", "")
    at = root / (old or new)[0].lstrip("/")
    for folder in (at, *at.parents):
        if not folder.is_relative_to(root):
            return
        if (found := folder / names["v1" if old else "v2"]).exists():
            yield found


def _mount(kind: str, option: str) -> Path:
    for line in Path("/proc/self/mounts").read_text(encoding="ascii").splitlines():
        _, path, found, options, *_ = line.split()
        if found == kind and (not option or option in options.split(",")):
            return Path(path)
    raise AssertionError(f"no {kind} {option} is mounted")
