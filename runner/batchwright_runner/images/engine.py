"""Docker or Podman: the commands that build and push. What they print goes to stderr."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from batchwright_runner.errors import InterruptedEarlyError, UsageError
from batchwright_runner.interrupts import Waiter

Compression = Literal["gzip", "zstd"]
STEP = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What is built, and how it is pushed.

    Attributes:
        engine: ``docker`` or ``podman``.
        buildx: Whether Docker has its newer builder.
        reference: Repository and tag.
        platform: ``linux/amd64``.
        context: The folder that is sent to the engine.
        file: The Dockerfile; empty for the context's own.
        compression: How layers are packed.
    """

    engine: str
    buildx: bool
    reference: str
    platform: str
    context: str
    file: str = ""
    compression: Compression = "gzip"

    @property
    def build_command(self) -> list[str]:
        """Builds the image and keeps it on this machine."""
        command = (
            ["docker", "buildx", "build", "--load", "--provenance=false"] if self.buildx else [self.engine, "build"]
        )
        return [*command, "--tag", self.reference, *self._source]

    @property
    def push_command(self) -> list[str]:
        """Pushes it.

        Docker packs layers with zstd only in its builder, which has the image in its cache.

        Raises:
            UsageError: Docker lacks that builder.
        """
        if self.engine == "podman":
            return ["podman", "push", "--compression-format", self.compression, self.reference]
        if self.compression == "gzip":
            return ["docker", "push", self.reference]
        if not self.buildx:
            raise UsageError(
                "--compression zstd cannot be had: this Docker has no buildx", hint="Install buildx, or use Podman"
            )
        output = (
            f"type=image,name={self.reference},push=true,oci-mediatypes=true,compression=zstd,force-compression=true"
        )
        return ["docker", "buildx", "build", "--provenance=false", "--output", output, *self._source]

    def login_command(self, host: str) -> list[str]:
        """Logs in; the password comes on stdin."""
        return [self.engine, "login", "--username", "AWS", "--password-stdin", host]

    @property
    def inspect_command(self) -> list[str]:
        """Prints the id of the image on this machine."""
        return [self.engine, "image", "inspect", "--format", "{{.Id}}", self.reference]

    @property
    def _source(self) -> list[str]:
        file = ["--file", self.file] if self.file else []
        return ["--platform", self.platform, *file, self.context]


class Commands(Protocol):
    """Runs commands of the engine."""

    def show(self, command: Sequence[str], given: bytes = b"") -> int:
        """Runs one whose output people see. Returns its exit code."""

    def read(self, command: Sequence[str]) -> str | None:
        """Runs one whose output is read; none where it failed."""


class EngineCommands:
    """Runs them as child processes, and stops them when this one is told to stop.

    Args:
        waiter: Time and signals.
    """

    def __init__(self, waiter: Waiter) -> None:
        self._waiter = waiter

    def show(self, command: Sequence[str], given: bytes = b"") -> int:
        """Runs a command with its stdout and stderr on this process's stderr.

        Raises:
            InterruptedEarlyError: A signal came.
        """
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=2) as process:
            if process.stdin:
                process.stdin.write(given)
                process.stdin.close()
            while process.poll() is None:
                self._waiter.wait(STEP)
                if self._waiter.signals:
                    process.terminate()
                    process.wait()
        if self._waiter.signals:
            raise InterruptedEarlyError(self._waiter.signals[0])
        return process.returncode

    def read(self, command: Sequence[str]) -> str | None:
        """Runs a command and returns what it prints; none where it failed."""
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None


def find_engine(environment: Mapping[str, str]) -> str:
    """Docker, or else Podman; ``BATCHWRIGHT_ENGINE`` names one.

    Raises:
        UsageError: Neither is there.
    """
    given = environment.get("BATCHWRIGHT_ENGINE", "")
    for name in [given] if given else ["docker", "podman"]:
        if name in ("docker", "podman") and shutil.which(name, path=environment.get("PATH")):
            return name
    raise UsageError(
        f"the image cannot be built: {given or 'neither docker nor podman'} was not found on PATH",
        hint="Install one; BATCHWRIGHT_ENGINE=podman prefers Podman",
    )
