"""Builds with BuildKit, through the command ``docker buildx``, as ``docker build`` does.

Docker's API alone offers the builder before it, which knows no ``RUN --mount`` and no here-documents. That one serves
only where the command is missing, and Podman's own serves Podman.
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from typing import IO, Any

from batchwright_runner.workbench.local.containers.client import Engine


def build_image(
    engine: Engine,
    environment: Mapping[str, str],
    context: IO[bytes],
    *,
    dockerfile: str,
    tag: str,
    labels: Mapping[str, str],
) -> Iterator[Mapping[str, Any]]:
    """Builds an image from a tar file, with BuildKit where it can be had; what is said of it comes as it goes."""
    variables = {**environment, "DOCKER_HOST": engine.address}  # the one that was found, whatever Docker's context is
    program = _buildx(variables) if engine.kind == "docker" else None
    if program is None:
        return engine.build(context, dockerfile=dockerfile, tag=tag, labels=labels)
    marks = [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]
    options = ["--load", "--progress=plain", "--provenance=false", "--file", dockerfile, "--tag", tag, *marks]
    return _run([program, "buildx", "build", *options, "-"], variables, context)


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
