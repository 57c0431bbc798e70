"""Tags from their declaration, wherever it is, to the tasks: of the runner, and of a machine."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from aws_cdk import Stack, Tags

from batchwright import Fargate
from batchwright_runner.contract.manifest import BatchManifest
from tests.fake_aws import AwsServer, Script
from tests.kit.account import batchwright
from tests.kit.processes import wait_until
from tests.kit.scripted_ecs import Sync
from tests.library.automation.support import text
from tests.library.support import STAGING, app, batch, only, platform, published_manifest
from tests.soak.machines import Run

DEFINITION = "arn:aws:ecs:ap-northeast-1:111111111111:task-definition/batches-staging-report:3"
OURS = {
    "batchwright:project": "batches",
    "batchwright:stage": "staging",
    "batchwright:batch": "report",
    "batchwright:owner": "R_D",
}
THEIRS = {"app": "a", "stack": "s", "batch": "b", "declared": "d", "both": "of the aspect"}


@pytest.fixture(scope="module")
def declared() -> tuple[Mapping[str, str], BatchManifest, Mapping[str, Any]]:
    """The tags that CloudFormation gives the task definition, the manifest, and the machine."""
    home = app()
    theirs = Stack(home, "stack", env=STAGING, tags={"stack": "s", "both": "of the stack"})
    declared_batch = batch(
        theirs,
        platform(theirs),
        owner="R&D",
        scheduler="aws",
        fargate=Fargate(tags={"declared": "d", "both": "of the declaration"}),
    )
    Tags.of(home).add("app", "a")
    Tags.of(declared_batch).add("batch", "b")
    Tags.of(declared_batch).add("both", "of the aspect")
    (artifact,) = [artifact for artifact in home.synth().stacks if artifact.stack_name == "stack"]
    own = {tag["Key"]: tag["Value"] for tag in only(artifact.template, "AWS::ECS::TaskDefinition")["Tags"]}
    manifest = BatchManifest.from_dict({**published_manifest(artifact.template), "task_definition": DEFINITION})
    machine = json.loads(text(only(artifact.template, "AWS::StepFunctions::StateMachine")["DefinitionString"]))
    return {**artifact.tags, **own}, manifest, machine


def tags_of(aws: AwsServer) -> dict[str, str]:
    (task,) = aws.world.tasks.values()
    return {tag["key"]: tag["value"] for tag in task.tags}


def test_all_tags_reach_a_task_that_the_runner_starts(declared: Any, tmp_path: Path) -> None:  # noqa: ANN401 - as above
    tags, manifest, _ = declared
    with AwsServer(region="ap-northeast-1") as aws:
        aws.deploy(manifest, Script(), tags=tags)

        done = batchwright(aws, tmp_path, "run", "report", "-s", "staging", "--run-id", "night")

        assert done.code == 0, done.err
        assert tags_of(aws) == {**OURS, **THEIRS}


def test_all_tags_reach_a_task_that_a_machine_starts(declared: Any) -> None:  # noqa: ANN401 - as above
    tags, manifest, machine = declared
    with AwsServer(region="ap-northeast-1") as aws:
        aws.deploy(manifest, Script(runs=60), tags=tags)
        run = Run(aws, manifest, machine, get_args(Sync)[0], "night", lambda _: "")
        run.start()
        wait_until(lambda: aws.world.tasks)

        assert tags_of(aws) == {**OURS, **THEIRS}
        run.finish()
