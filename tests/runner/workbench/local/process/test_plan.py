import os
import sys
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.contract.files_plan import FilesPlan, FileTemplate
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.settings.project import Project
from batchwright_runner.workbench.local.process.plan import ProcessPlan, plan_process
from tests.kit.projects import batch_of, declared


def plan(root: Path, data: dict[str, Any], *command: str, path: str = "/bin") -> ProcessPlan:
    return plan_process(batch_of(data), Project(root, "true", {}), {"A": "1"}, command, path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "batches/hello/app").mkdir(parents=True)
    return tmp_path


def test_entry_point_and_command_are_joined(root: Path) -> None:
    process_plan = plan(root, declared("hello", "-m", "x", container={"entryPoint": ["python"]}))

    assert process_plan.command == ("python", "-m", "x")
    assert process_plan.folder == root / "batches/hello/app"
    assert process_plan.stop_timeout == 2


def test_a_given_command_replaces_the_declared_one_but_not_the_entry_point(root: Path) -> None:
    assert plan(root, declared("hello", "a", container={"entryPoint": ["e"]}), "b", "c").command == ("e", "b", "c")


def test_only_declared_variables_and_a_path_are_passed(root: Path) -> None:
    python = str(Path(sys.executable).parent)

    assert plan(root, declared("hello", "x")).environment == {"A": "1", "PATH": f"/bin{os.pathsep}{python}"}


@pytest.mark.parametrize(
    ("command", "program"),
    [
        (["python", "-m", "x"], "python is bin/python"),
        (["sh", "-c", "cd data && python3.11 main.py"], "python3.11 is bin/python3.11"),
        (["ruby", "main.rb"], "ruby is bin/ruby"),
        (["sh", "-c", "echo python-like /usr/bin/python"], ""),
        (["python9", "x"], ""),  # not on this machine
    ],
)
def test_the_interpreter_is_said_with_where_it_is_on_this_machine(root: Path, command: list[str], program: str) -> None:
    (root / "bin").mkdir()
    for name in ("python", "python3.11", "ruby"):
        (root / "bin" / name).touch(mode=0o755)

    assert plan(root, declared("hello", *command), path=str(root / "bin")).program == program


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (declared("hello"), r"declares no command.*batchwright run hello --local -- COMMAND"),
        (declared("hello", container={"command": ["x", {"unresolved": "Ref Bucket"}]}), r"only AWS knows.*Ref Bucket"),
        (declared("hello", "x", source=None), r"is not in this project\. Expected it in batches/hello/app"),
        (declared("hello", "x", source="batches/other/app"), "batches/other/app, does not exist"),
    ],
)
def test_what_cannot_be_started_is_an_error_that_says_what_to_do(
    root: Path, data: dict[str, Any], problem: str
) -> None:
    with pytest.raises(RunnerError, match=problem):
        plan(root, data)


def test_what_a_process_cannot_honour_is_listed(root: Path) -> None:
    main = {"user": "app", "readonlyRootFilesystem": True, "healthCheck": {}, "dependsOn": []}

    process_plan = plan(root, declared("hello", "x", container=main, sidecars=[{"name": "agent"}]))

    assert process_plan.ignored == ("read_only_root", "user")
    assert process_plan.sidecars == ("agent",)


def test_an_init_process_is_no_loss_and_other_linux_parameters_are(root: Path) -> None:
    init = {"initProcessEnabled": True}

    assert plan(root, declared("hello", "x", container={"linuxParameters": init})).ignored == ()
    tmpfs = {"linuxParameters": {**init, "tmpfs": [{}]}}
    assert plan(root, declared("hello", "x", container=tmpfs)).ignored == ("writable_paths",)


def test_config_files_are_refused_since_only_containers_get_them(root: Path) -> None:
    files = FilesPlan((FileTemplate("/app/config/a.ini", "files-1", "a.ini", "a=1"),), (0, 0))
    rendering = {"name": "files", "environment": [{"name": "BATCHWRIGHT_FILES", "value": files.to_json()}]}

    with pytest.raises(UsageError, match=r"hello cannot run as a plain process: its config files .*Docker or Podman"):
        plan(root, declared("hello", "x", sidecars=[rendering]))
