"""A container engine, through the Docker API, which Podman speaks too. The only module that imports ``docker``."""

import json
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_network
from typing import Any

from batchwright_runner.workbench.local.containers.container import seconds
from batchwright_runner.workbench.local.containers.engine import (
    PATIENCE,
    Attached,
    EngineError,
    ImageFacts,
    load_sdk,
    translated,
    was_asked_to_stop,
)

FIRST_ANSWER = 10
"""Seconds for an engine's first answer, which says what it is."""
EVENTS_WITHIN = 5
"""Seconds for the events of a container that has ended. They are there."""
INIT = "catatonit"
"""The program that holds a pod of Podman's, and that is a container's init process. Docker brings its own of that."""
LIBPOD = "4.0.0"
"""The version of Podman's own API that is asked for; later ones serve it."""

_LIMITS = {
    "cpu": {"period": "CpuPeriod", "quota": "CpuQuota", "shares": "CpuShares"},
    "memory": {"limit": "Memory", "swap": "MemorySwap", "reservation": "MemoryReservation"},
}


class Engine:
    """Docker or Podman. Each thread gets a connection of its own.

    `address`: where it is: ``unix:///var/run/docker.sock``, ``tcp://…``.
    `kind`: ``docker`` or ``podman``, which decides few things that they do differently.
    `architecture`: its word for its CPU: ``amd64`` or ``arm64``.
    """

    def __init__(self, address: str, *, tls: object = None) -> None:
        docker = load_sdk()
        self._local = threading.local()
        connect = partial(docker.APIClient, base_url=address, tls=tls or False)
        with translated(FIRST_ANSWER):
            first = connect(version="auto", timeout=FIRST_ANSWER)
            answer: Mapping[str, Any] = first.version()
        first.timeout = PATIENCE
        self._connect: Callable[[], Any] = partial(connect, version=first.api_version, timeout=PATIENCE)
        self._local.api = first
        self.address = address
        parts = [str(component.get("Name", "")) for component in answer.get("Components") or ()]
        self.kind = "podman" if any("podman" in part.lower() for part in parts) else "docker"
        self.name = f"{self.kind.capitalize()} {str(answer.get('Version', '')).partition('+')[0]}".strip()
        self.architecture = str(answer.get("Arch", ""))

    @property
    def _api(self) -> Any:  # noqa: ANN401 - the SDK has no types
        if not hasattr(self._local, "api"):
            self._local.api = self._connect()
        return self._local.api

    def _ask(self, call: str, *arguments: object, fine: Collection[int] = (), **named: object) -> Any:  # noqa: ANN401
        """A call of the SDK; none where its error is fine."""
        with translated(fine=fine):
            return getattr(self._api, call)(*arguments, **named)

    def image(self, reference: str) -> ImageFacts | None:
        """Looks at an image on this machine; none where it is not there."""
        answer = self._ask("inspect_image", reference, fine=(404,))
        if not answer:
            return None
        settings = answer.get("Config") or {}
        digests = [str(digest).rpartition("@")[2] for digest in answer.get("RepoDigests") or ()]
        return ImageFacts(
            reference=reference,
            digest=digests[0] if digests else str(answer["Id"]),
            stop_signal=str(settings.get("StopSignal") or ""),
            volumes=frozenset(str(path).rstrip("/") for path in settings.get("Volumes") or ()),
            architecture=str(answer.get("Architecture", "")),
        )

    def pull(self, reference: str) -> Iterator[Mapping[str, Any]]:
        """Pulls an image; what the engine says of it comes as it goes."""
        with translated():
            yield from self._api.pull(reference, stream=True, decode=True)

    def create(self, name: str, body: Mapping[str, Any]) -> str:
        """Makes a container from a body of the API's ContainerCreate, in Podman perhaps in a `Pod`; gives its id."""
        with explained():
            if "Pod" in body:
                return str(self._libpod("post", "containers/create", json=pod_body(name, body))["Id"])
            return str(self._ask("create_container_from_config", dict(body), name)["Id"])

    def attach(self, container: str) -> Attached:
        """Connects to stdout and stderr of a container that has not been started, so that nothing is missed."""
        return Attached(self._ask("attach_socket", container, params={"stdout": 1, "stderr": 1, "stream": 1}))

    def start(self, container: str) -> None:
        """Starts it."""
        self._ask("start", container)

    def kill(self, container: str, signal: str) -> None:
        """Sends it a signal. One that has ended is left as it is."""
        self._ask("kill", container, signal=signal, fine=(404, 409, 500))

    def wait(self, container: str) -> None:
        """Waits for its end, for as long as it takes."""
        self._ask("wait", container)

    def inspect(self, container: str) -> Mapping[str, Any]:
        """All that the engine knows of it."""
        return dict(self._ask("inspect_container", container))

    def was_stopped(self, container: str, stop_signal: str) -> bool:
        """Whether someone asked the engine to stop an ended container; one that is gone was removed."""
        try:
            if self.kind == "podman":  # its own API says it of a container (libpod API, Podman 5.4, 2026-11)
                return bool(self._libpod("get", f"containers/{container}/json")["State"].get("StoppedByUser"))
            return self._was_signaled(container, stop_signal)
        except EngineError as error:
            if error.status == 404:
                return True
            raise

    def _was_signaled(self, container: str, stop_signal: str) -> bool:
        created = seconds(str(self.inspect(container).get("Created", "")))
        query = {
            "since": f"{created - 1:.3f}",
            "filters": json.dumps({"container": [container], "type": ["container"]}),
        }
        with translated():
            url = self._api._url("/events")  # noqa: SLF001 - the SDK's own has no timeout
            with self._api.get(url, params=query, stream=True, timeout=EVENTS_WITHIN) as answer:
                self._api._raise_for_status(answer)  # noqa: SLF001 - the same
                return was_asked_to_stop((json.loads(line) for line in answer.iter_lines() if line), stop_signal)

    def remove(self, container: str) -> None:
        """Kills and removes it, with its anonymous volumes. One that is gone is fine."""
        self.kill(container, "SIGKILL")  # Podman's forced removal asks nicely first, for ten seconds
        try:
            self._ask("remove_container", container, force=True, v=True, fine=(404,))
        except EngineError as error:
            if not (error.status == 409 and "already in progress" in str(error)):
                raise

    def run_inside(self, container: str, command: Sequence[str], seconds: float) -> bool:
        """Runs a command in a running container; whether it ended with 0 in time."""
        try:
            with translated():
                run = self._api.exec_create(container, list(command), stdout=True, stderr=True)["Id"]
                url = self._api._url("/exec/{0}/start", run)  # noqa: SLF001 - the SDK's own has no timeout
                body = {"Detach": False, "Tty": False}
                with self._api.post(url, json=body, stream=True, timeout=seconds) as answer:
                    until = time.monotonic() + seconds  # each read has the limit, and a chatty command no more than all
                    while answer.raw.read(65536):
                        if time.monotonic() > until:
                            return False
                return bool(self._api.exec_inspect(run).get("ExitCode") == 0)
        except EngineError:
            return False

    def put(self, container: str, folder: str, archive: bytes) -> None:
        """Unpacks a tar file in a folder of a container, which may be one of a volume."""
        self._ask("put_archive", container, folder, archive)

    def networks(self) -> list[str]:
        """The names of all networks."""
        return [str(network["Name"]) for network in self._ask("networks")]

    def resolves_names(self) -> bool:
        """Whether a container finds another of its network by name: Podman needs a program for that."""
        if self.kind != "podman":
            return True
        backend = self._libpod("get", "info")["host"].get("networkBackendInfo") or {}
        return backend.get("backend") != "netavark" or bool((backend.get("dns") or {}).get("path"))

    def gateway(self, network: str) -> str:
        """The address that this machine has in a network of the engine's; empty for none, and where it is not here."""
        if self.kind == "podman" and self._libpod("get", "info")["host"]["security"].get("rootless"):
            return ""
        found = self._ask("inspect_network", network or ("podman" if self.kind == "podman" else "bridge"))
        entries = [entry for entry in (found.get("IPAM") or {}).get("Config") or () if "." in str(entry.get("Subnet"))]
        return str(entries[0].get("Gateway") or ip_network(entries[0]["Subnet"])[1]) if entries else ""

    def create_pod(self, name: str, network: str, labels: Mapping[str, str]) -> None:
        """Makes a pod, whose own container holds a network, and starts it. Podman only."""
        netns = {"nsmode": "none" if network == "none" else "bridge"}
        joins: Mapping[str, Any] = {"Networks": {network: {}}} if network not in ("", "none") else {}
        body = {"name": name, "infra_name": f"{name}.network", "labels": dict(labels), "netns": netns, **joins}
        with explained():
            self._libpod("post", "pods/create", json={**body, "shared_namespaces": ["net"], "hostsFile": "none"})
        self._libpod("post", f"pods/{name}/start")

    def remove_pod(self, name: str) -> None:
        """Removes a pod with all that is in it. One that is gone is fine."""
        self._libpod("delete", f"pods/{name}", fine=(404,), params={"force": "true", "timeout": 0})

    def _libpod(self, method: str, path: str, *, fine: Collection[int] = (), **arguments: object) -> Any:  # noqa: ANN401 - JSON
        """A call of Podman's own API, which the SDK has not."""
        with translated(fine=fine):
            url = f"{self._api.base_url}/v{LIBPOD}/libpod/{path}"
            answer = self._api.request(method, url, timeout=PATIENCE, **arguments)
            self._api._raise_for_status(answer)  # noqa: SLF001 - the SDK has no call for this
            return answer.json() if answer.content else {}

    def create_volume(self, name: str, labels: Mapping[str, str], *, empty: bool, in_memory: bool = False) -> None:
        """Makes a volume.

        `empty`: whether it belongs to root and no image fills it. Docker takes that from each mount; Podman takes no
        notice of that, and would give the volume to the user of the container that comes first (5.4, 2026-11).
        """
        options = {"o": "uid=0,gid=0"} if empty and self.kind == "podman" else {}
        if in_memory:
            options = {"type": "tmpfs", "device": "tmpfs", "o": "mode=0755,uid=0,gid=0"}
        self._ask("create_volume", name, labels=dict(labels), driver_opts=options)

    def remove_volume(self, name: str) -> None:
        """Removes a volume. One that is gone is fine."""
        self._ask("remove_volume", name, force=True, fine=(404,))

    def labeled(self, label: str) -> list[tuple[Callable[[str], None], str, Mapping[str, str]]]:
        """All containers, volumes and pods that have a label: what removes it, its name, its labels."""
        pods = []
        if self.kind == "podman":
            pods = self._libpod("get", "pods/json", params={"filters": json.dumps({"label": [label]})})
        holders = {pod["InfraId"] for pod in pods}  # each goes with its pod
        containers = self._ask("containers", all=True, filters={"label": label})
        volumes = self._ask("volumes", filters={"label": label}).get("Volumes") or ()
        named = [container for container in containers if container["Id"] not in holders]
        return [
            *((self.remove, str(entry["Names"][0]).lstrip("/"), entry.get("Labels") or {}) for entry in named),
            *((self.remove_volume, str(volume["Name"]), volume.get("Labels") or {}) for volume in volumes),
            *((self.remove_pod, str(pod["Name"]), pod.get("Labels") or {}) for pod in pods),
        ]


