"""The network that a task joins, the names under which it finds this machine, and the way to the recorder."""

import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from batchwright_runner.errors import UsageError
from batchwright_runner.host.terminal.text import did_you_mean
from batchwright_runner.workbench.local.containers.client import Engine

MODES = frozenset({"host", "none"})
"""Networks that both engines have, though Podman does not list them."""

HOST_NAMES = ("host.docker.internal", "host.containers.internal")
"""What this machine is called inside. Podman writes both into /etc/hosts (5.4, 2026-11). Docker on Linux has neither,
but ``host-gateway`` stands for the address (Docker CLI reference, ``docker run --add-host``, 2026-11)."""

NO_NAMES = (
    "containers have addresses but no names in a network of Podman on this machine: it has no aardvark-dns, "
    "which resolves them"
)
LOOPBACK = "127.0.0.1"


def check_network(name: str, engine: Engine) -> str:
    """Looks for the network that ``--network`` names.

    Returns what a person should know of it; empty for nothing.
    """
    if not name or name in MODES:
        return ""
    networks = engine.networks()
    if name not in networks:
        raise UsageError(
            f"--network {name} is refused: {engine.name} has no such network "
            "(one of Compose is called PROJECT_NETWORK, and exists while it is up)",
            hint=did_you_mean(name, set(networks) - MODES),
        )
    return "" if engine.resolves_names() else NO_NAMES


def host_config(network: str, kind: str) -> Mapping[str, Any]:
    """What joins a container to a network, as a part of the HostConfig of ContainerCreate. Pure.

    `network`: the network; empty for the engine's own bridge.
    `kind`: ``docker`` or ``podman``.
    """
    joins = {"NetworkMode": network} if network else {}
    return joins | ({"ExtraHosts": [f"{name}:host-gateway" for name in HOST_NAMES]} if kind == "docker" else {})


def recorder_address(network: str, engine: Engine) -> tuple[str, str]:
    """Where the recorder listens, and what a batch in the network calls that; both empty where no way leads out.

    An engine in a virtual machine, and a rootless Podman, have their bridge elsewhere: there the batch uses this
    machine's name, and whether that leads here is seen by what comes.
    """
    if network == "none":
        return "", ""
    if network == "host":
        return LOOPBACK, LOOPBACK
    gateway = engine.gateway(network)
    if gateway and (engine.kind == "podman" or _is_own(gateway)):
        return gateway, gateway
    return (LOOPBACK, HOST_NAMES[0]) if engine.kind == "docker" else (_outward(), HOST_NAMES[1])


def _is_own(address: str) -> bool:
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
        tried.bind((address, 0))
        return True
    return False


def _outward() -> str:
    """This machine's address, to which a rootless Podman hands over what is for its name (pasta(1), 2026-12)."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.connect(("192.0.2.1", 9))  # nothing is sent: the kernel only chooses a way
        return str(asked.getsockname()[0])
    return LOOPBACK


def receiver_at(address: str) -> socket.socket:
    """A socket that takes datagrams there. Podman's bridge has its address only while a container is in it."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if sys.platform == "linux":
        receiver.setsockopt(socket.IPPROTO_IP, 15, 1)  # IP_FREEBIND (ip(7)), which Python has no name for
    receiver.bind((address, 0))
    return receiver


def proofs(text: str, host: str, port: int) -> tuple[tuple[str, ...], ...]:
    """Commands that send a datagram, by what images have: one of them may be there. Pure."""
    python = f"import socket; s = socket.socket(2, 2); s.sendto(b'{text}', ('{host}', {port})); s.close()"
    return (
        ("bash", "-c", f"printf %s {text} > /dev/udp/{host}/{port}"),
        ("python3", "-c", python),
        ("python", "-c", python),
        ("sh", "-c", f"printf %s {text} | nc -u -w 1 {host} {port}"),
    )
