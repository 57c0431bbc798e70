"""The Docker API, which Podman speaks too, as far as the tests ask it: without the library that the runner uses."""

import http.client
import json
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

API = "/v1.41"
"""A version of the API that both know."""
TIMEOUT = 60


class EngineApiError(Exception):
    """The engine refused a request."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("engine", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(str(self._path))


@dataclass(frozen=True)
class Engine:
    """An engine behind a socket."""

    socket: Path

    def answers(self) -> str:
        """Why it does not answer; empty if it does."""
        try:
            self.get("/_ping")
        except (OSError, http.client.HTTPException, EngineApiError) as error:
            return f"{self.socket}: {error}"
        return ""

    def import_image(self, tar: bytes, reference: str, changes: Sequence[str] = ()) -> None:
        """Makes an image of one layer, from nothing; ``changes`` are instructions of a Dockerfile."""
        repository, _, tag = reference.rpartition(":")
        wanted = "".join(f"&changes={quote(change)}" for change in changes)
        path = f"/images/create?fromSrc=-&repo={quote(repository)}&tag={tag}{wanted}"
        answer = self._call("POST", path, tar, {"Content-Type": "application/x-tar"})
        if b'"error"' in answer:
            raise EngineApiError(answer.decode())

    def images(self, reference: str) -> list[str]:
        """Names of the images that a pattern matches."""
        found = self.get("/images/json", {"reference": [reference]})
        return sorted(name for image in found for name in image["RepoTags"] or ())

    def remove_image(self, reference: str) -> None:
        """Removes a name of an image, and the image when it was the last."""
        self._call("DELETE", f"/images/{quote(reference, safe='')}?force=1")

    def labeled(self, label: str) -> list[str]:
        """What has a label: containers, running or not, networks and volumes, by kind and name."""
        filters = {"label": [label]}
        containers = [f"container {container['Names'][0].lstrip('/')}" for container in self.containers(filters)]
        networks = [f"network {network['Name']}" for network in self.get("/networks", filters)]
        volumes = [f"volume {volume['Name']}" for volume in self.get("/volumes", filters)["Volumes"] or ()]
        return [*containers, *networks, *volumes]

    def containers(self, filters: Mapping[str, Sequence[str]]) -> list[Any]:
        """The containers that filters leave, running or not."""
        found: list[Any] = self.get("/containers/json", filters, "&all=1")
        return found

    def inspect(self, container: str) -> Any:  # noqa: ANN401 - JSON
        """All that is known of a container."""
        return self.get(f"/containers/{container}/json")

    def volumes(self) -> set[str]:
        """The names of all volumes."""
        return {volume["Name"] for volume in self.get("/volumes")["Volumes"] or ()}

    def remove_labelled(self, label: str) -> None:
        """Removes what has a label, in as many rounds as things hold one another."""
        for _ in range(4):
            for kind, name in (entry.split(" ", 1) for entry in self.labeled(label)):
                with suppress(EngineApiError):
                    self._call("DELETE", f"/{kind}s/{quote(name)}?force=1&v=1")

    def remove_container(self, container: str) -> None:
        """Kills and removes a container."""
        self._call("DELETE", f"/containers/{container}?force=1")

    def create_network(self, name: str, label: str) -> None:
        """Makes a network with a label."""
        key, _, value = label.partition("=")
        body = json.dumps({"Name": name, "Labels": {key: value}}).encode()
        self._call("POST", "/networks/create", body, {"Content-Type": "application/json"})

    def remove_network(self, name: str) -> None:
        """Removes a network that nothing uses."""
        self._call("DELETE", f"/networks/{name}")

    def post(self, path: str) -> None:
        """Asks for something that has no answer."""
        self._call("POST", path)

    def get(self, path: str, filters: Mapping[str, Sequence[str]] | None = None, more: str = "") -> Any:  # noqa: ANN401 - JSON
        """Asks, and reads the JSON of the answer."""
        query = f"?filters={quote(json.dumps(filters))}{more}" if filters else ""
        answer = self._call("GET", f"{path}{query}")
        return json.loads(answer) if answer[:1] in (b"{", b"[") else answer

    def _call(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
        connection = _Connection(self.socket)
        try:
            connection.request(method, API + path, body, dict(headers or {}))
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise EngineApiError(f"{method} {path}: {answer.status}: {text.decode(errors='replace').strip()}")
        return text
