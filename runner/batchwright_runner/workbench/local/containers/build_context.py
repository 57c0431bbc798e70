"""What an image is built from: the files of a folder that its .dockerignore leaves, and a fingerprint of them."""

import hashlib
import io
import stat
import tarfile
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from batchwright_runner.contract.batch_file import DECLARATION, VALUES_FILE
from batchwright_runner.workbench.local.containers.sdk import files_to_send
from batchwright_runner.workbench.project.image_folder import DOCKERFILE, ImageFolder
from batchwright_runner.workbench.project.inputs import add_file

IGNORE = ".dockerignore"
OUTSIDE = ".batchwright.Dockerfile"
"""What a Dockerfile from outside the folder is called among what is sent."""


@dataclass(frozen=True, slots=True)
class BuildContext:
    """What an image is built from.

    Attributes:
        files: What is sent: its name to its path, in order; folders too.
        dockerfile: The Dockerfile's name among them.
        fingerprint: 16 hex digits that change when anything of it does.
    """

    files: Mapping[str, Path]
    dockerfile: str
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
            for name, path in self.files.items():
                entry = tar.gettarinfo(path, arcname=name)
                entry.uid = entry.gid = 0
                entry.uname = entry.gname = ""
                entry.mtime = 0
                with path.open("rb") if entry.isreg() else io.BytesIO() as content:
                    tar.addfile(entry, content if entry.isreg() else None)


def build_context(source: ImageFolder) -> BuildContext:
    """Lists what is sent to the engine.

    As for ``image push``, which builds what is committed, neither git's own files nor the values of local runs are.

    Raises:
        OSError: A file cannot be read.
    """
    folder, given = source.context, source.dockerfile or source.context / DOCKERFILE
    given.stat()  # an engine's own words for one that is missing do not say where it was looked for
    inside = given.is_relative_to(folder)
    dockerfile = str(given.relative_to(folder)) if inside else OUTSIDE
    own = given.with_name(f"{given.name}{IGNORE}")
    ignore = own if own.is_file() else folder / IGNORE
    patterns = ignored(ignore.read_text(encoding="utf-8")) if ignore.is_file() else []
    found = files_to_send(folder, [*patterns, "**/.git", VALUES_FILE], dockerfile)
    names = sorted(str(name) for name in found if name and _is_sent(folder / name))
    files = {name: folder / name for name in names}
    if not inside:
        files[dockerfile] = given
    if ignore == own:
        files.pop(IGNORE, None)  # which an engine would obey too
    return BuildContext(files, dockerfile, _fingerprint(files, dockerfile))


def ignored(text: str) -> list[str]:
    """The patterns of a .dockerignore."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _is_sent(path: Path) -> bool:
    of_a_batch = path.name == VALUES_FILE and path.with_name(DECLARATION).is_file()
    return not of_a_batch and not path.is_socket()


def _fingerprint(files: Mapping[str, Path], dockerfile: str) -> str:
    digest = hashlib.sha256(dockerfile.encode("utf-8", "surrogateescape"))
    for name, path in files.items():
        mode = path.lstat().st_mode
        parts = [name.encode("utf-8", "surrogateescape"), f"{mode:o}".encode()]
        if not stat.S_ISREG(mode):
            parts.append(str(path.readlink()).encode() if stat.S_ISLNK(mode) else b"")
        for part in parts:
            digest.update(len(part).to_bytes(8, "big") + part)
        if stat.S_ISREG(mode):
            add_file(digest, path)
    return digest.hexdigest()[:16]
