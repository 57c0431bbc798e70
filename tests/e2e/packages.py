"""The programs of the machine that the journey needs, and the Debian packages that hold them."""

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = {
    "busybox": "busybox-static",
    "docker": "docker-cli",
    "dockerd": "docker.io",
    "git": "git",
    "ip": "iproute2",
    "iptables": "iptables",
    "jq": "jq",
    "mount": "mount",
}
LOADER = b"/ld-linux"
"""In a program that needs libraries of the machine, which an empty image has not."""
POLICY = Path("/usr/sbin/policy-rc.d")
"""Debian asks this program whether a package may start its services. 101 is no (Debian policy, invoke-rc.d)."""
APT = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]


def missing(which: Callable[[str], str | None]) -> list[str]:
    """The packages that are missing. A busybox that needs libraries counts as none.

    Args:
        which: Finds a program by its name.
    """
    paths = {program: which(program) for program in PROGRAMS}
    busybox = paths["busybox"]
    if busybox is not None and LOADER in Path(busybox).read_bytes():
        paths["busybox"] = None
    return [package for program, package in PROGRAMS.items() if paths[program] is None]


def install(packages: Sequence[str]) -> bool:
    """Installs packages, and starts none of their services. Returns whether it could."""
    print(f"make e2e: installing {' '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = [[*APT, "update"], [*APT, "install", "--yes", "--no-install-recommends", *packages]]
    with services_not_started():
        return all(
            subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode == 0
            for command in commands
        )


@contextmanager
def services_not_started() -> Iterator[None]:
    """Keeps Debian from starting services, unless a policy for that is there already."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
