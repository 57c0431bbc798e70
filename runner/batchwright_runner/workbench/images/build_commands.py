"""Docker or Podman: the commands that build and push. What they print goes to stderr."""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.signals import Waiter, end_if_told

Compression = Literal["gzip", "zstd"]
STEP = 0.1
_CONTAINERD = "io.containerd.snapshotter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What is built, and how it is pushed."""

    # ``docker`` or ``podman``
    engine: str
    # Whether Docker has its newer builder
    buildx: bool
    reference: str
    # ``linux/amd64``
    platform: str
    # The folder that is sent to the engine
    context: str
    id_file: str
    # The Dockerfile; empty for the context's own
    file: str = ""
    compression: Compression = "gzip"

    @property
    def build_command(self) -> list[str]:
        """Builds the image and keeps it on this machine."""
        command = (
            ["docker", "buildx", "build", "--load", "--provenance=false"] if self.buildx else [self.engine, "build"]
        )
        return [*command, "--iidfile", self.id_file, "--tag", self.reference, *self._source]

    @property
    def push_command(self) -> list[str]:
        """Pushes it.

        Docker packs layers with zstd only in a builder, which has the image in its cache.
        """
        if self.engine == "podman":
            return ["podman", "push", "--compression-format", self.compression, self.reference]
        if self.compression == "gzip":
            return ["docker", "push", self.reference]
        output = (
            f"type=image,name={self.reference},push=true,oci-mediatypes=true,compression=zstd,force-compression=true"
        )
        return ["docker", "buildx", "build", "--provenance=false", "--output", output, *self._source]

    def built_id(self) -> str:
        """The id of what was built: the digest of the image's configuration; empty where the engine did not write it.

        Not ``image inspect``: where Docker keeps images in containerd, that gives the manifest's digest, which is
        another for each way in which the layers are packed.
        """
        try:
            return Path(self.id_file).read_text(encoding="ascii").strip()
        except OSError:
            return ""

    @property
    def _source(self) -> list[str]:
        file = ["--file", self.file] if self.file else []
        return ["--platform", self.platform, *file, self.context]


class EngineCommands:
    """Runs them as child processes, and stops them when this process gets a signal."""

    def __init__(self, waiter: Waiter) -> None:
        self._waiter = waiter

    def show(self, command: Sequence[str], stdin: bytes = b"") -> int:
        """Runs a command with its stdout and stderr on this process's stderr."""
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=2) as process:
            if process.stdin:
                process.stdin.write(stdin)
                process.stdin.close()
            while process.poll() is None:
                self._waiter.wait(STEP)
                if self._waiter.signals:
                    process.terminate()
                    process.wait()
        end_if_told(self._waiter)
        return process.returncode

    def read(self, command: Sequence[str]) -> str | None:
        """Runs a command and returns what it prints; none where it failed."""
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None


def check_zstd(engine: str, commands: EngineCommands) -> None:
    """Raises unless the engine can pack layers with zstd.

    Docker's own builder takes no notice of it, unless Docker keeps images in containerd (seen with Docker 26.1,
    2026-11).
    An image once pushed holds its commit's tag for good, so this is asked before anything is built.
    """
    if engine == "podman":
        return
    builder = commands.read(["docker", "buildx", "inspect"])
    if builder is None:
        problem, hint = "this Docker has no buildx", "Install buildx, or use Podman"
    elif not re.search(r"^Driver:\s+docker$", builder, re.MULTILINE) or _CONTAINERD in (
        commands.read(["docker", "info", "--format", "{{json .DriverStatus}}"]) or ""
    ):
        return
    else:
        problem = "this Docker's own builder packs with gzip alone"
        hint = (
            "docker buildx create --use makes a builder that can; Docker's containerd image store can too, and Podman"
        )
    raise UsageError(f"--compression zstd is not available: {problem}", hint=hint)


def find_program(environment: Mapping[str, str]) -> str:
    """Docker, or else Podman; ``BATCHWRIGHT_ENGINE`` names one."""
    named = environment.get("BATCHWRIGHT_ENGINE", "")
    for name in [named] if named else ["docker", "podman"]:
        if name in ("docker", "podman") and shutil.which(name, path=environment.get("PATH")):
            return name
    raise UsageError(
        f"the image cannot be built: {f'{named} was not' if named else 'neither docker nor podman was'} found on PATH",
        hint="Install one; BATCHWRIGHT_ENGINE=podman prefers Podman",
    )
