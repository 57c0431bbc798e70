"""Many batches from one table: a function ``batches()`` in a ``batch.py``."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import cx_api

from batchwright import BatchApp
from batchwright.app.discovery import find_batches
from batchwright.testing import Template, resources
from tests.kit.command import COMMAND, environment
from tests.library.batch_app.broken import CONTEXT, PRODUCTION
from tests.library.support import batches_of_another_project

TABLE = """\
from aws_cdk import aws_iam as iam

from batchwright import Existing, FargateBatch

TASKS = [f"task-{n:02}" for n in range(4)]


def batches(scope, platform):
    account = platform.choose(default="111111111111", production="222222222222")
    role = iam.Role.from_role_arn(platform, "Rails", f"arn:aws:iam::{account}:role/rails")
    rails = Existing(task_role=role)
    for name in TASKS:
        if name == "task-03" and platform.stage == "staging":
            continue
        yield FargateBatch(
            scope,
            name,
            platform=platform,
            owner="shop",
            description=f"Runs {name}.",
            image="rails",
            pushed_by="github:acme/rails@main",
            command=["python", "task.py", name],
            secrets=["DATABASE_URL"],
            existing=rails,
        )
"""
APP = "from pathlib import Path\n\nfrom batchwright import BatchApp\n\nBatchApp.run(Path(__file__).parent)\n"
TASK = "import os, sys\nprint('rake', sys.argv[1], os.environ['DATABASE_URL'])\nsys.exit(3)\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("rails")
    context = {**CONTEXT, "stages": {**CONTEXT["stages"], "production": PRODUCTION}}
    texts = {
        "cdk.json": json.dumps({"app": "python app.py", "context": context}),
        "app.py": APP,
        "batches/__init__.py": "",
        "batches/rails/__init__.py": "",
        "batches/rails/batch.py": TABLE,
        "batches/rails/local.env": "DATABASE_URL=mysql://here\n",
        "batches/rails/app/task.py": TASK,
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def run(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [str(COMMAND), *arguments]
    return subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=False, env=environment(), timeout=120
    )


@pytest.fixture(scope="module")
def assembly(root: Path) -> cx_api.CloudAssembly:
    with batches_of_another_project():
        context = json.loads((root / "cdk.json").read_text())["context"]
        declarations = find_batches(root)
        return BatchApp(root, context=context, outdir=str(root / "out"), batches=declarations).synth()


def template(assembly: cx_api.CloudAssembly, name: str) -> Template:
    content: dict[str, Any] = assembly.get_stack_by_name(name).template
    return content


def test_each_has_its_own_stack_in_each_stage_that_the_function_makes_it_for(assembly: cx_api.CloudAssembly) -> None:
    names = {stack.stack_name for stack in assembly.stacks}

    assert {f"nightly-production-task-{n:02}" for n in range(4)} <= names
    assert {f"nightly-staging-task-{n:02}" for n in range(3)} <= names
    assert "nightly-staging-task-03" not in names


def test_they_share_one_image_one_publisher_and_one_role(assembly: cx_api.CloudAssembly) -> None:
    registry = template(assembly, "nightly-registry")

    assert [repository["RepositoryName"] for repository in resources(registry, "AWS::ECR::Repository")] == [
        "nightly/rails"
    ]
    assert [role["RoleName"] for role in resources(registry, "AWS::IAM::Role")] == ["nightly-rails-push"]
    (task,) = resources(template(assembly, "nightly-staging-task-01"), "AWS::ECS::TaskDefinition")
    assert task["TaskRoleArn"] == "arn:aws:iam::111111111111:role/rails"
    assert task["ContainerDefinitions"][0]["Command"] == ["python", "task.py", "task-01"]


def test_the_folder_of_the_table_is_theirs(assembly: cx_api.CloudAssembly) -> None:
    read = json.loads(Path(assembly.directory, "batches", "staging", "task-01.json").read_text(encoding="utf-8"))

    assert (read["package"], read["source"]) == ("batches/rails", "batches/rails/app")


def test_they_are_listed_and_run_here_as_any_other(root: Path) -> None:
    listed = run(root, "list", "--local")
    ran = run(root, "run", "task-03", "--local")

    assert listed.stdout.count("Runs task-") == 4
    assert (ran.returncode, ran.stdout) == (3, "rake task-03 mysql://here\n")
