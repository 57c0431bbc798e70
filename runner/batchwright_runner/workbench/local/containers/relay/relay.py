"""The container that holds a task's network namespace, and relays: one program, made of ``relay.c`` by ``make relay``.

Its containers share one ``127.0.0.1``, as on Fargate. The namespace must live as long as any of them, and no container
of the batch does so for certain: the first to start is often an init container that ends at once, and Docker joins
``container:X`` only while X runs. So a container of our own holds it. The usual image for that, ``pause``, would have
to be pulled, and a Podman pod needs ``catatonit``, which not every machine has. Ours is imported once through the
engine's API as an image FROM scratch: no registry is asked, and both engines take it. As PID 1 it ignores SIGTERM.

It also holds the task's size. Where cgroups are of version 1 and the engine manages them itself, the others' cgroups
are made inside the holder's, so that its limits hold for the sum of them all, as on Fargate. In version 2 a cgroup that
has processes cannot have others inside; there each container is limited to the task's size, and a remark says so.

Why it also relays, and no socket of the runner's own does: SDKs take credentials over plain HTTP from a loopback
address or 169.254.170.2 alone (botocore, ``ContainerMetadataFetcher``, 2026-11). With the latter as a network's gateway
(tried with Docker 26.1 and Podman 5.4, 2026-11) the runner is not reached through a firewall that drops what comes from
bridges, from ``--network none``, or where the gateway is not this machine's: Docker Desktop's virtual machine and the
namespace of a rootless Podman. Every container of the engine would reach it, and two engines cannot both have it.
"""

import hashlib
import tarfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from importlib import resources
from typing import Any

from batchwright_runner.workbench.local.config_files import tar_of
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.sdk import Attached
from batchwright_runner.workbench.local.containers.task_plan import Handlers
from batchwright_runner.workbench.local.log_stream import Demultiplexer

IMAGE = "batchwright-local/relay"
PATH = "/relay"
WITHIN = 30.0
"""Seconds for its first word."""
FLUSHED = 5.0
"""Seconds for the rest of what it has."""
READ = 65536
HEAD = 5


def program(architecture: str) -> bytes:
    """The program as an ELF file.

    `architecture`: CPU architecture as the engine names it: ``amd64`` or ``arm64``.
    """
    if architecture not in ("amd64", "arm64"):
        raise ValueError(f"no program for {architecture}, only for amd64, arm64")
    return resources.files(__package__).joinpath(f"relay-{architecture}").read_bytes()


def image(engine: Engine) -> str:
    """Makes the image where the engine does not have it; gives its name. Its own command only waits."""
    code = program(engine.architecture)
    tag = hashlib.sha256(code).hexdigest()[:12]
    if engine.image(f"{IMAGE}:{tag}") is None:
        entry = tarfile.TarInfo(PATH.lstrip("/"))
        entry.size, entry.mode = len(code), 0o755
        engine.load(tar_of([(entry, code)]), IMAGE, tag, (PATH,))
    return f"{IMAGE}:{tag}"


def holder(engine: Engine, ports: tuple[int, int] | None) -> dict[str, Any]:
    """What of a container's body makes it the holder of a network.

    `ports`: where it takes datagrams, and requests, 0 for none; ``None`` where it only holds.
    """
    if ports is None:
        return {"Image": image(engine)}
    command = [PATH, *(str(port) for port in ports)]
    return {"Image": image(engine), "Cmd": command, "OpenStdin": True, "AttachStdin": True}


class RelayError(Exception):
    """The relay cannot do its work. Nothing of the task was started."""


class Relay:
    """Talks to the program, in a thread of its own."""

    def __init__(self, conversation: Attached, handlers: Handlers) -> None:
        self._conversation = conversation
        self._handlers = handlers
        self._answered = threading.Event()
        self._flushed = threading.Event()
        self._problem = "its relay did not start"
        threading.Thread(target=self._run, name="relay", daemon=True).start()

    def wait(self) -> None:
        """Waits until it listens."""
        self._answered.wait(WITHIN)
        if self._problem:
            raise RelayError(f"the task's network cannot be listened in: {self._problem}")

    def flush(self) -> None:
        """Waits until all that had been sent to it has been handed over; not for long where it does not answer."""
        if not self._problem:
            with suppress(OSError):
                self._conversation.sendall(b"F" + bytes(4))
                self._flushed.wait(FLUSHED)

    def close(self) -> None:
        """Ends it."""
        with suppress(OSError):
            self._conversation.close()

    def _run(self) -> None:
        with suppress(OSError, ValueError):
            for kind, data in frames(self._chunks()):
                self._take(kind, data)
        self._answered.set()
        self._flushed.set()

    def _take(self, kind: bytes, data: bytes) -> None:
        if kind == b"R":
            self._problem = ""
            self._answered.set()
        elif kind == b"E":
            self._problem = f"port {data.decode('ascii', 'replace')} of 127.0.0.1 is taken"
        elif kind == b"D":
            self._handlers.datagram(data)
        elif kind == b"F":
            self._flushed.set()
        elif kind == b"Q":
            answer = self._handlers.answer(data)
            self._conversation.sendall(b"A" + len(answer).to_bytes(4, "big") + answer)

    def _chunks(self) -> Iterator[bytes]:
        streams = Demultiplexer()
        while data := self._conversation.recv(READ):
            for stream, part in streams.feed(data):
                if stream == 1:
                    yield part


def frames(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Cuts what the program says into frames: a letter, and bytes. Pure."""
    buffer = bytearray()
    for chunk in chunks:
        buffer += chunk
        while len(buffer) >= HEAD and len(buffer) >= HEAD + (size := int.from_bytes(buffer[1:HEAD], "big")):
            yield bytes(buffer[:1]), bytes(buffer[HEAD : HEAD + size])
            del buffer[: HEAD + size]
