"""Builds with BuildKit, through the command ``docker buildx``, as ``docker build`` does.

Docker's API alone offers the builder before it, which knows no ``RUN --mount`` and no here-documents. That one serves
only where the command is missing, and Podman's own serves Podman.
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from typing import IO, Any, Protocol


class Builder(Protocol):
    """Builds images."""

    def build(
        self, context: IO[bytes], *, dockerfile: str, tag: str, labels: Mapping[str, str]
    ) -> Iterator[Mapping[str, Any]]:
        """Builds an image from a tar file; what is said of it comes as it goes."""


class BuildEngine(Builder, Protocol):
    """What must be known of an engine."""

    kind: str
    address: str


class BestBuilder:
    """BuildKit where it can be had, else the engine's own builder."""

    def __init__(self, engine: BuildEngine, environment: Mapping[str, str]) -> None:
        self._engine = engine
        # The engine that was found, whatever Docker's current context is.
        self._environment = {**environment, "DOCKER_HOST": engine.address}

    def build(
        self, context: IO[bytes], *, dockerfile: str, tag: str, labels: Mapping[str, str]
    ) -> Iterator[Mapping[str, Any]]:
        """Builds an image from a tar file; what is said of it comes as it goes."""
        program = self._buildx()
        if program is None:
            return self._engine.build(context, dockerfile=dockerfile, tag=tag, labels=labels)
        marks = [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]
        options = ["--load", "--progress=plain", "--provenance=false", "--file", dockerfile, "--tag", tag, *marks]
        return self._run([program, "buildx", "build", *options, "-"], context)

    def _buildx(self) -> str | None:
        program = shutil.which("docker", path=self._environment.get("PATH")) if self._engine.kind == "docker" else None
        if program is None:
            return None
        done = subprocess.run([program, "buildx", "version"], env=self._environment, capture_output=True, check=False)
        # A docker without buildx takes the words for its own, and prints its help.
        return program if done.returncode == 0 and b"buildx" in done.stdout.lower().split(b"\n")[0] else None

    def _run(self, command: list[str], context: IO[bytes]) -> Iterator[Mapping[str, Any]]:
        error = ""
        with subprocess.Popen(
            command, env=self._environment, stdin=context, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
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