@contextmanager
def explained() -> Iterator[None]:
    """Says what to install where Podman lacks its program."""
    try:
        yield
    except EngineError as error:
        if INIT not in str(error):
            raise
        raise EngineError(
            f"{error}: Podman has no {INIT}, which holds a pod and is the init process that a container declares. "
            f"Install it (Debian: apt-get install {INIT}), or choose another --backend"
        ) from error


def pod_body(name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """A body of Docker's ContainerCreate as that of Podman's own, which alone puts a container into a pod. Pure.

    Source: libpod's ``SpecGenerator``, Podman 5.4, 2026-12.
    """
    host = body["HostConfig"]
    limits = {kind: {key: host[of] for key, of in keys.items() if host.get(of)} for kind, keys in _LIMITS.items()}
    spec: dict[str, Any] = {
        "name": name,
        "pod": body["Pod"],
        "image": body["Image"],
        "labels": body["Labels"],
        "image_volume_mode": "anonymous",
        "create_working_dir": True,
        "httpproxy": False,
        "resource_limits": limits,
        "log_configuration": {"driver": "none"},
        "healthconfig": {"Test": ["NONE"]},
        "init": bool(host.get("Init")),
        "read_only_filesystem": bool(host.get("ReadonlyRootfs")),
        "env": dict(entry.partition("=")[::2] for entry in body.get("Env") or ()),
        "r_limits": [
            {"type": limit["Name"], "soft": limit["Soft"], "hard": limit["Hard"]} for limit in host.get("Ulimits") or ()
        ],
        "mounts": [
            {"destination": path, "type": "tmpfs", "source": "tmpfs", "options": options.split(",")}
            for path, options in (host.get("Tmpfs") or {}).items()
        ],
        "volumes": [
            {"Name": volume, "Dest": path, "Options": ",".join(options).split(",") if options else []}
            for volume, path, *options in (bind.split(":") for bind in host.get("Binds") or ())
        ],
    }
    words = {"command": "Cmd", "entrypoint": "Entrypoint", "user": "User", "work_dir": "WorkingDir"}
    return spec | {key: body[of] for key, of in words.items() if body.get(of)}
