"""A root file system from nothing: a static busybox, a few users, a few folders."""

import io
import struct
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

BUSYBOX = Path("/bin/busybox")
PASSWD = "root:x:0:0::/:/bin/sh\nbatch:x:1000:1000::/tmp:/bin/sh\n"
GROUP = "root:x:0:\nbatch:x:1000:\n"
BATCH_USER = 1000


def why_no_rootfs() -> str:
    """Why the file system cannot be made here; empty if it can."""
    if not BUSYBOX.is_file():
        return f"there is no {BUSYBOX}"
    if _interpreted(BUSYBOX.read_bytes()):
        return f"{BUSYBOX} needs a C library, which the images do not have"
    return ""


def rootfs(more: Mapping[str, bytes] | None = None) -> bytes:
    """The file system as a tar, with some more files.

    ``/owned`` belongs to the user ``batch`` and holds the file ``seed``: an image declares it as a volume.
    """
    applets = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout.split()
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for folder, mode, owner in (("bin", 0o755, 0), ("etc", 0o755, 0), ("tmp", 0o1777, 0), ("owned", 0o750, 1000)):
            _add(tar, folder, mode=mode, owner=owner, kind=tarfile.DIRTYPE)
        _add(tar, "bin/busybox", BUSYBOX.read_bytes(), mode=0o755)
        for applet in applets:
            if applet != "busybox":
                _add(tar, f"bin/{applet}", kind=tarfile.SYMTYPE, target="busybox")
        _add(tar, "etc/passwd", PASSWD.encode())
        _add(tar, "etc/group", GROUP.encode())
        for name, content in (more or {}).items():
            _add(tar, name, content)
        _add(tar, "owned/seed", b"from the image\n", owner=BATCH_USER)
    return held.getvalue()


def _add(
    tar: tarfile.TarFile,
    name: str,
    content: bytes = b"",
    *,
    mode: int = 0o644,
    owner: int = 0,
    kind: bytes = tarfile.REGTYPE,
    target: str = "",
) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.uid, entry.gid, entry.type, entry.linkname = (
        len(content),
        mode,
        owner,
        owner,
        kind,
        target,
    )
    tar.addfile(entry, io.BytesIO(content))


def _interpreted(program: bytes) -> bool:
    """Whether a 64-bit ELF program names a dynamic loader (a program header of the type PT_INTERP, 3)."""
    at, size, count = (*struct.unpack_from("<Q", program, 32), *struct.unpack_from("<HH", program, 54))
    return any(struct.unpack_from("<I", program, at + number * size) == (3,) for number in range(count))
