"""The sample of a Rails application: one image, a batch for each task of a table."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from batches.shop.batch import TASKS, batches
from batchwright.testing import synthesize
from tests.batches.checkout import ROOT, call, copy_project
from tests.kit.not_tried import unavailable

APP = ROOT / "batches/shop/app"


def rake_tasks() -> set[str]:
    """The tasks that are described in lib/tasks."""
    tasks = set()
    for path in (APP / "lib/tasks").glob("*.rake"):
        text = path.read_text(encoding="utf-8")
        (namespace,) = re.findall(r"^namespace :(\w+) do$", text, re.MULTILINE)
        tasks |= {f"{namespace}:{task}" for task in re.findall(r"^  desc .*\n  task (\w+): ", text, re.MULTILINE)}
    return tasks


@pytest.mark.parametrize("name", TASKS)
def test_each_batch_runs_a_task_of_the_one_image(name: str) -> None:
    declared = synthesize(batches, name=name)

    command = declared.container()["Command"]
    assert declared.manifest.image.name == "shop"
    assert command[:3] == ["bundle", "exec", "rake"]
    assert command[3] in rake_tasks()


def test_each_task_is_a_batch() -> None:
    assert {name.replace("-", ":") for name in TASKS} == rake_tasks()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, on a machine with Rails."""
    if shutil.which("bundle") is None:
        unavailable("Rails", "bundle was not found on PATH", "install ruby, ruby-bundler and ruby-railties")
    folder = copy_project(tmp_path_factory.mktemp("project"))
    tried = subprocess.run(
        ["bundle", "install", "--local", "--quiet"],
        cwd=folder / "batches/shop/app",
        env={**os.environ, "GEM_HOME": str(folder / "gems")},
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode:
        unavailable("Rails", (tried.stdout + tried.stderr).strip()[-200:], "install ruby-railties")
    return folder


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("orders-close", ["closed order 1001", "closed order 1003", "closed order 1004", "3 orders closed"]),
        ("orders-report", ["Kyoto: 4000 JPY", "Osaka: 4400 JPY"]),
    ],
)
def test_a_task_runs_on_this_machine(project: Path, name: str, printed: list[str]) -> None:
    done = call(project, "run", name, "--local")

    assert (done.returncode, done.stdout.splitlines()) == (0, printed), done.stderr
