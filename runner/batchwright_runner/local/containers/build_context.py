"""What an image is built from: the files of a folder that its .dockerignore leaves, and a fingerprint of them."""

import hashlib
import io
import stat
import tarfile
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from batchwright_runner.contract.batch_file import VALUES_FILE
from batchwright_runner.local.containers.sdk import files_to_send

DOCKERFILE = "Dockerfile"
IGNORE = ".dockerignore"


@dataclass(frozen=True, slots=True)
class BuildContext:
    """A folder to build from.

    Attributes:
        folder: The folder.
        files: What is sent, relative to the folder, in order; folders too.
        fingerprint: 16 hex digits that change when anything of it does.
    """

    folder: Path
    files: tuple[str, ...]
    fingerprint: str

    def tar(self) -> IO[bytes]:
        """The files as a tar file, without times and owners, so that the same files are the same bytes.

        Raises:
            OSError: A file cannot be read, or there is no room for temporary files.
        """
        target = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        try:
            self._write(target)
            target.seek(0)
        except BaseException:
            with suppress(OSError):  # what it still holds has no room either
                target.close()
            raise
        return target

    def _write(self, target: IO[bytes]) -> None:
        with tarfile.open(fileobj=target, mode="w") as tar:
            for name in self.files:
                path = self.folder / name
                entry = tar.gettarinfo(path, arcname=name)
                entry.uid = entry.gid = 0
                entry.uname = entry.gname = ""
                entry.mtime = 0
                with path.open("rb") if entry.isreg() else io.BytesIO() as content:
                    tar.addfile(entry, content if entry.isreg() else None)


def build_context(folder: Path) -> BuildContext:
    """Lists what is sent to the engine from a folder with a Dockerfile.

    Raises:
        OSError: A file cannot be read.
    """
    ignore = folder / IGNORE
    patterns = ignored(ignore.read_text(encoding="utf-8")) if ignore.is_file() else []
    found = files_to_send(folder, [*patterns, VALUES_FILE], DOCKERFILE)
    files = tuple(sorted(str(name) for name in found if name and not (folder / name).is_socket()))
    return BuildContext(folder, files, _fingerprint(folder, files))


def ignored(text: str) -> list[str]:
    """The patterns of a .dockerignore."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _fingerprint(folder: Path, files: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for name in files:
        path = folder / name
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            content = str(path.readlink()).encode()
        elif stat.S_ISREG(mode):
            content = path.read_bytes()
        else:
            content = b""
        for part in (name.encode("utf-8", "surrogateescape"), f"{mode:o}".encode(), content):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:16]
