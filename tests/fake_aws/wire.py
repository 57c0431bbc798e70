"""As much of HTTP/1.1 as AWS's clients use: requests with a Content-Length, connections that stay open."""

import asyncio
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal

Ending = Literal["", "close", "reset"]

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # struct linger: on, no waiting


@dataclass(frozen=True)
class Request:
    """One request; the names of its headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    """One answer.

    Attributes:
        status: The HTTP status.
        body: What is sent after the headers.
        headers: Those that do not follow from the rest.
        delay: Seconds before it is sent.
        ending: ``close`` ends the connection as a server does that goes away, ``reset`` breaks it.
        keep: With an ending, how many bytes of the body are sent before it; none means not even the headers.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    ending: Ending = ""
    keep: int | None = None


async def read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    """The next request of a connection; none when the client has ended it."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *rest = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, target, headers, body)


async def write_response(writer: asyncio.StreamWriter, response: Response) -> bool:
    """Sends an answer; false when the connection is to end with it."""
    body = response.body[: response.keep] if response.ending else response.body
    if not response.ending or response.keep is not None:
        lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        lines += [f"Content-Length: {len(response.body)}", "", ""]
        writer.write("\r\n".join(lines).encode("latin-1"))
        writer.write(body)
        await writer.drain()
    if response.ending == "reset":
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    return not response.ending
