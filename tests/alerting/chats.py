"""Slack, on a loopback port: it keeps what it is sent, and answers as a test wants."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

OK = {"ok": True}
POST_MESSAGE = "/api/chat.postMessage"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer.

    Attributes:
        status: The HTTP status.
        body: What it says; JSON unless it is a text.
        after: Seconds that it takes.
    """

    status: int = 200
    body: Any = field(default_factory=lambda: dict(OK))
    after: float = 0.0


Answers = Callable[[str, Any, str], Reply]


@dataclass(frozen=True)
class Post:
    """What was sent.

    Attributes:
        path: Where to.
        body: What.
        key: The token.
        taken: Whether the answer was good.
    """

    path: str
    body: Any
    key: str
    taken: bool


class Chats:
    """The service. Use it as a context manager.

    Attributes:
        posts: All that was sent.
        answers: Says what is answered to a post. Default: that it was taken.
    """

    def __init__(self) -> None:
        self.begin_anew()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def begin_anew(self) -> None:
        """Forgets all."""
        self.posts: list[Post] = []
        self.answers: Answers = lambda _path, _body, _key: Reply()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def taken(self, path: str) -> list[Any]:
        """What was sent to a path and taken."""
        return [post.body for post in self.posts if post.path == path and post.taken]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        chats = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                key = self.headers.get("Authorization", "").removeprefix("Bearer ")
                reply = chats.answers(self.path, body, key)
                good = reply.status < 300 and (self.path != POST_MESSAGE or reply.body == OK)
                chats.posts.append(Post(self.path, body, key, good))
                time.sleep(reply.after)
                text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
                try:
                    self.send_response(reply.status)
                    self.send_header("Content-Length", str(len(text.encode())))
                    self.end_headers()
                    self.wfile.write(text.encode())
                except OSError:
                    self.close_connection = True  # whoever asked has gone

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class says so
                del format, args

        return Handler
