"""The backends that the cases run on, and what a plain process cannot be held to."""

import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.containers.engine_api import Engine
from tests.containers.rootfs import why_no_rootfs
from tests.kit.not_tried import unavailable
from tests.kit.processes import wait_until

CONTAINERS = ("docker", "podman")
BACKENDS = (*CONTAINERS, "process")
HOW = {
    "docker": "install it (Debian: apt-get install docker.io docker-cli busybox-static) and start dockerd",
    "podman": "install it (Debian: apt-get install podman runc catatonit busybox-static)",
}
STARTS_WITHIN = 30


@dataclass(frozen=True)
class Backend:
    """A backend that can be used here.

    Attributes:
        name: What ``--backend`` calls it.
        engine: Its API; none for plain processes.
    """

    name: str
    engine: Engine | None = None


NOT_AS_PROCESS = {
    "sidecars": ("one process is started, and only the main container's command is known", "not started: "),
    "depends_on": ("there is nothing to wait for", "depends_on"),
    "health_check": ("a sidecar's, which is not started", "not started: "),
    "network": ("it has this machine's, as every process", "it sees this machine's files and network"),
    "limits": ("they are set on a container", "no size limits hold"),
    "files": ("it has this machine's", "it sees this machine's files and network"),
    "read_only_root": ("it has this machine's root", "read_only_root"),
    "writable_paths": ("they are mounts", "writable_paths"),
    "volumes": ("they are mounts", "volumes"),
    "user": ("to become another user needs root", "user"),
    "working_directory": ("it is a folder of the image", "working_directory"),
    "ulimits": ("they would hold for the runner's user", "ulimits"),
    "init_process": ("PID 1 is this machine's", "a plain process has no isolation"),
    "engine": ("no engine stops it", "as a process"),
    "image": ("no image is used: entry point, stop signal and files are the image's", "as a process"),
    "traces": ("it makes nothing that an engine keeps; that no process stays is a case of its own", ""),
}
"""Clause to the reason why a plain process cannot keep it, and to what the runner says of it."""

everywhere = pytest.mark.parametrize("backend", BACKENDS, indirect=True, scope="session")
"""A case for every backend."""


def not_as_process(*clauses: str) -> pytest.MarkDecorator:
    """A case for the container backends, with the clauses of `NOT_AS_PROCESS` that tell why."""
    if not NOT_AS_PROCESS.keys() >= set(clauses):
        raise KeyError(clauses)
    return pytest.mark.parametrize("backend", CONTAINERS, indirect=True, scope="session")


@contextmanager
def open_backend(name: str) -> Iterator[Backend]:
    """Opens a backend for the tests. Where it cannot be used, the test is skipped; in CI it fails.

    Whoever lacks both the engine and busybox is told of the engine.
    """
    if name == "process":
        yield Backend(name)
        return
    with _docker() if name == "docker" else _podman() as engine:
        why = _answers_within(engine, STARTS_WITHIN if name == "podman" else 0) or why_no_rootfs()
        if why:
            unavailable(name, why, HOW[name])
        yield Backend(name, engine)


@contextmanager
def _docker() -> Iterator[Engine]:
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    yield Engine(Path(host.removeprefix("unix://")))


@contextmanager
def _podman() -> Iterator[Engine]:
    if not shutil.which("podman"):
        unavailable("podman", "the program is not on PATH", HOW["podman"])
    folder = Path(tempfile.mkdtemp(prefix="batchwright-podman-"))
    socket = folder / "podman.sock"
    before = os.environ.copy()
    os.environ["CONTAINER_HOST"] = f"unix://{socket}"
    folder.joinpath("containers.conf").write_text(_settings(), encoding="ascii")
    with folder.joinpath("log").open("wb") as log:
        service = subprocess.Popen(
            ["podman", "system", "service", "--time=0", f"unix://{socket}"],
            env={
                "CONTAINERS_CONF_OVERRIDE": str(folder / "containers.conf"),
                **before,
            },  # with CONTAINER_HOST it serves nobody
            cwd=folder,  # its monitor leaves files there
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield Engine(socket)
    finally:
        service.terminate()
        service.wait(30)
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(folder)


def _settings() -> str:
    """What a machine of tests may need: crun fails on cgroups of version 1, and Podman wants nft since 5.0."""
    limits = {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))[1] for name in ("nofile", "nproc")}
    lower = [f'"{name}={limit}:{limit}"' for name, limit in limits.items() if 0 < limit < 1_048_576]
    text = f"[containers]\ndefault_ulimits = [{', '.join(lower)}]\n" if lower else ""
    text += "[engine]\nexit_command_delay = 5\n"
    if not Path("/sys/fs/cgroup/cgroup.controllers").exists():
        text += 'runtime = "runc"\n'
    return text if shutil.which("nft") else f'{text}[network]\nfirewall_driver = "iptables"\n'


def _answers_within(engine: Engine, seconds: float) -> str:
    return wait_until(lambda: not engine.answers(), seconds) and engine.answers()
