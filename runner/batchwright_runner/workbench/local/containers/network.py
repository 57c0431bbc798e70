"""The network that a task joins, and the names under which it finds this machine."""

import socket
from collections.abc import Mapping
from typing import Any

from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.terminal.text import did_you_mean
from batchwright_runner.workbench.local.containers.client import Engine

MODES = frozenset({"host", "none"})
"""Networks that both engines have, though Podman does not list them."""

REPORTS = 31000
"""Where SDKs report calls in a task's own network: their own default (AWS_CSM_PORT)."""
REQUESTS = 51678
"""Where ECS's endpoint is asked in a task's own network: as the ECS agent's introspection has it."""

HOST_NAMES = ("host.docker.internal", "host.containers.internal")
"""What this machine is called inside. Podman writes both into /etc/hosts (5.4, 2026-11). Docker on Linux has neither,
but ``host-gateway`` stands for the address (Docker CLI reference, ``docker run --add-host``, 2026-11)."""

NO_NAMES = (
    "containers have addresses but no names in a network of Podman on this machine: it has no aardvark-dns, "
    "which resolves them"
)


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


def relay_ports(network: str, *, reports: bool, requests: bool) -> tuple[int, int] | None:
    """The ports on which a task's relay listens. In this machine's network, which others use too, free ones.

    `network`: the network; empty for the engine's own bridge.
    `requests`: whether it takes requests to ECS's endpoint, on the second.
    Returns the ports, 0 for one that is not needed; ``None`` where no relay is.
    """
    if not reports and not requests:
        return None
    if network != "host":
        return REPORTS if reports else 0, REQUESTS if requests else 0
    return _free_port(socket.SOCK_DGRAM) if reports else 0, _free_port(socket.SOCK_STREAM) if requests else 0


def _free_port(kind: socket.SocketKind) -> int:
    """A port of 127.0.0.1 that is free now. Where another takes it before the relay does, the relay says so."""
    try:
        with socket.socket(socket.AF_INET, kind) as looks:
            looks.bind(("127.0.0.1", 0))
            return int(looks.getsockname()[1])
    except OSError as error:
        raise RunnerError(
            f"the task's network cannot be listened in: no port of 127.0.0.1: {error.strerror}"
        ) from error
