"""What is released: this commit's image, or what another stage runs; after a push, or by a command of its own."""

import json
from pathlib import Path

from tests.fake_aws import AwsServer
from tests.kit.account import batchwright
from tests.runner.workbench.images.support import RECORD, REGISTRY, TAG, Bench, commit, git, reports

FROM = ("release", "reports", "--from", "production", "-s", "staging")


def test_what_another_stage_runs_is_released_by_its_digest(stage: AwsServer, tmp_path: Path) -> None:
    digest = reports(stage).add_index("one", "sha-1", "stage-production")

    done = batchwright(stage, tmp_path, *FROM, "--json")

    assert done.code == 0, done.err
    assert reports(stage).tags["stage-staging"] == digest
    assert json.loads(done.text)["tag"] == "sha-1"
    assert json.loads(stage.world.parameters[RECORD].value)["digest"] == digest
    assert len(stage.calls_of("PutImage")) == 1


def test_its_record_has_the_digest_where_no_tag_of_a_commit_is_left(stage: AwsServer, tmp_path: Path) -> None:
    digest = reports(stage).add_image("one", "stage-production")

    assert batchwright(stage, tmp_path, *FROM).code == 0

    assert json.loads(stage.world.parameters[RECORD].value)["tag"] == digest


def test_a_stage_where_nothing_is_released_is_said_with_the_command(stage: AwsServer, tmp_path: Path) -> None:
    reports(stage).add_image("one", "sha-1")

    done = batchwright(stage, tmp_path, *FROM)

    assert done.code == 2
    assert (
        "reports is not released to staging: nothing of it is released in production, as "
        f"{REGISTRY}/batches/reports has no tag stage-production. Release it there first: "
        "batchwright release reports -s production"
    ) in done.err


def test_a_stage_is_not_released_from_itself_nor_from_an_unknown_one(stage: AwsServer, tmp_path: Path) -> None:
    (tmp_path / "batchwright.toml").write_text("[stages.staging]\n[stages.production]\n")

    itself = batchwright(stage, tmp_path, "release", "reports", "--from", "staging", "-s", "staging")
    unknown = batchwright(stage, tmp_path, "release", "reports", "--from", "productoin", "-s", "staging")
    both = batchwright(stage, tmp_path, *FROM, "--tag", "sha-1")

    assert (itself.code, unknown.code, both.code) == (2, 2, 2)
    assert "--from staging is the stage itself" in itself.err
    assert "Did you mean production?" in unknown.err
    assert "--from cannot be combined with --tag" in both.err
    assert stage.calls == []


def test_without_a_tag_it_is_this_commits(stage: AwsServer, tmp_path: Path) -> None:
    digits = commit(tmp_path, Dockerfile="FROM scratch\n")
    digest = reports(stage).add_image("one", f"sha-{digits[:12]}")
    tmp_path.joinpath("Dockerfile").write_text("FROM scratch\n# another\n")

    done = batchwright(stage, tmp_path, "release", "reports", "-s", "staging")

    assert done.code == 0, done.err
    assert reports(stage).tags["stage-staging"] == digest
    assert f"this commit is {digits[:12]}, without Dockerfile\n" in done.err


def test_this_commit_is_that_of_the_folder_that_the_image_is_built_from(stage: AwsServer, tmp_path: Path) -> None:
    digits = commit(tmp_path / "rails", Dockerfile="FROM scratch\n")
    reports(stage).add_image("one", f"sha-{digits[:12]}")
    (tmp_path / "batchwright.toml").write_text('[images.reports]\ncontext = "rails"\n')

    assert batchwright(stage, tmp_path, "release", "reports", "-s", "staging").code == 0


def test_a_commit_that_was_not_pushed_is_said_with_the_command(stage: AwsServer, tmp_path: Path) -> None:
    digits = commit(tmp_path, Dockerfile="FROM scratch\n")
    reports(stage).add_image("one", "sha-0123456789ab")

    done = batchwright(stage, tmp_path, "release", "reports", "-s", "staging")

    assert done.code == 2
    assert f"reports:sha-{digits[:12]} is not released: {REGISTRY}/batches/reports has no such tag." in done.err
    assert "This commit was not pushed: batchwright image push reports CONTEXT" in done.err


def test_without_a_commit_the_options_are_named_and_aws_is_not_asked(stage: AwsServer, tmp_path: Path) -> None:
    nowhere = batchwright(stage, tmp_path, "release", "reports", "-s", "staging")
    git(tmp_path, "init", "--quiet")
    empty = batchwright(stage, tmp_path, "release", "reports", "-s", "staging")

    assert (nowhere.code, empty.code) == (2, 2)
    assert "is not in a git repository. Give one: --tag TAG, or --from STAGE" in nowhere.err
    assert "is in a git repository without a commit. Give one: --tag TAG, or --from STAGE" in empty.err
    assert stage.calls == []


def test_a_push_may_release(stage: AwsServer, bench: Bench) -> None:
    done = bench.push("--release", "staging", "--json")

    assert done.code == 0, done.err
    assert reports(stage).tags["stage-staging"] == reports(stage).tags[TAG]
    data = json.loads(done.text)
    assert data["released"]["stage"] == "staging"
    assert data["released"]["digest"] == data["digest"]
    assert "used by the next run of: daily-report, weekly-report\n" in done.err


def test_a_push_that_cannot_be_released_builds_nothing(bench: Bench) -> None:
    (bench.folder / "batchwright.toml").write_text('[stages.staging]\naccount = "999999999999"\n')

    done = bench.push("--release", "staging")

    assert done.code == 125
    assert "wrong account" in done.err
    assert not (bench.folder / "log").exists() or not [
        command for command in bench.commands if "build" in command["words"]
    ]
