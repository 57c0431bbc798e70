"""As much of HTTP/1.1 as AWS's clients use: requests with a Content-Length, connections that stay open."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 409: "Conflict", 500: "Internal Server Error"}
HEADER_LIMIT = 65_536
BODY_LIMIT = 16_777_216


@dataclass(frozen=True)
class Request:
    """One request; the names of its headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    """One answer. ``keep`` is how many bytes of the body are sent before the connection ends; none means all."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    keep: int | None = None
    silent: bool = False


async def read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    """The next request of a connection; none when the client has ended it."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
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
    if response.silent:
        return False
    lines = [f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Error')}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    lines += [f"Content-Length: {len(response.body)}", "", ""]
    writer.write("\r\n".join(lines).encode("latin-1"))
    writer.write(response.body if response.keep is None else response.body[: response.keep])
    await writer.drain()
    return response.keep is None
