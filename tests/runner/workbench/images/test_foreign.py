"""Images whose repository something else manages: it has a name of its own, and may refuse."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from batchwright_runner.contract.manifest import ImageReference
from batchwright_runner.errors import UsageError
from batchwright_runner.host.aws.config import Target
from batchwright_runner.host.images.open import locate
from tests.fake_aws import AwsServer, faults
from tests.fake_aws.fixtures import REGION, sample_manifest
from tests.fake_aws.services.image_store import Repository
from tests.kit.account import batchwright
from tests.runner.workbench.images.support import COMMIT, REGISTRY, Bench

OURS = Target(project="batches", account="333333333333", region="eu-west-1", profile="registry")
THEIRS = "444444444444.dkr.ecr.us-west-2.amazonaws.com"
NOTHING: Mapping[str, str] = {}
CDK_JSON = {
    "app": "python app.py",
    "context": {
        "registry": {
            "account": "333333333333",
            "region": "eu-west-1",
            "images": {"reports": {"repository": "acme/reports", "managed": False}},
        }
    },
}


def foreign(aws: AwsServer) -> Repository:
    return aws.world.images.repository("acme/reports")


@pytest.fixture
def theirs(stage: AwsServer) -> AwsServer:
    """A stage whose batches run an image of a repository with a name of its own."""
    del stage.world.images.repositories["batches/reports"]
    image = ImageReference(name="reports", repository=f"{REGISTRY}/acme/reports", tag="stage-staging")
    for batch in ("daily-report", "weekly-report"):
        stage.deploy(sample_manifest(batch, image=image))
    foreign(stage)
    return stage


def test_a_release_and_a_rollback_find_it_in_the_manifests(theirs: AwsServer, tmp_path: Path) -> None:
    first = foreign(theirs).add_image("one", "sha-1")
    foreign(theirs).add_image("two", "sha-2")

    done = batchwright(theirs, tmp_path, "release", "reports", "--tag", "sha-1", "-s", "staging")
    batchwright(theirs, tmp_path, "release", "reports", "--tag", "sha-2", "-s", "staging")
    back = batchwright(theirs, tmp_path, "rollback", "reports", "-s", "staging")

    assert (done.code, done.text) == (0, f"{REGISTRY}/acme/reports@{first}\n"), done.err
    assert back.code == 0, back.err
    assert foreign(theirs).tags["stage-staging"] == first


@pytest.mark.parametrize("name", ["acme/reports", f"{REGISTRY}/acme/reports"])
def test_a_push_and_a_list_find_it_in_batchwright_toml(
    theirs: AwsServer, bench: Bench, tmp_path: Path, name: str
) -> None:
    (tmp_path / "batchwright.toml").write_text(
        f'[registry]\naccount = "333333333333"\nregion = "{REGION}"\n[registry.images]\nreports = "{name}"\n'
    )

    pushed = bench.push()
    listed = batchwright(theirs, tmp_path, "image", "list", "reports")

    assert (pushed.code, pushed.text) == (0, f"{REGISTRY}/acme/reports:sha-{COMMIT[:12]}\n"), pushed.err
    assert f"sha-{COMMIT[:12]}" in listed.text, listed.err


def test_a_list_finds_it_and_the_registry_in_cdk_json(theirs: AwsServer, tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text(json.dumps(CDK_JSON))
    (tmp_path / "batches").mkdir()
    foreign(theirs).add_image("one", "sha-1")

    done = batchwright(theirs, tmp_path / "batches", "image", "list", "reports")

    assert "sha-1" in done.text, done.err


def test_a_right_that_is_missing_is_named(theirs: AwsServer, tmp_path: Path) -> None:
    foreign(theirs).add_image("one", "sha-1")
    theirs.faults("PutImage", faults.access_denied())

    done = batchwright(theirs, tmp_path, "release", "reports", "--tag", "sha-1", "-s", "staging")

    assert done.code == 125
    assert "The caller's role needs ecr:PutImage on acme/reports. " in done.err
    assert "a repository of another account must allow it in its own policy too" in done.err


def test_tags_that_do_not_move_are_named(theirs: AwsServer, tmp_path: Path) -> None:
    foreign(theirs).add_image("one", "sha-1")
    theirs.faults("PutImage", faults.error("ImageTagAlreadyExistsException", "The tag is immutable."))

    done = batchwright(theirs, tmp_path, "release", "reports", "--tag", "sha-1", "-s", "staging")

    assert done.code == 125
    assert f"the tag stage-staging was not moved: the tags of {REGISTRY}/acme/reports are immutable" in done.err
    assert "make them IMMUTABLE_WITH_EXCLUSION, without stage-*" in done.err


def test_a_repository_that_does_not_exist_is_named_with_where_to_name_another(stage: AwsServer, tmp_path: Path) -> None:
    done = batchwright(stage, tmp_path, "image", "list", "rails", "--registry", REGISTRY)

    assert done.code == 2
    assert f"repository {REGISTRY}/batches/rails does not exist" in done.err
    assert "name it: registry.images in cdk.json or batchwright.toml" in done.err


def located(
    found: Target = OURS,
    *,
    given: bool = False,
    named: str = "",
    running: str = "",
    declared: Mapping[str, str] = NOTHING,
) -> tuple[str, str, str, str]:
    deployed = {"reports": running} if running else {}
    target, name = locate(found, "reports", given=given, named=named, deployed=deployed, declared=declared)
    return target.account, target.region, target.profile, name


def test_which_of_the_places_that_name_a_repository_holds() -> None:
    ours = (OURS.account, OURS.region, "registry")
    declared = {"reports": "c/reports"}

    assert located() == (*ours, "batches/reports")
    assert located(running=f"{REGISTRY}/batches/reports") == (*ours, "batches/reports")
    assert located(running=f"{REGISTRY}/b/reports", declared=declared) == (*ours, "b/reports")
    assert located(named="a/reports", running=f"{REGISTRY}/b/reports", declared=declared) == (*ours, "a/reports")
    assert located(declared=declared) == (*ours, "c/reports")
    assert located(running="ghcr.io/acme/reports") == (*ours, "batches/reports")


def test_a_repository_of_another_account_is_not_asked_with_the_registrys_credentials() -> None:
    assert located(named=f"{THEIRS}/a") == ("444444444444", "us-west-2", "", "a")
    assert located(running=f"{THEIRS}/a") == ("444444444444", "us-west-2", "", "a")
    assert located(running=f"{THEIRS}/a", given=True) == ("333333333333", "eu-west-1", "registry", "a")


def test_the_registry_is_that_of_cdk_json_where_nothing_else_says_it() -> None:
    nowhere = Target(project="batches")

    with pytest.raises(UsageError, match="the registry is not known"):
        located(nowhere)
