"""A Docker daemon for a benchmark alone: its own images, its own socket, no network for containers, gone at the end."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STARTS_WITHIN = 60.0
FEATURES = {"containerd-snapshotter": True}  # containerd pulls and unpacks, as it does on Fargate
CONTENT = Path("root", "containerd", "daemon", "io.containerd.content.v1.content", "blobs")
QUIET = ["--bridge=none", "--iptables=false", "--ip6tables=false"]


@dataclass(frozen=True)
class Daemon:
    """A daemon that runs.

    Attributes:
        folder: Where all that it keeps lies.
    """

    folder: Path

    @property
    def address(self) -> str:
        """Its socket, for ``DOCKER_HOST``."""
        return f"unix://{self.folder / 'socket'}"

    def docker(self, *words: str) -> str:
        """Runs a command of the client on it, and returns what it prints; ends the benchmark when that fails."""
        done = subprocess.run(
            ["docker", *words], env={**os.environ, "DOCKER_HOST": self.address}, capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(f"bench: docker {' '.join(words)} ended with {done.returncode}:\n{done.stderr}")
        return done.stdout.strip()

    def blobs(self) -> int:
        """How many blobs its content store holds."""
        return len(list((self.folder / CONTENT).glob("*/*")))


@contextmanager
def daemon(folder: Path, registry: str) -> Iterator[Daemon]:
    """Starts a daemon whose whole state is in ``folder``, and stops it. It speaks HTTP with ``registry``."""
    folder.mkdir()
    settings = folder / "daemon.json"
    settings.write_text(json.dumps({"features": FEATURES, "insecure-registries": [registry]}), encoding="ascii")
    running = Daemon(folder)
    places = ["--data-root", folder / "root", "--exec-root", folder / "run", "--pidfile", folder / "pid"]
    with (folder / "log").open("w") as log:
        command = ["dockerd", "--config-file", settings, *places, "--host", running.address, *QUIET]
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(running, process)
        yield running
    finally:
        process.terminate()
        process.wait()


def missing() -> list[str]:
    """What a benchmark of images needs and this machine lacks."""
    lacking = [name for name in ("dockerd", "docker", "debootstrap") if not shutil.which(name)]
    if "docker" not in lacking and subprocess.run(["docker", "buildx", "version"], capture_output=True).returncode:
        lacking.append("docker's buildx")
    return lacking + (["root"] if os.geteuid() else [])


def _wait(running: Daemon, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + STARTS_WITHIN
    while not (running.folder / "socket").exists():
        if process.poll() is not None or time.monotonic() > until:
            text = (running.folder / "log").read_text()[-2000:]
            sys.exit(f"bench: dockerd does not start. Its log ends with:\n{text}")
        time.sleep(0.05)
    running.docker("version")
