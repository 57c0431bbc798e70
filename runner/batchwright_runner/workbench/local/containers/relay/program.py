"""The image of the container that holds a task's network namespace: one program, made of ``relay.c`` by ``make relay``.

Its containers share one ``127.0.0.1``, as on Fargate. The namespace must live as long as any of them, and no container
of the batch does so for certain: the first to start is often an init container that ends at once, and Docker joins
``container:X`` only while X runs. So a container of our own holds it. The usual image for that, ``pause``, would have
to be pulled, and a Podman pod needs ``catatonit``, which not every machine has. Ours is imported once through the
engine's API as an image FROM scratch: no registry is asked, and both engines take it. As PID 1 it ignores SIGTERM.

It also holds the task's size. Where cgroups are of version 1 and the engine manages them itself, the others' cgroups
are made inside the holder's, so that its limits hold for the sum of them all, as on Fargate. In version 2 a cgroup that
has processes cannot have others inside; there each container is limited to the task's size, and that is said.

Why it also relays, and no socket of the runner's own does: SDKs take credentials over plain HTTP from a loopback
address or 169.254.170.2 alone (botocore, ``ContainerMetadataFetcher``, 2026-11). With the latter as a network's gateway
(tried with Docker 26.1 and Podman 5.4, 2026-11) the runner is not reached through a firewall that drops what comes from
bridges, from ``--network none``, or where the gateway is not this machine's: Docker Desktop's virtual machine and the
namespace of a rootless Podman. Every container of the engine would reach it, and two engines cannot both have it.
"""

import hashlib
import tarfile
from importlib import resources
from typing import Any

from batchwright_runner.workbench.local.config_files import tar_of
from batchwright_runner.workbench.local.containers.client import Engine

IMAGE = "batchwright-local/relay"
PATH = "/relay"


def program(architecture: str) -> bytes:
    """The program as an ELF file.

    Args:
        architecture: CPU architecture as the engine names it: ``amd64`` or ``arm64``.

    Raises:
        ValueError: There is none for that CPU.
    """
    if architecture not in ("amd64", "arm64"):
        raise ValueError(f"no program for {architecture}, only for amd64, arm64")
    return resources.files(__package__).joinpath(f"relay-{architecture}").read_bytes()


def image(engine: Engine) -> str:
    """Makes the image where the engine does not have it; gives its name. Its own command only waits.

    Raises:
        EngineError: The engine refuses it.
        ValueError: As for `program`.
    """
    code = program(engine.architecture)
    tag = hashlib.sha256(code).hexdigest()[:12]
    if engine.image(f"{IMAGE}:{tag}") is None:
        entry = tarfile.TarInfo(PATH.lstrip("/"))
        entry.size, entry.mode = len(code), 0o755
        engine.load(tar_of([(entry, code)]), IMAGE, tag, (PATH,))
    return f"{IMAGE}:{tag}"


def holder(engine: Engine, ports: tuple[int, int] | None) -> dict[str, Any]:
    """What of a container's body makes it the holder of a network.

    Args:
        engine: The engine.
        ports: Where it takes datagrams, and requests, 0 for none; ``None`` where it only holds.
    """
    if ports is None:
        return {"Image": image(engine)}
    command = [PATH, *(str(port) for port in ports)]
    return {"Image": image(engine), "Cmd": command, "OpenStdin": True, "AttachStdin": True}
