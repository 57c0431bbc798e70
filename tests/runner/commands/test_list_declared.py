"""``batchwright list`` in a project's folder: what is deployed and not declared there any more is marked."""

import json
from pathlib import Path

import pytest

from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import sample_manifest
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
    make_project(folder, *(declared(one) for one in batches))
    context = {"project": name, "stages": {stage: {}}}
    (folder / "cdk.json").write_text(json.dumps({"app": "python app.py", "context": context}))


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

    assert [(one["batch"], one["declared"]) for one in json.loads(done.text)] == [
        ("daily-report", True),
        ("old-report", False),
    ]


def test_what_is_declared_and_not_deployed_is_said(deployed: AwsServer, tmp_path: Path) -> None:
    project(tmp_path, "daily-report", "old-report", "new-report")

    done = batchwright(deployed, tmp_path, "list", "-s", "staging")

    assert "DECLARED" not in done.text
    assert "batchwright: declared here and not deployed: new-report\n" in done.err


@pytest.mark.parametrize("changes", [{"name": "other"}, {"stage": "production"}])
def test_another_project_or_stage_is_not_compared(deployed: AwsServer, tmp_path: Path, changes: dict[str, str]) -> None:
    project(tmp_path, "daily-report", **changes)

    done = batchwright(deployed, tmp_path, "list", "-s", "staging", env={"BATCHWRIGHT_PROJECT": "batches"})

    assert "DECLARED" not in done.text
    assert "declared" not in done.err
    assert not (tmp_path / "synthesized").exists()


def test_without_a_project_nothing_is_compared(deployed: AwsServer, tmp_path: Path) -> None:
    done = batchwright(deployed, tmp_path, "list", "-s", "staging", "--json")

    assert "declared" not in json.loads(done.text)[0]


def test_a_project_that_cannot_be_synthesized_hides_nothing(deployed: AwsServer, tmp_path: Path) -> None:
    project(tmp_path, "daily-report")
    (tmp_path / "app.py").write_text("raise SystemExit('no batches today')")

    done = batchwright(deployed, tmp_path, "list", "-s", "staging")

    assert (done.code, len(done.text.splitlines())) == (0, 3)
    assert "what this project declares is not compared: the batches cannot be synthesized" in done.err
    assert "no batches today" in done.err
