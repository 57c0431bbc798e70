import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import pytest

from batchwright_runner.workbench.local.containers.build import build_context, build_image
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.engine import read_progress
from batchwright_runner.workbench.project.image_folder import ImageFolder

WITHOUT = "echo 'docker: buildx is not a docker command.' >&2; exit 1"
HELP = "echo 'Usage:  docker [OPTIONS] COMMAND'; exit 0"
WITH = """
if [ "$2" = version ]; then echo github.com/docker/buildx 0.13; exit 0; fi
echo "$@" > said; echo "$DOCKER_HOST" >> said; cat > sent
"""


def names(context: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(context)) as tar:
        return tar.getnames()


class OwnBuilder(Engine):
    """An engine that builds by itself."""

    def __init__(self, kind: str = "docker") -> None:
        self.kind, self.address = kind, "unix:///the.sock"

    def build(
        self, context: IO[bytes], *, dockerfile: str, tag: str, labels: Mapping[str, str]
    ) -> Iterator[Mapping[str, Any]]:
        yield {"stream": json.dumps([dockerfile, tag, dict(labels), names(context.read())])}


def build(
    folder: Path, script: str, kind: str = "docker", instructions: str = "FROM scratch\n"
) -> list[Mapping[str, Any]]:
    dockerfile = folder / "image/Dockerfile"
    dockerfile.parent.mkdir()
    dockerfile.write_text(instructions)
    (folder / "docker").write_text(f"#!/bin/sh\ncd {folder}\n{script}\n")
    (folder / "docker").chmod(0o755)
    variables = {"PATH": f"{folder}:/usr/bin:/bin", "DOCKER_HOST": "unix:///other.sock"}
    context = build_context(ImageFolder(dockerfile.parent))
    return list(build_image(OwnBuilder(kind), variables, context, tag="t:1", labels={"a": "b"}))


@pytest.mark.process
@pytest.mark.parametrize(("script", "kind"), [(WITHOUT, "docker"), (HELP, "docker"), (WITH, "podman")])
def test_the_engine_builds_where_there_is_no_buildx_and_for_podman(tmp_path: Path, script: str, kind: str) -> None:
    assert build(tmp_path, script, kind) == [{"stream": json.dumps(["Dockerfile", "t:1", {"a": "b"}, ["Dockerfile"]])}]


@pytest.mark.process
def test_buildx_builds_in_the_engine_that_was_found(tmp_path: Path) -> None:
    assert build(tmp_path, WITH) == []
    lines = (tmp_path / "said").read_text().splitlines()

    assert lines[0].startswith("buildx build --load ")
    assert lines[0].endswith("--file Dockerfile --tag t:1 --label a=b -")
    assert lines[1:] == ["unix:///the.sock"]
    assert names((tmp_path / "sent").read_bytes()) == ["Dockerfile"]


@pytest.mark.process
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


@pytest.mark.process
@pytest.mark.parametrize(
    ("instruction", "refused"),
    [
        ("RUN <<EOF\necho ran\nEOF", True),
        ("  run cat <<-'EOF' > /f\nx\nEOF", True),
        ("COPY <<EOF /f\nx\nEOF", True),
        ('RUN true && \\\n    cat <<"END" > /f\nx\nEND', True),
        ("RUN echo $((1<<2)) 1 << 2 && cat <<<word\nCMD cat <<EOF", False),
        ("# RUN <<EOF", False),
    ],
)
def test_a_here_document_is_refused_where_its_lines_would_be_left_out(
    tmp_path: Path, instruction: str, refused: bool
) -> None:
    events = build(tmp_path, WITHOUT, instructions=f"FROM scratch\n{instruction}\n")

    assert ("needs BuildKit" in read_progress(iter(events)).error) is refused


@pytest.mark.process
@pytest.mark.parametrize(("script", "kind"), [(WITH, "docker"), (WITHOUT, "podman")])
def test_others_know_here_documents(tmp_path: Path, script: str, kind: str) -> None:
    events = build(tmp_path, script, kind, "FROM scratch\nRUN <<EOF\necho ran\nEOF\n")

    assert not read_progress(iter(events)).error
