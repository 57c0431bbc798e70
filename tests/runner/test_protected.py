"""A protected stage: what changes it by hand asks first; where no one can be asked, it refuses and names the flag."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import REGION
from tests.fake_aws.services.oci_registry import OciRegistry
from tests.kit.account import batchwright
from tests.kit.command import Done
from tests.runner.host.params.support import OWN, SECRETS, deploy
from tests.runner.host.params.support import reports as batches
from tests.runner.workbench.images.support import commit, reports

STAGE = ("-s", "staging")
SET = ("params", "set", "daily-report", "DB_PASSWORD", *STAGE)
CHANGES = {
    "release": (("release", "reports", "--tag", "sha-2", *STAGE), "reports was not released to staging", "PutImage"),
    "set": (SET, f"{OWN}/DB_PASSWORD was not set", "PutParameter"),
    "run": (("run", "daily-report", *STAGE, "--detach", "--", "true"), "daily-report was not started", "RunTask"),
}


@pytest.fixture
def stage(aws: AwsServer) -> Iterator[AwsServer]:
    """A protected stage, as one of its batches says, with a release and a second image."""
    with OciRegistry(aws.world.images):
        deploy(aws)
        aws.deploy(replace(batches()[0], protected=True), secrets=SECRETS["daily-report"])
        reports(aws).add_image("one", "sha-1", "stage-staging")
        reports(aws).add_image("two", "sha-2")
        yield aws


def call(stage: AwsServer, folder: Path, *words: str) -> Done:
    return batchwright(stage, folder, *words, stdin=b"x\n")


@pytest.mark.parametrize("verb", CHANGES)
def test_where_no_one_can_be_asked_the_flag_is_named_and_nothing_is_changed(
    stage: AwsServer, tmp_path: Path, verb: str
) -> None:
    words, said, operation = CHANGES[verb]

    done = call(stage, tmp_path, *words)

    assert done.code == 2
    why = "stage staging is protected, and stdin is not a terminal, so there is no one to ask. Add --yes"
    assert f"{said}: {why}" in done.err
    assert stage.calls_of(operation) == []


@pytest.mark.parametrize("verb", ["release", "set"])
def test_the_flag_answers(stage: AwsServer, tmp_path: Path, verb: str) -> None:
    words, _, operation = CHANGES[verb]

    done = call(stage, tmp_path, *words, "--yes")

    assert done.code == 0, done.err
    assert stage.calls_of(operation)


def test_a_run_with_another_command_starts_with_the_flag(stage: AwsServer, tmp_path: Path) -> None:
    done = call(stage, tmp_path, "run", "daily-report", *STAGE, "--detach", "--yes", "--", "true")

    assert done.code == 0, done.err


def test_what_changes_nothing_by_hand_does_not_ask(stage: AwsServer, tmp_path: Path) -> None:
    started = call(stage, tmp_path, "run", "daily-report", *STAGE, "--detach", "--run-id", "nightly")
    shown = call(stage, tmp_path, "run", "daily-report", *STAGE, "--dry-run", "--", "true")
    listed = call(stage, tmp_path, "params", "list", *STAGE)
    stopped = call(stage, tmp_path, "stop", "daily-report@nightly", *STAGE)

    assert [one.code for one in (started, shown, listed, stopped)] == [0, 0, 0, 0], stopped.err
    assert "Add --yes" not in stopped.err


def push(stage: AwsServer, folder: Path, *words: str) -> Done:
    """Pushes an image with its release, where an engine would leave a file."""
    (folder / "docker").write_text("#!/bin/sh\ntouch built\n")
    (folder / "docker").chmod(0o755)
    env = {"BATCHWRIGHT_REGISTRY": f"333333333333.dkr.ecr.{REGION}.amazonaws.com"}
    push_it = ("image", "push", "reports", "app", "--release", "staging", *words)
    return batchwright(stage, folder, *push_it, stdin=b"", path=str(folder), env=env)


def test_a_push_that_would_release_there_is_refused_before_it_builds(stage: AwsServer, tmp_path: Path) -> None:
    commit(tmp_path / "app", Dockerfile="FROM scratch\n")

    done = push(stage, tmp_path)

    assert (done.code, (tmp_path / "built").exists()) == (2, False)
    assert "reports was not pushed: stage staging is protected" in done.err


@pytest.mark.parametrize("release", [(), ("--yes",)])
def test_a_folder_that_is_no_commit_is_not_pushed_for_it_whoever_agrees(
    stage: AwsServer, tmp_path: Path, release: tuple[str, ...]
) -> None:
    (tmp_path / "app").mkdir()

    done = push(stage, tmp_path, "--allow-dirty", *release)

    assert (done.code, (tmp_path / "built").exists()) == (2, False)
    assert "is not released to staging: the stage is protected, and the image was not built from a commit" in done.err


@pytest.mark.parametrize(
    ("tags", "words", "code"),
    [
        (["dirty-0123"], ["release", "reports", "--tag", "dirty-0123"], 2),
        (["dirty-0123", "stage-production"], ["release", "reports", "--from", "production"], 2),
        # The same image, of a commit too, or under a tag of the house's.
        (["dirty-0123", "sha-3"], ["release", "reports", "--tag", "dirty-0123"], 0),
        (["dirty-0123", "sha-3", "stage-production"], ["release", "reports", "--from", "production"], 0),
    ],
)
def test_an_image_that_is_of_no_commit_is_not_released_there(
    stage: AwsServer, tmp_path: Path, tags: list[str], words: list[str], code: int
) -> None:
    before = reports(stage).tags["stage-staging"]
    reports(stage).add_image("three", *tags)

    done = call(stage, tmp_path, *words, *STAGE, "--yes")

    assert done.code == code, done.err
    assert ("reports:dirty-0123 is not released to staging: the stage is protected" in done.err) is (code == 2)
    assert (reports(stage).tags["stage-staging"] != before) is (code == 0)


def test_a_value_is_deleted_only_with_an_answer(stage: AwsServer, tmp_path: Path) -> None:
    stage.put_parameter(f"{OWN}/DB_PASSWORD", "x", "SecureString")

    assert "Add --yes" in call(stage, tmp_path, "params", "unset", "daily-report", "DB_PASSWORD", *STAGE).err
    assert stage.calls_of("DeleteParameter") == []
