"""``batchwright params diff`` as installed, against a server."""

import json
from pathlib import Path

import pytest

from batchwright.iam import run_policies
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.values import fingerprint
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import ACCOUNT, REGION, sample_manifest
from tests.kit.account import batchwright
from tests.kit.command import Done
from tests.kit.grants import PLACE

SSM = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter"
CANARY = "canary-c2VjcmV0-9876543210"
STAGES = ("staging", "production")


def deploy_stage(aws: AwsServer, stage: str, batch: str = "report", declared_to: str = "") -> None:
    own, shared = f"/batches/{stage}/{batch}", f"/batches/{stage}/shared"
    manifest = sample_manifest(
        batch,
        stage=stage,
        cluster=f"batches-{stage}",
        task_definition=f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/batches-{stage}-{batch}:3",
        parameters={"TO": fingerprint(declared_to) if declared_to else "", "LEVEL": ""},
        secrets=("DB_PASSWORD", "API_TOKEN"),
        key=f"alias/batches-{stage}",
    )
    paths = (f"{own}/TO", f"{shared}/LEVEL", f"{own}/DB_PASSWORD", f"{shared}/API_TOKEN")
    aws.deploy(manifest, secrets={"main": {path.rpartition("/")[2]: f"{SSM}{path}" for path in paths}})
    if declared_to:
        aws.put_parameter(f"{own}/TO", declared_to)


@pytest.fixture
def account(aws: AwsServer) -> AwsServer:
    deploy_stage(aws, "staging", declared_to="dev@example.com")
    deploy_stage(aws, "production", declared_to="all@example.com")
    for stage in STAGES:
        aws.put_parameter(f"/batches/{stage}/shared/LEVEL", "info")
        aws.put_parameter(f"/batches/{stage}/shared/API_TOKEN", f"{CANARY}-{stage}", "SecureString")
    aws.put_parameter("/batches/staging/report/DB_PASSWORD", CANARY, "SecureString")
    return aws


def diff(aws: AwsServer, folder: Path, *words: str) -> Done:
    return batchwright(aws, folder, "params", "diff", *words, stdin=b"")


def states(done: Done) -> dict[str, str]:
    return {pair["name"]: pair["state"] for pair in json.loads(done.text)}


def test_a_value_that_neither_has_is_no_difference_and_no_success(account: AwsServer, tmp_path: Path) -> None:
    del account.world.parameters["/batches/staging/report/DB_PASSWORD"]

    done = diff(account, tmp_path, *STAGES)

    assert done.code == 1
    assert "2 of 4 values differ between staging and production, and 1 is missing in both" in done.err


def test_diff_shows_what_differs_and_exits_with_1(account: AwsServer, tmp_path: Path) -> None:
    done = diff(account, tmp_path, *STAGES)

    assert done.code == 1
    shown = [line.split("  ")[0] for line in done.lines]
    assert shown == ["NAME", "report/DB_PASSWORD", "report/TO", "shared/API_TOKEN"]
    assert "missing in production" in done.text
    assert "dev@example.com" in done.text
    assert "3 of 4 values differ between staging and production" in done.err
    assert CANARY not in done.both


def test_diff_of_a_batch_of_one_stage_reads_what_the_other_has_of_its_values(
    account: AwsServer, tmp_path: Path
) -> None:
    deploy_stage(account, "staging", batch="new-report", declared_to="dev@example.com")

    found = states(diff(account, tmp_path, *STAGES, "new-report", "--all", "--json"))

    assert (found["shared/LEVEL"], found["shared/API_TOKEN"]) == ("same", "different")
    assert found["new-report/TO"] == "declared in staging only"


def test_diff_of_equal_stages_exits_with_0(account: AwsServer, tmp_path: Path) -> None:
    done = diff(account, tmp_path, *STAGES, "--shared", "--all", "--json")
    account.put_parameter("/batches/production/shared/API_TOKEN", f"{CANARY}-staging", "SecureString")
    same = diff(account, tmp_path, *STAGES, "--shared", "--all", "--json")

    assert (done.code, same.code) == (1, 0)
    assert states(same) == {"shared/API_TOKEN": "same", "shared/LEVEL": "same"}
    assert json.loads(same.text)[1]["values"] == {"staging": "info", "production": "info"}
    assert CANARY not in done.both + same.both


def test_diff_without_the_right_to_decrypt_says_what_was_not_compared(account: AwsServer, tmp_path: Path) -> None:
    rights = [run_policies.operate(PLACE, StageNames("batches", stage), key="", repositories=[]) for stage in STAGES]
    account.limit([statement for statements in rights for statement in statements], {})

    done = diff(account, tmp_path, *STAGES)

    assert done.code == 1
    assert "not compared, as this caller may not read them: shared/API_TOKEN" in done.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("staging", "staging"), "staging was given twice"),
        ((*STAGES, "repotr"), "Did you mean report?"),
        (("staging", "Prod"), "no stage can be called 'Prod'"),
        (("staging", "prodution"), "nothing is compared: stage prodution has no batches. There are no batches in acc"),
        (("prodution", "staging"), "nothing is compared: stage prodution has no batches. There are no batches in acc"),
    ],
)
def test_diff_of_nothing_is_refused(account: AwsServer, tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    done = diff(account, tmp_path, *words)

    assert done.code == 2
    assert message in done.err
