"""A server of a test that answers what it is told to, and remembers what it was asked."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request.

    Attributes:
        path: Its path.
        headers: Its headers, by lower-case name.
        body: Its body.
    """

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        """The body."""
        return json.loads(self.body)


@dataclass
class Answering:
    """The server.

    Attributes:
        url: Its address, without a slash at the end.
        answers: Status and body of each answer; the last one repeats.
        asked: What it was asked.
    """

    url: str
    answers: Sequence[tuple[int, str]]
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def answering(*answers: tuple[int, str], kind: str = "application/json") -> Iterator[Answering]:
    """A server, as long as the block lasts.

    Args:
        answers: Status and body of each answer; the last one repeats.
        kind: Their content type.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            one = Asked(self.path, {key.lower(): v for key, v in self.headers.items()}, self.rfile.read(length))
            ours.asked.append(one)
            status, body = answers[min(len(ours.asked), len(answers)) - 1]
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ours = Answering(f"http://127.0.0.1:{server.server_address[1]}", answers)
    thread = threading.Thread(
        target=server.serve_forever, args=(0.02,), daemon=True
    )  # it looks that often whether it is to end
    thread.start()
    try:
        yield ours
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def post(url: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:  # noqa: ANN401 - JSON
    """Posts JSON, as ``http:invoke`` does: status, and the answer as JSON where it is some."""
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text
