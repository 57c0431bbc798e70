"""Config files of a run on this machine: what a volume holds."""

import io
import tarfile
from dataclasses import replace

import pytest

from batchwright_runner.contract.files_plan import RenderedFile
from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.local.config_files import archives, files_of
from batchwright_runner.workbench.local.containers.engine import ImageFacts
from batchwright_runner.workbench.local.containers.task_plan import plan_task
from tests.kit.projects import batch_of, declared


def file(path: str, volume: str = "files-1", inside: str = "") -> RenderedFile:
    return RenderedFile(path, volume, inside or path.rpartition("/")[2], b"x", 0o400, (1000, 1000))


def test_files_of_another_version_are_an_error() -> None:
    container = {"name": "files", "environment": [{"name": "BATCHWRIGHT_FILES", "value": "{}"}]}

    with pytest.raises(
        RunnerError, match=r"hello cannot run here: BATCHWRIGHT_FILES cannot be read.*Update the runner"
    ):
        files_of(batch_of(declared("hello", sidecars=[container])))
    assert files_of(batch_of(declared("hello", sidecars=[{"name": "files"}]))) is None


def test_a_volume_ends_with_the_mark_of_its_end() -> None:
    """Podman stops reading there, and may fail on what follows."""
    archive = archives([file("/app/config/a.ini")])["files-1"]

    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        (member,) = tar.getmembers()
    assert len(archive) == member.offset_data + tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE


def test_a_volume_holds_what_the_container_would_have_written() -> None:
    files = [
        file("/app/config/a.ini"),
        file("/app/config/env/deep/b.ini", inside="env/deep/b.ini"),
        replace(file("/data/c.ini", "files-2"), mode=0o444, owner=(0, 0)),
    ]

    tars = {volume: entries(tar) for volume, tar in archives(files).items()}

    assert tars == {
        "files-1": {
            "env": ("folder", 0o755, 0, 0, b""),
            "env/deep": ("folder", 0o755, 0, 0, b""),
            "a.ini": ("file", 0o400, 1000, 1000, b"x"),
            "env/deep/b.ini": ("file", 0o400, 1000, 1000, b"x"),
        },
        "files-2": {"c.ini": ("file", 0o444, 0, 0, b"x")},
    }


def entries(archive: bytes) -> dict[str, tuple[str, int, int, int, bytes]]:
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for entry in tar:
            content = tar.extractfile(entry)
            kind = "folder" if entry.isdir() else "file"
            found[entry.name] = (kind, entry.mode, entry.uid, entry.gid, content.read() if content is not None else b"")
    return found


@pytest.mark.parametrize("declared_by_the_image", [frozenset[str](), frozenset({"/app/config"})])
def test_the_container_that_fills_the_volumes_mounts_those_of_the_files_in_any_case(
    declared_by_the_image: frozenset[str],
) -> None:
    mounts = [
        {"sourceVolume": "files-1", "containerPath": "/app/config", "readOnly": True},
        {"sourceVolume": "other", "containerPath": "/other"},
    ]
    images = {"main": ImageFacts(reference="x", volumes=declared_by_the_image | {"/other"})}

    made = plan_task(
        batch_of(declared("hello", container={"mountPoints": mounts})), {}, images, files={"files-1": b"tar"}
    )

    assert made.empty == ("files-1",)
    assert made.files == {"files-1": b"tar"}
    (plan,) = made.containers
    assert plan.body["HostConfig"]["Binds"][0].split(":")[2].endswith("ro")
