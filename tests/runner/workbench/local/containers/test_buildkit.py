import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import pytest

from batchwright_runner.workbench.local.containers.build import build_image
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.engine import read_progress

WITHOUT = "echo 'docker: buildx is not a docker command.' >&2; exit 1"
HELP = "echo 'Usage:  docker [OPTIONS] COMMAND'; exit 0"
WITH = """
if [ "$2" = version ]; then echo github.com/docker/buildx 0.13; exit 0; fi
echo "$@" > said; echo "$DOCKER_HOST" >> said; cat >> said
"""


class OwnBuilder(Engine):
    """An engine that builds by itself."""

    def __init__(self, kind: str = "docker") -> None:
        self.kind, self.address = kind, "unix:///the.sock"

    def build(
        self, context: IO[bytes], *, dockerfile: str, tag: str, labels: Mapping[str, str]
    ) -> Iterator[Mapping[str, Any]]:
        yield {"stream": json.dumps([dockerfile, tag, dict(labels), context.read().decode()])}


def build(folder: Path, script: str, kind: str = "docker") -> list[Mapping[str, Any]]:
    (folder / "docker").write_text(f"#!/bin/sh\ncd {folder}\n{script}\n")
    (folder / "docker").chmod(0o755)
    variables = {"PATH": f"{folder}:/usr/bin:/bin", "DOCKER_HOST": "unix:///other.sock"}
    with tempfile.TemporaryFile() as context:
        context.write(b"context")
        context.seek(0)
        lines = build_image(OwnBuilder(kind), variables, context, dockerfile="Dockerfile", tag="t:1", labels={"a": "b"})
        return list(lines)


@pytest.mark.parametrize(("script", "kind"), [(WITHOUT, "docker"), (HELP, "docker"), (WITH, "podman")])
def test_the_engine_builds_where_there_is_no_buildx_and_for_podman(tmp_path: Path, script: str, kind: str) -> None:
    assert build(tmp_path, script, kind) == [{"stream": json.dumps(["Dockerfile", "t:1", {"a": "b"}, "context"])}]


def test_buildx_builds_in_the_engine_that_was_found(tmp_path: Path) -> None:
    assert build(tmp_path, WITH) == []
    lines = (tmp_path / "said").read_text().splitlines()

    assert lines[0].startswith("buildx build --load ")
    assert lines[0].endswith("--tag t:1 --label a=b -")
    assert lines[1:] == ["unix:///the.sock", "context"]


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("echo '#5 RUN false'; echo 'ERROR: failed to solve: no' >&2; exit 1", "failed to solve: no"),
        ("echo '#5 RUN false'; exit 7", "docker buildx ended with 7"),
    ],
)
def test_a_failed_build_ends_with_its_error(tmp_path: Path, script: str, error: str) -> None:
    events = build(tmp_path, f'if [ "$2" = version ]; then echo buildx; exit 0; fi\n{script}')

    assert read_progress(iter(events)).error == error
    assert read_progress(iter(events)).lines == ("#5 RUN false",)
