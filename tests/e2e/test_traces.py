"""Whatever stays behind is found: tried with namespaces inside of the journey's own."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.traces import CGROUPS, left_behind, namespaces, note_namespaces


@pytest.fixture
def inmate() -> Iterator["subprocess.Popen[str]"]:
    """A process in namespaces of its own."""
    command = [
        "unshare",
        "--net",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "sh",
        "-c",
        "echo ready; exec sleep 600",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def child_of(process: "subprocess.Popen[str]") -> int:
    [child] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    return int(child)


def test_a_process_that_stays_is_found(inmate: "subprocess.Popen[str]", tmp_path: Path) -> None:
    child = child_of(inmate)
    note_namespaces(tmp_path, child)

    left = left_behind(tmp_path, patience=0)

    assert [line for line in left if line.startswith(f"process {child} ")]


def test_nothing_is_found_once_the_processes_have_ended(inmate: "subprocess.Popen[str]", tmp_path: Path) -> None:
    note_namespaces(tmp_path, child_of(inmate))
    inmate.kill()

    assert left_behind(tmp_path) == []


def test_a_namespace_that_a_mount_keeps_is_found(inmate: "subprocess.Popen[str]", tmp_path: Path) -> None:
    note_namespaces(tmp_path, child_of(inmate))
    kept = tmp_path.parent / f"{tmp_path.name}-kept"
    kept.touch()
    subprocess.run(["mount", "--bind", f"/proc/{child_of(inmate)}/ns/net", str(kept)], check=True)
    inmate.kill()
    inmate.wait()

    left = left_behind(tmp_path, patience=1)

    subprocess.run(["umount", str(kept)], check=True)
    assert [line for line in left if line.startswith("mount ") and str(kept) in line]


def test_a_file_that_stays_is_found(inmate: "subprocess.Popen[str]", tmp_path: Path) -> None:
    note_namespaces(tmp_path, child_of(inmate))
    inmate.kill()
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside/forgotten").touch()

    assert left_behind(tmp_path, patience=1) == [f"file {tmp_path / 'inside/forgotten'}"]


def test_control_groups_are_removed(inmate: "subprocess.Popen[str]", tmp_path: Path) -> None:
    note_namespaces(tmp_path, child_of(inmate))
    inmate.kill()
    hierarchy = CGROUPS if (CGROUPS / "cgroup.procs").exists() else CGROUPS / "memory"
    container = hierarchy / tmp_path.name / "container"
    container.mkdir(parents=True)

    assert left_behind(tmp_path) == []
    assert not container.parent.exists()


def test_a_journey_that_ran_outside_is_no_success(tmp_path: Path) -> None:
    note_namespaces(tmp_path)

    [trace] = left_behind(tmp_path)

    assert "it ran outside" in trace
    assert all(namespace in trace for namespace in namespaces())


def test_a_journey_that_did_not_say_where_it_was_is_no_success(tmp_path: Path) -> None:
    assert left_behind(tmp_path)
