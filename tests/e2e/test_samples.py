"""The samples' workflow: deployed, and run by its machine, by the command and on this machine, with the same ends.

Each step goes on where the one before it ended.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.containers.python_rootfs import CHANGES, python_rootfs
from tests.e2e.account import Account
from tests.e2e.conftest import Machine
from tests.e2e.console import Console
from tests.e2e.executions import Executions
from tests.e2e.places import ACCOUNT, DEPLOY, QUIET, REGION, ROOT
from tests.e2e.sources import Project
from tests.kit.command import Done

BASE = "python:3.13-slim-trixie"
"""What the samples' images are built on. It cannot be pulled here; the image of that name has this machine's Python."""
IMPORTED = (
    *("argparse", "collections.abc", "compileall", "contextlib", "csv", "dataclasses", "datetime", "hmac", "pathlib"),
    *("hashlib", "secrets", "sqlite3", "tempfile", "unicodedata"),
)
"""What the samples, and the builds of their images, import."""
NIGHTLY = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:batches-staging-nightly"
STAGING = ("--context", "stage=staging")
RIGHT, WRONG = "correct-horse", "battery-staple"
"""The password of the sample's database, and another one."""
WELL = dict.fromkeys(("sales-nightly", "sales-summary", "db-cleanup", "sales-notice"), "succeeded")
WAYS = {RIGHT: (0, WELL), WRONG: (1, {**WELL, "db-cleanup": "failed"})}
"""Password to how the workflow ends: the exit code, and what becomes of each step."""


@pytest.fixture(scope="module")
def samples(machine: Machine) -> Project:
    """A copy of the samples, for the emulator's account, under git."""
    project = Project(machine.folder / "samples")
    left_out = shutil.ignore_patterns("local.env", "__pycache__")
    shutil.copytree(ROOT / "batches", project.folder / "batches", ignore=left_out)
    shutil.copy(ROOT / "app.py", project.folder)
    text = (ROOT / "cdk.json").read_text(encoding="utf-8").replace(".venv/bin/", "")
    for account in ("111111111111", "333333333333"):
        text = text.replace(account, ACCOUNT)
    (project.folder / "cdk.json").write_text(text, encoding="utf-8")
    (project.folder / ".gitignore").write_text("__pycache__/\ncdk.out/\nlocal.env\n.batchwright/\n", encoding="ascii")
    project.git("init", "--quiet")
    project.commit("the samples")
    return project


@pytest.fixture(scope="module")
def us(console: Console, samples: Project) -> Console:
    """The samples' folder."""
    return replace(
        console, folder=samples.folder, environment={**console.environment, "BATCHWRIGHT_PROJECT": "batches"}
    )


@pytest.fixture(scope="module")
def executions(account: Account) -> Executions:
    return Executions(account.client("stepfunctions"))


@pytest.fixture(scope="module", autouse=True)
def base(machine: Machine, engine: str) -> None:
    """The image that those of the samples are built on."""
    context, source = machine.folder / "python", machine.folder / "nothing"
    for folder in (context, source):
        folder.mkdir()
    (context / "python.tar").write_bytes(python_rootfs(*IMPORTED, source=source))
    busybox = shutil.which("busybox")
    assert busybox
    shutil.copy(busybox, context / "busybox")
    install = 'RUN ["/bin/busybox", "--install", "-s", "/bin"]'
    lines = ["FROM scratch", "ADD python.tar /", "COPY busybox /bin/", install, "RUN mkdir -m 1777 /tmp", *CHANGES]
    (context / "Dockerfile").write_text("\n".join(lines))
    subprocess.run(["docker", f"--host={engine}", "build", "--quiet", "--tag", BASE, str(context)], check=True)
    (context / "python.tar").unlink()


def states_in(file: Path) -> dict[str, str]:
    """Step to what became of it, of a result file."""
    return {step["step"]: step["state"] for step in json.loads(file.read_text(encoding="utf-8"))["steps"]}


def last_step(done: Done) -> list[str]:
    """What the workflow's last step printed, without the day."""
    return [line.split(" | ")[1] for line in done.lines if line.startswith("sales-notice | ")]


def test_the_workflow_is_deployed_after_the_stacks_of_its_steps(us: Console, executions: Executions) -> None:
    us.run("cdk", "bootstrap", *STAGING, *QUIET)
    us.run(*DEPLOY, "batches-staging-nightly", *STAGING)

    deployed = executions.states.list_state_machines()["stateMachines"]
    names = {machine["name"].removeprefix("batches-staging-") for machine in deployed}
    assert names >= {"nightly", *WELL}


def test_images_are_released(us: Console) -> None:
    for image, folder in (("sales", "sales_summary"), ("db-cleanup", "db_cleanup")):
        us.run("batchwright", "image", "push", image, f"batches/{folder}", "--release", "staging")


@pytest.mark.parametrize("password", [RIGHT, WRONG], ids=["all is well", "a step fails"])
def test_it_ends_the_same_in_all_three_ways(us: Console, executions: Executions, password: str) -> None:
    code, states = WAYS[password]
    us.run("batchwright", "params", "set", "db-cleanup", "DB_PASSWORD", "-s", "staging", given=password)
    (us.folder / "batches/db_cleanup/local.env").write_text(f"DB_PASSWORD={password}\n", encoding="ascii")

    started = executions.states.start_execution(stateMachineArn=NIGHTLY, name=f"by-the-machine-{code}", input="{}")
    by_the_machine = executions.until(started["executionArn"])
    remote = us.run("batchwright", "run", "nightly", "-s", "staging", "--result", "remote.json", code=code)
    local = us.run("batchwright", "run", "nightly", "--local", "--result", "local.json", code=code)

    assert by_the_machine.get("error", "Batchwright.Exit0") == f"Batchwright.Exit{code}"
    assert ends_of(by_the_machine) == states_in(us.folder / "remote.json") == states_in(us.folder / "local.json")
    assert ends_of(by_the_machine) == states
    assert remote.last.partition(" (")[0] == local.last.partition(" (")[0]
    assert len(last_step(remote)) == 1 + code
    assert [line.replace("…", "") for line in last_step(remote)] == last_step(local)


def ends_of(execution: Mapping[str, Any]) -> dict[str, str]:
    """Step to what became of it, of an execution that has ended."""
    outcome = json.loads(execution["cause"] if "error" in execution else execution["output"])
    return {end["step"]: end["status"] for end in outcome["ends"]}


def test_it_is_in_the_catalog_and_the_calendar(us: Console) -> None:
    us.run("batchwright", "catalog", "-s", "staging", "-o", "site")

    for page in ("index.html", "calendar.html"):
        assert "workflow/nightly.html" in (us.folder / "site" / page).read_text(encoding="utf-8")


def test_nothing_of_it_is_left(us: Console, executions: Executions) -> None:
    us.run("cdk", "destroy", "--all", "--force", *STAGING, *QUIET)

    assert executions.states.list_state_machines()["stateMachines"] == []
