"""``batchwright list`` in a project's folder: what is deployed and not declared there any more is marked."""

import json
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.contract.last import Last
from batchwright_runner.contract.project_pages import with_addresses
from tests.fake_aws import AwsServer, faults
from tests.fake_aws.fixtures import ACCOUNT, REGION, sample_manifest
from tests.fake_aws.services import states
from tests.kit.account import batchwright
from tests.kit.projects import declared, make_project

LEFT = "batchwright: deployed and not declared here: old-report\n"
WHAT_TO_DO = "docs/upgrading-and-leaving.md"


@pytest.fixture
def deployed(aws: AwsServer) -> AwsServer:
    """A stage that has a batch which the project has removed."""
    aws.deploy(sample_manifest("daily-report"))
    aws.deploy(sample_manifest("old-report"))
    return aws


def project(folder: Path, *batches: str, name: str = "batches", stage: str = "staging") -> None:
    """A project with these batches."""
    make_project(folder, *(declared(batch) for batch in batches), project=name, stages={stage: {}})


def test_what_is_deployed_and_not_declared_is_marked_and_the_page_is_named(deployed: AwsServer, tmp_path: Path) -> None:
    project(tmp_path, "daily-report")

    done = batchwright(deployed, tmp_path, "list", "-s", "staging")

    rows = [line.split()[:2] for line in done.text.splitlines()]
    assert rows == [["NAME", "DECLARED"], ["daily-report", "yes"], ["old-report", "no"]], done.err
    assert LEFT in done.err
    assert WHAT_TO_DO in done.err
    assert done.code == 0


def test_json_says_of_each_whether_it_is_declared(deployed: AwsServer, tmp_path: Path) -> None:
    project(tmp_path, "daily-report")

    done = batchwright(deployed, tmp_path, "list", "-s", "staging", "--json")

    assert [(batch["batch"], batch["declared"]) for batch in json.loads(done.text)] == [
        ("daily-report", True),
        ("old-report", False),
    ]


def test_what_is_declared_and_not_deployed_is_reported(deployed: AwsServer, tmp_path: Path) -> None:
    project(tmp_path, "daily-report", "old-report", "new-report")

    done = batchwright(deployed, tmp_path, "list", "-s", "staging")

    assert "DECLARED" not in done.text
    assert "batchwright: declared here and not deployed: new-report\n" in done.err


@pytest.mark.parametrize("refused", [False, True])
def test_how_the_last_run_ended_is_shown_where_the_alerts_know_it(
    deployed: AwsServer, tmp_path: Path, refused: bool
) -> None:
    last = Last(ended="2026-11-24T17:31:07Z", verdict="Batchwright.Exit3", code=3)
    deployed.put_table("batches-staging-alerts", {"kind": "record", "name": "daily-report", "last": last.to_json()})
    if refused:
        deployed.faults("BatchGetItem", faults.access_denied(None))

    done = batchwright(deployed, tmp_path, "list", "-s", "staging")
    found = json.loads(batchwright(deployed, tmp_path, "list", "-s", "staging", "--json").text)

    assert (done.code, "LAST RUN" in done.text, "exit 3, " in done.text) == (0, not refused, not refused)
    assert [batch["last"] and batch["last"]["verdict"] for batch in found] == [
        None if refused else "Batchwright.Exit3",
        None,
    ]


@pytest.mark.parametrize("changes", [{"name": "other"}, {"stage": "production"}])
def test_another_project_or_stage_is_not_compared(deployed: AwsServer, tmp_path: Path, changes: dict[str, str]) -> None:
    project(tmp_path, "daily-report", **changes)

    done = batchwright(deployed, tmp_path, "list", "-s", "staging", env={"BATCHWRIGHT_PROJECT": "batches"})

    assert "DECLARED" not in done.text
    assert "declared" not in done.err
    assert not (tmp_path / "synthesized").exists()


def test_without_a_project_nothing_is_compared(deployed: AwsServer, tmp_path: Path) -> None:
    done = batchwright(deployed, tmp_path, "list", "-s", "staging", "--json")

    assert json.loads(done.text)[0]["declared"] is None


def test_a_project_that_cannot_be_synthesized_hides_nothing(deployed: AwsServer, tmp_path: Path) -> None:
    project(tmp_path, "daily-report")
    (tmp_path / "app.py").write_text("raise SystemExit('no batches today')")

    done = batchwright(deployed, tmp_path, "list", "-s", "staging")

    assert (done.code, len(done.text.splitlines())) == (0, 3)
    assert "what this project declares is not known: the batches cannot be synthesized" in done.err
    assert "no batches today" in done.err


# Workflows whose stacks are left, where no batch has a machine any more.


