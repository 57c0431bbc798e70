"""What an image is built from, with a fingerprint: what a .dockerignore leaves of a folder; and how it is built.

BuildKit builds, through the command ``docker buildx``, as ``docker build`` does. Docker's API alone offers the builder
before it, which knows no ``RUN --mount`` and no here-documents. That one serves only where the command is missing, and
Podman's own serves Podman.
"""

import hashlib
import io
import re
import shutil
import stat
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from batchwright_runner.contract.batch_file import DECLARATION, VALUES_FILE
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.sdk import files_to_send
from batchwright_runner.workbench.project.image_folder import DOCKERFILE, ImageFolder
from batchwright_runner.workbench.project.inputs import add_file

IGNORE = ".dockerignore"
_HERE_DOCUMENT = re.compile(
    rb"^[ \t]*(?:RUN|COPY|ADD)(?:[^\n]*\\\r?\n)*[^\n]*\s\d*<<-?[\"']?[A-Za-z_]", re.MULTILINE | re.IGNORECASE
)
OUTSIDE = ".batchwright.Dockerfile"
"""What a Dockerfile from outside the folder is called among what is sent."""


@dataclass(frozen=True, slots=True)
class BuildContext:
    """What an image is built from."""

    # What is sent: its name to its path, in order; folders too
    files: Mapping[str, Path]
    dockerfile: str
    # 16 hex digits that change when anything of it does
    fingerprint: str

    def tar(self) -> IO[bytes]:
        """The files as a tar file, without times and owners, so that the same files are the same bytes."""
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

    As for ``image push``, which builds what is committed, neither git's own files, nor this runner's, nor the values of
    local runs are.
    """
    folder, path = source.context, source.dockerfile or source.context / DOCKERFILE
    path.stat()  # an engine's own words for one that is missing do not say where it was looked for
    inside = path.is_relative_to(folder)
    dockerfile = str(path.relative_to(folder)) if inside else OUTSIDE
    own = path.with_name(f"{path.name}{IGNORE}")
    ignore = own if own.is_file() else folder / IGNORE
    patterns = ignored(ignore.read_text(encoding="utf-8-sig", errors="surrogateescape")) if ignore.is_file() else []
    sent = files_to_send(folder, [*patterns, "**/.git", "**/.batchwright", VALUES_FILE], dockerfile)
    names = sorted(str(name) for name in sent if name and _is_sent(folder / name))
    files = {name: folder / name for name in names}
    if not inside:
        files[dockerfile] = path
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


def build_image(
    engine: Engine, environment: Mapping[str, str], context: BuildContext, *, tag: str, labels: Mapping[str, str]
) -> Iterator[Mapping[str, Any]]:
    """Builds an image, with BuildKit where it is available; gives its output as it comes."""
    variables = {**environment, "DOCKER_HOST": engine.address}  # the one that was found, whatever Docker's context is
    program = _buildx(variables) if engine.kind == "docker" else None
    instructions = context.files[context.dockerfile].read_bytes()
    if program is None and engine.kind == "docker" and _HERE_DOCUMENT.search(instructions):
        yield {"error": "a here-document (<<EOF) needs BuildKit: Docker's older builder would leave its lines out"}
        return
    with context.tar() as tar:
        if program is None:
            yield from engine.build(tar, dockerfile=context.dockerfile, tag=tag, labels=labels)
            return
        marks = [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]
        options = ["--load", "--progress=plain", "--provenance=false", "--file", context.dockerfile, "--tag", tag]
        yield from _run([program, "buildx", "build", *options, *marks, "-"], variables, tar)


def _buildx(environment: Mapping[str, str]) -> str | None:
    program = shutil.which("docker", path=environment.get("PATH"))
    if program is None:
        return None
    done = subprocess.run([program, "buildx", "version"], env=environment, capture_output=True, check=False)
    # A docker without buildx takes the words for its own, and prints its help.
    return program if done.returncode == 0 and b"buildx" in done.stdout.lower().split(b"\n")[0] else None


def _run(command: list[str], environment: Mapping[str, str], context: IO[bytes]) -> Iterator[Mapping[str, Any]]:
    error = ""
    with subprocess.Popen(
        command, env=environment, stdin=context, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for above
        for raw in process.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            if line.startswith("ERROR: "):
                error = line.removeprefix("ERROR: ")
            else:
                yield {"stream": line}
    if process.returncode != 0:
        yield {"error": error or f"docker buildx ended with {process.returncode}"}
