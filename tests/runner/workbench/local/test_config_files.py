"""Config files of a run as a plain process: what is placed, and that the source stays as it is."""

import io
import os
import signal
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.contract.files_plan import FilesPlan, FileTemplate, RenderedFile
from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.local.config_files import (
    Placed,
    archives,
    copy_with,
    files_of,
    place,
)
from batchwright_runner.workbench.local.containers.engine import ImageFacts
from batchwright_runner.workbench.local.containers.task_plan import plan_task
from tests.kit.command import Done, environment, finish, start
from tests.kit.projects import batch_of, declared, make_project

ME = (os.getuid(), os.getgid())
SHOW = """
import pathlib
print(*sorted(map(str, pathlib.Path().rglob("*"))))
print(pathlib.Path("config/a.ini").read_text())
"""


CHATTY = """
import time
while True:  # ends when nobody reads it any more
    print("up")
    time.sleep(0.1)
"""


def file(path: str, volume: str = "files-1", inside: str = "") -> RenderedFile:
    return RenderedFile(path, volume, inside or path.rpartition("/")[2], b"x", 0o400, (1000, 1000))


def test_files_below_the_working_directory_are_placed_and_the_others_named() -> None:
    files = [
        file("/app/config/a.ini"),
        file("/app/config/env/b.ini", inside="env/b.ini"),
        file("/data/c.ini", "files-2"),
    ]

    placed = place(files, {"files-1": "/app/config", "files-2": "/data"}, "/app/")

    assert [file.inside for file in placed.files] == ["config/a.ini", "config/env/b.ini"]
    assert placed.folders == ("config",)
    assert placed.elsewhere == ("/data/c.ini",)


@pytest.mark.parametrize("directory", [None, "/other", "/app/config/a.ini/x", "/ap"])
def test_without_a_working_directory_above_it_no_file_is_placed(directory: str | None) -> None:
    assert place([file("/app/config/a.ini")], {"files-1": "/app/config"}, directory) == Placed(
        (), (), ("/app/config/a.ini",)
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "config").mkdir(parents=True)
    (folder / "config/old.ini").write_text("old")
    (folder / "main.py").write_text("main")
    return folder


def placed(*paths: str, folders: tuple[str, ...] = ("config",)) -> Placed:
    return Placed(tuple(file(f"/app/{path}", inside=path) for path in paths), folders, ())


def test_a_copy_has_the_files_and_its_volume_hides_what_was_there(tmp_path: Path, source: Path) -> None:
    copy_with(placed("config/a.ini"), source, tmp_path / "copy", ME)

    assert names(tmp_path / "copy") == ["config", "config/a.ini", "main.py"]
    assert (tmp_path / "copy/config/a.ini").stat().st_mode & 0o777 == 0o600
    assert names(source) == ["config", "config/old.ini", "main.py"]


def test_a_link_in_the_source_leads_no_file_out_of_the_copy(tmp_path: Path, source: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "config").mkdir(parents=True)
    (source / "deep").symlink_to(outside)

    copy_with(placed("deep/config/a.ini", folders=("deep/config",)), source, tmp_path / "copy", ME)

    assert names(outside) == ["config"]
    assert (tmp_path / "copy/deep/config/a.ini").read_bytes() == b"x"


def test_a_file_in_the_place_of_a_folder_gives_way(tmp_path: Path, source: Path) -> None:
    copy_with(placed("main.py/a.ini", folders=("main.py",)), source, tmp_path / "copy", ME)

    assert (tmp_path / "copy/main.py/a.ini").read_bytes() == b"x"
    assert (source / "main.py").read_text() == "main"


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def project(root: Path, *command: str, text: str = "a=${HOST}", **container: Any) -> Path:  # noqa: ANN401 - any key
    plan = FilesPlan((FileTemplate("/app/config/a.ini", "files-1", "a.ini", text),), (1000, 1000))
    main = {
        "environment": [{"name": "HOST", "value": "db.example.com"}],
        "workingDirectory": "/app",
        "dependsOn": [{"containerName": "files", "condition": "SUCCESS"}],
        "mountPoints": [{"sourceVolume": "files-1", "containerPath": "/app/config", "readOnly": True}],
        **container,
    }
    rendering = {"name": "files", "environment": [{"name": "BATCHWRIGHT_FILES", "value": plan.to_json()}]}
    root.mkdir()
    made = make_project(root, declared("hello", *command, container=main, sidecars=[rendering]))
    (made / "batches/hello/app/config").mkdir()
    (made / "batches/hello/app/config/old.ini").write_text("old")
    return made


def scratched(scratch: Path) -> dict[str, str]:
    return environment(TMPDIR=str(scratch), XDG_STATE_HOME=str(scratch.with_name("state")))


def run(root: Path, scratch: Path, *arguments: str) -> Done:
    scratch.mkdir(exist_ok=True)
    process = start(root, "run", "hello", "--local", *arguments, env=scratched(scratch))
    return finish(process)


def test_a_process_reads_its_config_file_and_nothing_is_left(tmp_path: Path) -> None:
    root = project(tmp_path / "project", "python", "-c", SHOW)

    done = run(root, tmp_path / "scratch")

    assert done.code == 0, done.err
    assert done.out == b"config config/a.ini\na=db.example.com\n"
    assert names(root / "batches/hello/app") == ["config", "config/old.ini"]
    assert names(tmp_path / "scratch") == []
    assert "in a copy of its source with config/a.ini in it; the copy is removed at the end" in done.err
    assert "not honored" not in done.err
    assert "not started" not in done.err


def test_a_file_that_cannot_be_placed_is_said_and_the_source_is_run_where_it_is(tmp_path: Path) -> None:
    show = "import os; print(os.getcwd()); print(*os.listdir('config'))"
    root = project(tmp_path / "project", "python", "-c", show, workingDirectory=None)

    done = run(root, tmp_path / "scratch")

    assert done.out.decode().splitlines() == [str(root / "batches/hello/app"), "old.ini"]
    assert (
        "not rendered: /app/config/a.ini: a plain process gets only files below a declared working_directory"
        in done.err
    )


def test_what_a_killed_runner_has_left_goes_with_the_next_run_and_a_live_runs_copy_stays(tmp_path: Path) -> None:
    root = project(tmp_path / "project", "python", "-uc", CHATTY)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    killed, alive = (start(root, "run", "hello", "--local", env=scratched(scratch)) for _ in range(2))
    for process in (killed, alive):
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
    assert len(copies(scratch)) == 2

    killed.kill()
    finish(killed)
    assert run(root, scratch, "--", "python", "-c", "print(1)").out == b"1\n"
    assert len(copies(scratch)) == 1

    alive.send_signal(signal.SIGTERM)
    finish(alive)
    assert copies(scratch) == []
    assert list(tmp_path.glob("state/batchwright/runs/*")) == []


def copies(scratch: Path) -> list[Path]:
    return list(scratch.glob("batchwright-source-*"))


def test_a_copy_that_cannot_be_made_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    root = project(tmp_path / "project", "true")
    os.mkfifo(root / "batches/hello/app/pipe")

    done = run(root, tmp_path / "scratch")

    assert done.code == 125
    assert "cannot be copied for its config files" in done.err
    assert names(tmp_path / "scratch") == []


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

    assert not made.held
    assert made.empty == ("files-1",)
    assert made.files == {"files-1": b"tar"}
    (plan,) = made.containers
    assert plan.body["HostConfig"]["Binds"][0].split(":")[2].endswith("ro")