@pytest.mark.parametrize(
    ("scheduler", "starts"), [("aws", ", and aws starts it\n"), ("", "\n")], ids=["scheduled", "by hand"]
)
def test_the_last_workflow_that_was_removed_is_named_with_the_command_that_ends_it(
    deployed: AwsServer, tmp_path: Path, scheduler: str, starts: str
) -> None:
    deployed.put_parameter("/batches/staging/manifests/nightly", json.dumps({**NIGHTLY, "scheduler": scheduler}))
    project(tmp_path, "daily-report", "old-report")

    done = batchwright(deployed, tmp_path, "list", "-s", "staging")

    assert done.code == 0
    assert any(line.startswith("nightly ") for line in done.text.splitlines())
    assert f"workflow nightly is deployed and not declared here: its machine stays{starts}" in done.err
    assert f"aws cloudformation delete-stack --stack-name batches-staging-nightly --region {REGION}" in done.err


def test_a_workflow_is_compared_with_a_project_alone(deployed: AwsServer, tmp_path: Path) -> None:
    deployed.put_parameter("/batches/staging/manifests/nightly", json.dumps(NIGHTLY))

    assert "nightly" not in batchwright(deployed, tmp_path, "list", "-s", "staging").err


NIGHTLY = {
    "schema": 1,
    "kind": "workflow",
    "project": "batches",
    "stage": "staging",
    "name": "nightly",
    "owner": "sre",
    "machine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:batches-staging-nightly",
    "schedule": "30 2 * * * Asia/Tokyo",
    "scheduler": "aws",
    "steps": ["daily-report"],
}

# Machines that the next deployment takes away.

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:batches-staging-daily-report"


@pytest.fixture
def with_machine(aws: AwsServer) -> AwsServer:
    """A stage that has a batch which AWS starts."""
    aws.deploy(sample_manifest("daily-report", machine=MACHINE, scheduler="aws"))
    return aws


def listed(aws: AwsServer, folder: Path, *batches: dict[str, Any]) -> str:
    """What is said in the folder of a project that declares these batches."""
    make_project(folder, *batches, project="batches", stages={"staging": {}})
    done = batchwright(aws, folder, "list", "-s", "staging")
    assert done.code == 0, done.err
    return done.err


STAYS = declared("daily-report", manifest={"machine": MACHINE})
RENAMED = declared("sales-report", manifest={"machine": MACHINE.replace("daily", "sales")})
BY_RUNDECK = declared("daily-report", manifest={"scheduler": "rundeck"})


@pytest.mark.parametrize(
    ("declaration", "why"),
    [(RENAMED, "it is not declared here"), (BY_RUNDECK, "AWS starts it no more")],
    ids=["renamed", "by"],
)
def test_runs_of_a_machine_that_goes_away_are_named(
    with_machine: AwsServer, tmp_path: Path, declaration: dict[str, Any], why: str
) -> None:
    states.begin(with_machine.world, MACHINE, "3f0c6a52")
    states.end(with_machine.world, states.begin(with_machine.world, MACHINE, "over"), "SUCCEEDED")

    remarks = listed(with_machine, tmp_path, declaration)

    page = with_addresses("docs/schedules.md#before-a")
    assert f"the next deployment deletes the machine of daily-report, as {why}: {page}" in remarks
    assert "run daily-report@3f0c6a52 is in progress since " in remarks
    assert "the deletion ends it at its next step, without a result: let it end, or stop it, and deploy then" in remarks
    assert "run over" not in remarks


def test_a_machine_that_goes_away_is_said_without_runs_too(with_machine: AwsServer, tmp_path: Path) -> None:
    remarks = listed(with_machine, tmp_path, BY_RUNDECK)

    assert "the next deployment deletes the machine of daily-report" in remarks
    assert "in progress" not in remarks


def test_of_many_runs_the_oldest_are_named(with_machine: AwsServer, tmp_path: Path) -> None:
    for number in range(12):
        states.begin(with_machine.world, MACHINE, f"run-{number:02}")

    remarks = listed(with_machine, tmp_path, BY_RUNDECK)

    assert "run daily-report@run-09 is in progress" in remarks
    assert "and 2 more" in remarks


def test_a_machine_that_stays_is_no_matter(with_machine: AwsServer, tmp_path: Path) -> None:
    states.begin(with_machine.world, MACHINE, "3f0c6a52")

    assert "machine" not in listed(with_machine, tmp_path, STAYS)


def test_whoever_may_not_see_its_runs_is_told(with_machine: AwsServer, tmp_path: Path) -> None:
    with_machine.faults("ListExecutions", faults.access_denied(times=None))

    remarks = listed(with_machine, tmp_path, BY_RUNDECK)

    assert "which runs of daily-report's machine are in progress cannot be seen: AccessDenied" in remarks
