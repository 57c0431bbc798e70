"""A registry that container engines push to and pull from (OCI distribution specification), over an `ImageStore`."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from tests.fake_aws.errors import AwsError
from tests.fake_aws.services.image_store import ImageStore, Repository, digest_of

TLS = b"\x16"
"""The first byte of a TLS handshake."""


class OciRegistry:
    """Listens on a loopback port. Use it as a context manager.

    Args:
        store: What it serves.
    """

    def __init__(self, store: ImageStore) -> None:
        self.store = store
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        vars(self._server)["store"] = store
        vars(self._server)["uploads"] = {}
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self.store.blob_address = lambda name, digest: f"http://{self.host}/v2/{name}/blobs/{digest}"
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in http.server
        pass

    def handle(self) -> None:
        if self.connection.recv(1, socket.MSG_PEEK) == TLS:
            # Engines try TLS first, and HTTP if they are told so.
            self.connection.recv(65536)
            self.wfile.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
        else:
            super().handle()

    def do_GET(self) -> None:
        self._read()

    def do_HEAD(self) -> None:
        self._read()

    def do_POST(self) -> None:
        name, _, rest = self._place()
        if rest != "uploads/":
            return self._answer(404)
        key = f"{name}-{len(self._uploads)}"
        self._uploads[key] = bytearray(self._body())
        return self._accepted(name, key)

    def do_PATCH(self) -> None:
        name, _, rest = self._place()
        key = rest.removeprefix("uploads/")
        self._uploads[key] += self._body()
        self._accepted(name, key)

    def do_PUT(self) -> None:
        name, kind, rest = self._place()
        repository = self._repository(name)
        if kind == "manifests":
            return self._put_manifest(repository, rest)
        data = bytes(self._uploads.pop(rest.removeprefix("uploads/")) + self._body())
        expected = parse_qs(urlsplit(self.path).query)["digest"][0]
        if digest_of(data) != expected:
            return self._answer(400)
        repository.add_blob(data)
        return self._answer(201, {"Location": f"/v2/{name}/blobs/{expected}", "Docker-Content-Digest": expected})

    def _put_manifest(self, repository: Repository, reference: str) -> None:
        body = self._body()
        tag = "" if reference.startswith("sha256:") else reference
        try:
            repository.put(body, self.headers["Content-Type"], tag)
        except AwsError as error:
            if error.code != "ImageAlreadyExistsException":
                text = json.dumps({"errors": [{"code": "TAG_INVALID", "message": error.message}]}).encode()
                return self._answer(400, {"Content-Type": "application/json"}, text)
        return self._answer(201, {"Docker-Content-Digest": digest_of(body)})

    def _read(self) -> None:
        if self.path.rstrip("/") == "/v2":
            return self._answer(200, {"Docker-Distribution-Api-Version": "registry/2.0"}, b"{}")
        name, kind, rest = self._place()
        repository = self._repository(name)
        if kind == "manifests":
            image = repository.find(rest)
            if image:
                headers = {"Content-Type": image.media_type, "Docker-Content-Digest": image.digest}
                return self._answer(200, headers, image.body)
        elif rest in repository.blobs:
            headers = {"Content-Type": "application/octet-stream", "Docker-Content-Digest": rest}
            return self._answer(200, headers, repository.blobs[rest])
        return self._answer(404)

    def _accepted(self, name: str, key: str) -> None:
        most = max(len(self._uploads[key]) - 1, 0)
        self._answer(
            202, {"Location": f"/v2/{name}/blobs/uploads/{key}", "Range": f"0-{most}", "Docker-Upload-UUID": key}
        )

    def _answer(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _place(self) -> tuple[str, str, str]:
        path = urlsplit(self.path).path.removeprefix("/v2/")
        for kind in ("manifests", "blobs"):
            name, separator, rest = path.partition(f"/{kind}/")
            if separator:
                return name, kind, rest
        return path, "", ""

    def _repository(self, name: str) -> Repository:
        store: ImageStore = vars(self.server)["store"]
        return store.repository(name)

    @property
    def _uploads(self) -> dict[str, bytearray]:
        uploads: dict[str, bytearray] = vars(self.server)["uploads"]
        return uploads
