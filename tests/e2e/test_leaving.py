"""Leaving in a day, as its page says: no library deploys ``cdk.out``, and no runner runs the batch."""

import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.conftest import Machine, copied_project
from tests.e2e.console import Console
from tests.e2e.places import INSTALLED, REGISTRY, ROOT
from tests.kit.command import Done
from tests.kit.pages import blocks

PAGE = (ROOT / "docs/upgrading-and-leaving.md").read_text(encoding="utf-8")
RUN, DEPLOY = blocks(PAGE.partition("## Leaving in a day")[2], "sh")
AWS = f'#!/bin/sh\nexec env PYTHONPATH={ROOT} {sys.executable} -m tests.e2e.aws_cli "$@"\n'


@pytest.fixture(scope="module")
def us(console: Console, machine: Machine) -> Console:
    """A folder with the last synthesis, on a machine that has neither the library nor the runner nor the CDK."""
    project = copied_project(machine.folder / "leaving", "tests/e2e/project")
    project.replace("cdk.json", '"project": "journey"', '"project": "leaving"')
    named = {**console.environment, "BATCHWRIGHT_PROJECT": "leaving", "CDK_OUTDIR": "cdk.out"}
    replace(console, folder=project.folder, environment=named).run(str(INSTALLED / "installed/bin/python"), "app.py")
    programs = machine.folder / "leaving-bin"
    programs.mkdir()
    (programs / "aws").write_text(AWS, encoding="utf-8")
    (programs / "aws").chmod(0o755)
    path = f"{programs}:/usr/bin:/bin:/usr/sbin:/sbin"
    assert not [name for name in ("batchwright", "cdk") if shutil.which(name, path=path)]
    kept = {name: value for name, value in console.environment.items() if name.startswith(("AWS_", "DOCKER_", "HOME"))}
    return Console(project.folder, {**kept, "PATH": path})


def as_the_page_says(us: Console, block: str, *, stack: str = "leaving-staging-report") -> Done:
    """Runs the commands of a block, with our names in the place of the page's."""
    ours = block.replace("stack=batches-staging-daily-report", f"stack={stack}").replace("daily-report", "report")
    return us.run("sh", "-eu", "-c", ours.replace("batches", "leaving"))


def test_the_templates_are_deployed_by_cloudformation_alone(us: Console) -> None:
    (version,) = re.findall(r"`(aws ssm put-parameter .*)`", PAGE)
    us.run("sh", "-c", f"{version} --overwrite")  # other tests may have bootstrapped the account
    for stack in ("leaving-registry", "leaving-staging-platform", "leaving-staging-report"):
        as_the_page_says(us, DEPLOY, stack=stack)


def test_a_batch_runs_without_the_runner(us: Console) -> None:
    image = f"{REGISTRY}/leaving/report:stage-staging"
    us.run("docker", "build", "--quiet", "--tag", image, str(Path("batches/report")))
    us.run("docker", "push", "--quiet", image)
    value = ("--type", "SecureString", "--key-id", "alias/leaving-staging", "--value", "four words of secret")
    us.run("aws", "ssm", "put-parameter", "--name", "/leaving/staging/report/TOKEN", *value)

    done = as_the_page_says(us, RUN)

    assert done.lines == ["image 1", "color blue", "recipient dev@example.com", "token of 20 characters", "0"]
