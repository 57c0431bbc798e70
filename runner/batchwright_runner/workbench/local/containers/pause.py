"""The container that holds a task's network namespace, so that its containers share one ``127.0.0.1``, as on Fargate.

Why one of our own: the namespace must live as long as any container of the task, and no container of the batch does so
for certain. The first to start is often an init container that ends at once, and Docker joins ``container:X`` only
while X runs. The usual image for it, ``pause``, would have to be pulled, and a Podman pod needs ``catatonit``, which
not every machine has. So the holder is an ELF program of less than 170 bytes, written here, that only waits. It
is imported once through the engine's API as an image FROM scratch: no registry is asked, and both engines take it. It
ends when it is killed, as PID 1 it ignores SIGTERM, and a task of one container has none.

It also holds the task's size. Where cgroups are of version 1 and the engine manages them itself, the others' cgroups
are made inside the holder's, so that its limits hold for the sum of them all, as on Fargate. In version 2 a cgroup that
has processes cannot have others inside; there each container is limited to the task's size, and that is said.
"""

import io
import struct
import tarfile
from typing import Protocol

IMAGE = "batchwright-local/pause"
TAG = "1"
COMMAND = ("/pause",)
_BASE = 0x400000

# e_machine, and: a system call that waits for a signal, for ever.
_PROGRAMS = {
    # mov eax, 34 (pause); syscall; jmp back
    "amd64": (62, bytes.fromhex("b8220000000f05ebf7")),
    # mov x0..x3, 0; mov x8, 73 (ppoll); svc 0; b back
    "arm64": (183, struct.pack("<7I", *(0xD2800000 + n for n in range(4)), 0xD2800928, 0xD4000001, 0x17FFFFFA)),
}


class ImageEngine(Protocol):
    """What is needed of an engine."""

    architecture: str

    def image(self, reference: str) -> object | None:
        """Looks at an image; none where it is not there."""

    def load(self, layer: bytes, repository: str, tag: str, command: "tuple[str, ...]") -> None:
        """Makes an image of one layer."""


def ensure(engine: ImageEngine) -> str:
    """Makes the image where the engine does not have it; gives its name.

    Raises:
        EngineError: The engine refuses it.
        ValueError: As for `pause_program`.
    """
    reference = f"{IMAGE}:{TAG}"
    if engine.image(reference) is None:
        engine.load(image_of(pause_program(engine.architecture), COMMAND[0]), IMAGE, TAG, COMMAND)
    return reference


def pause_program(architecture: str) -> bytes:
    """The program as an ELF file.

    Args:
        architecture: The engine's word for its CPU: ``amd64`` or ``arm64``.

    Raises:
        ValueError: There is none for that CPU.
    """
    if architecture not in _PROGRAMS:
        raise ValueError(f"no program for {architecture}, only for {', '.join(_PROGRAMS)}")
    machine, code = _PROGRAMS[architecture]
    size = 64 + 56 + len(code)
    identity = b"\x7fELF" + bytes([2, 1, 1, 0]) + bytes(8)
    head = struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, _BASE + 120, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x1000)
    return identity + head + segment + code


def image_of(program: bytes, path: str) -> bytes:
    """The only layer of an image that has one program, as a tar file.

    Args:
        program: The program.
        path: Where it is in the image.
    """
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        entry = tarfile.TarInfo(path.lstrip("/"))
        entry.size = len(program)
        entry.mode = 0o755
        tar.addfile(entry, io.BytesIO(program))
    return target.getvalue()
