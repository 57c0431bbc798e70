"""``batchwright verify`` of workflows: a fault in each of what is looked at, and no other."""

import json
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.contract.pauses import Pause
from tests.fake_aws import AwsServer, faults
from tests.fake_aws.fixtures import ACCOUNT, REGION
from tests.kit.account import batchwright
from tests.kit.rows import each_row
from tests.runner.host.verify.stage import deploy, push

MACHINES = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:batches-staging"
RECORD = "/batches/staging/manifests"
DATA: dict[str, Any] = {
    "schema": 1,
    "kind": "workflow",
    "project": "batches",
    "stage": "staging",
    "name": "nightly",
    "owner": "sre",
    "machine": f"{MACHINES}-nightly",
    "schedule": "30 2 * * * Asia/Tokyo",
    "scheduler": "rundeck",
    "steps": ["load", {"parallel": [["check"], [{"step": "again", "batch": "load"}]]}],
}


@pytest.fixture
def stage(aws: AwsServer) -> AwsServer:
    """A stage in which all is well, with a workflow."""
    push(aws)
    for name in ("load", "check", "other"):
        batch(aws, name)
    publish(aws)
    return aws


def batch(aws: AwsServer, name: str, **more: Any) -> None:  # noqa: ANN401 - any field
    deploy(aws, name, **{"machine": f"{MACHINES}-{name}", **more})
    aws.world.machine_states[f"{MACHINES}-{name}"] = "ACTIVE"


def publish(aws: AwsServer, **changes: object) -> None:
    data = {**DATA, **changes}
    aws.put_parameter(f"{RECORD}/{data['name']}", json.dumps(data))
    aws.world.machine_states[str(data["machine"])] = "ACTIVE"


def pause(aws: AwsServer, name: str) -> None:
    aws.put_parameter(f"/batches/staging/paused/{name}", Pause(reason="a look").to_json())


def weekly(aws: AwsServer) -> None:
    batch(aws, "check", overlap="forbid")
    publish(aws, name="weekly", machine=f"{MACHINES}-weekly", steps=["check"])


def gone(aws: AwsServer, name: str) -> None:
    del aws.world.machine_states[f"{MACHINES}-{name}"]


def test_a_stage_and_a_workflow_in_which_all_is_well(stage: AwsServer, tmp_path: Path) -> None:
    whole = batchwright(stage, tmp_path, "verify", "-s", "staging")
    done = batchwright(stage, tmp_path, "verify", "nightly", "-s", "staging")
    found = json.loads(batchwright(stage, tmp_path, "verify", "nightly", "-s", "staging", "--json").text)

    assert (whole.code, whole.text) == (0, "check: ok\nload: ok\nother: ok\nnightly: ok\n")
    assert (done.code, done.text) == (0, "check: ok\nload: ok\nnightly: ok\n")
    assert "batchwright: 3 batches, 1 workflow: " in whole.err
    checks = [finding["check"] for finding in found if finding.get("workflow") == "nightly"]
    assert checks == ["schedule", "steps", "pauses", "other starters"]


@each_row("planted expected message", __file__, "workflows")
def test_a_fault_is_found_and_no_other(
    stage: AwsServer, tmp_path: Path, planted: str, expected: str, message: str
) -> None:
    eval(planted, {**globals(), "aws": stage})

    done = batchwright(stage, tmp_path, "verify", "-s", "staging", "--json")

    of_it = [finding for finding in json.loads(done.text) if finding.get("workflow") == "nightly"]
    found = [finding for finding in of_it if finding["status"] != "ok"]
    assert [f"{finding['status']}: {finding['check']}" for finding in found] == [expected]
    assert message in found[0]["what"]
    assert done.code == expected.startswith("fail")


def test_what_is_left_to_do_in_a_declaration_is_a_warning(stage: AwsServer, tmp_path: Path) -> None:
    batch(stage, "load", unfinished="retry")
    publish(stage, unfinished="load: retry")

    done = batchwright(stage, tmp_path, "verify", "-s", "staging")

    assert done.code == 0
    assert all(f"it is unfinished: {what}" in done.text for what in ("retry", "load: retry"))
    assert done.text.count("delete unfinished= in the declaration") == 2


def test_a_workflow_that_was_left_when_the_last_was_removed_fails_with_the_command_that_ends_it(
    stage: AwsServer, tmp_path: Path
) -> None:
    for name in ("load", "check", "other"):
        batch(stage, name, machine="")
    stage.put_parameter(f"{RECORD}/broken", "{}")

    for words in (("verify",), ("verify", "nightly")):
        done = batchwright(stage, tmp_path, *words, "-s", "staging")

        assert done.code == 1
        assert "no batch of the stage has a machine, as no project has a workflow here any more" in done.text
        assert done.text.count("delete-stack") == 1
        assert f"aws cloudformation delete-stack --stack-name batches-staging-nightly --region {REGION}" in done.text


def test_a_stage_without_workflows_is_verified_without_a_right_to_see_any(stage: AwsServer, tmp_path: Path) -> None:
    for name in ("load", "check", "other"):
        batch(stage, name, machine="")
    del stage.world.parameters[f"{RECORD}/nightly"]
    stage.faults("GetParametersByPath", faults.access_denied(skip=1))

    done = batchwright(stage, tmp_path, "verify", "-s", "staging")

    assert (done.code, done.text) == (0, "check: ok\nload: ok\nother: ok\n")
