"""``batchwright release`` and ``rollback`` as installed, against a stage and a registry."""

import json
from pathlib import Path

import pytest

from tests.fake_aws import AwsServer, faults
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import batchwright
from tests.kit.command import Done
from tests.runner.workbench.images.support import RECORD, REGISTRY, reports


def release(aws: AwsServer, folder: Path, tag: str, *more: str) -> Done:
    return batchwright(aws, folder, "release", "reports", "--tag", tag, "-s", "staging", *more)


def rollback(aws: AwsServer, folder: Path, *more: str) -> Done:
    return batchwright(aws, folder, "rollback", "reports", "-s", "staging", *more)


def record(aws: AwsServer) -> dict[str, str]:
    found: dict[str, str] = json.loads(aws.world.parameters[RECORD].value)
    return found


def test_a_release_moves_the_tag_records_it_and_names_the_batches(stage: AwsServer, tmp_path: Path) -> None:
    digest = reports(stage).add_image("one", "sha-1")

    done = release(stage, tmp_path, "sha-1")

    assert (done.code, done.text) == (0, f"{REGISTRY}/batches/reports@{digest}\n")
    assert reports(stage).tags["stage-staging"] == digest
    assert "used by the next run of: daily-report, weekly-report\n" in done.err
    written = record(stage)
    assert written.pop("at").endswith("+00:00")
    assert written == {
        "image": "reports",
        "digest": digest,
        "tag": "sha-1",
        "by": "arn:aws:sts::111111111111:assumed-role/batches-runner/test",
        "kind": "release",
    }


def test_every_call_of_ecr_names_the_registrys_account_and_region(stage: AwsServer, tmp_path: Path) -> None:
    reports(stage).add_image("one", "sha-1")

    release(stage, tmp_path, "sha-1", "--registry", "333333333333.dkr.ecr.us-east-1.amazonaws.com")

    calls = [call for call in stage.calls if "registryId" in call.body]
    assert {call.operation for call in calls} == {"BatchGetImage", "PutImage", "GetDownloadUrlForLayer"}
    assert {(call.body["registryId"], call.region) for call in calls} == {("333333333333", "us-east-1")}


@pytest.mark.parametrize("kind", ["manifest", "index"])
def test_what_is_put_is_what_was_read_byte_for_byte(stage: AwsServer, tmp_path: Path, kind: str) -> None:
    made = reports(stage).add_image if kind == "manifest" else reports(stage).add_index
    digest = made("one", "sha-1")

    assert release(stage, tmp_path, "sha-1").code == 0

    (put,) = stage.calls_of("PutImage")
    assert put.body["imageManifest"].encode() == reports(stage).images[digest].body
    assert put.body["imageManifestMediaType"] == reports(stage).images[digest].media_type
    assert reports(stage).tags == {"sha-1": digest, "stage-staging": digest}


def test_what_runs_already_is_not_moved_and_what_ran_before_is_kept_under_previous(
    stage: AwsServer, tmp_path: Path
) -> None:
    first = reports(stage).add_image("one", "sha-1")
    reports(stage).add_image("two", "sha-2")
    release(stage, tmp_path, "sha-1")

    again = release(stage, tmp_path, "sha-1")

    assert again.code == 0
    assert "is already released to staging" in again.err
    assert len(stage.calls_of("PutImage")) == 1
    assert len(stage.world.versions[RECORD]) == 1
    other = release(stage, tmp_path, "sha-2", "--json")
    assert reports(stage).tags["stage-staging-previous"] == first
    assert json.loads(other.text)["before"] == first


def test_an_image_that_is_not_there_is_refused_with_near_tags(stage: AwsServer, tmp_path: Path) -> None:
    reports(stage).add_image("one", "sha-0123456789ab")

    done = release(stage, tmp_path, "sha-0123456789ac")

    assert done.code == 2
    assert "Did you mean sha-0123456789ab?" in done.err
    assert stage.calls_of("PutImage") == []


def test_an_image_for_another_cpu_is_refused_and_nothing_moves(stage: AwsServer, tmp_path: Path) -> None:
    reports(stage).add_image("one", "sha-1", architecture="arm64")

    done = release(stage, tmp_path, "sha-1")

    assert done.code == 2
    assert "built for ARM64, and does not fit daily-report (X86_64), weekly-report (X86_64)" in done.err
    assert "stage-staging" not in reports(stage).tags


def test_the_runners_image_must_serve_the_batches_whose_config_files_it_renders(
    stage: AwsServer, tmp_path: Path
) -> None:
    stage.deploy(sample_manifest("weekly-report", files_image="batchwright", architecture="ARM64"))
    stage.world.images.repository("batches/batchwright").add_image("one", "sha-1")
    stage.world.images.repository("batches/batchwright").add_index("both", "sha-2")

    unfit = batchwright(stage, tmp_path, "release", "batchwright", "--tag", "sha-1", "-s", "staging")
    fit = batchwright(stage, tmp_path, "release", "batchwright", "--tag", "sha-2", "-s", "staging")

    assert unfit.code == 2
    assert "built for X86_64, and does not fit weekly-report (ARM64)" in unfit.err
    assert "image push --architecture ARM64;" in unfit.err
    assert fit.code == 0, fit.err
    assert "used by the next run of: weekly-report\n" in fit.err


def test_a_stages_tag_is_no_tag_to_release(stage: AwsServer, tmp_path: Path) -> None:
    reports(stage).add_image("one", "sha-1", "stage-production")

    done = release(stage, tmp_path, "stage-production")

    assert done.code == 2


def test_a_record_that_cannot_be_written_is_said_and_the_next_release_writes_it(
    stage: AwsServer, tmp_path: Path
) -> None:
    reports(stage).add_image("one", "sha-1")
    stage.faults("PutParameter", faults.access_denied())

    failed = release(stage, tmp_path, "sha-1")
    stage.faults("PutParameter")
    again = release(stage, tmp_path, "sha-1")

    assert failed.code == 125
    assert "the record may not say so" in failed.err
    assert again.code == 0
    assert record(stage)["tag"] == "sha-1"


def test_a_rollback_goes_back_and_a_second_one_further(stage: AwsServer, tmp_path: Path) -> None:
    for n in (1, 2, 3):
        reports(stage).add_image(f"{n}", f"sha-{n}")
        release(stage, tmp_path, f"sha-{n}")

    first = rollback(stage, tmp_path)
    at_first = record(stage)
    second = rollback(stage, tmp_path)
    third = rollback(stage, tmp_path)

    assert (first.code, second.code, third.code) == (0, 0, 2)
    assert (at_first["tag"], at_first["kind"]) == ("sha-2", "rollback")
    assert record(stage)["tag"] == "sha-1"
    assert reports(stage).tags["stage-staging"] == reports(stage).tags["sha-1"]
    assert "rolled back in staging" in first.err


def test_a_rollback_to_a_tag_or_a_digest_of_the_record(stage: AwsServer, tmp_path: Path) -> None:
    digests = [reports(stage).add_image(f"{n}", f"sha-{n}") for n in range(3)]
    reports(stage).add_image("never", "sha-never")
    for n in range(3):
        release(stage, tmp_path, f"sha-{n}")

    assert rollback(stage, tmp_path, "--to", "sha-0").code == 0
    assert reports(stage).tags["stage-staging"] == digests[0]
    assert rollback(stage, tmp_path, "--to", digests[1][:20]).code == 0
    assert reports(stage).tags["stage-staging"] == digests[1]
    unknown = rollback(stage, tmp_path, "--to", "sha-never")
    assert unknown.code == 2
    assert "The record has: sha-1, sha-0, sha-2" in unknown.err


def test_a_rollback_to_an_image_that_has_expired_moves_nothing(stage: AwsServer, tmp_path: Path) -> None:
    for n in (1, 2):
        reports(stage).add_image(f"{n}", f"sha-{n}")
        release(stage, tmp_path, f"sha-{n}")
    del reports(stage).images[reports(stage).tags["sha-1"]]

    done = rollback(stage, tmp_path)

    assert done.code == 2
    assert "the registry no longer has it" in done.err
    assert reports(stage).tags["stage-staging"] == reports(stage).tags["sha-2"]


def test_another_account_is_refused_before_anything_is_read(stage: AwsServer, tmp_path: Path) -> None:
    (tmp_path / "batchwright.toml").write_text('[stages.staging]\naccount = "999999999999"\n')

    done = release(stage, tmp_path, "sha-1")

    assert done.code == 125
    assert [call.operation for call in stage.calls] == ["GetCallerIdentity"]


@pytest.mark.parametrize(
    ("of_registry", "of_stage", "pushes_as", "records_as"),
    [
        ('role_arn = "arn:aws:iam::333333333333:role/push"\n', "", "ASIA333333333333", "AKIATEST"),
        ("", 'role_arn = "arn:aws:iam::111111111111:role/release"\n', "AKIATEST", "ASIA111111111111"),
    ],
)
def test_the_registry_and_the_stage_have_credentials_of_their_own(
    stage: AwsServer, tmp_path: Path, of_registry: str, of_stage: str, pushes_as: str, records_as: str
) -> None:
    reports(stage).add_image("one", "sha-1")
    (tmp_path / "batchwright.toml").write_text(
        f'[registry]\naccount = "333333333333"\nregion = "eu-west-1"\n{of_registry}'
        f'[stages.staging]\naccount = "111111111111"\n{of_stage}'
    )

    assert release(stage, tmp_path, "sha-1").code == 0

    assert {call.key for call in stage.calls if "registryId" in call.body} == {pushes_as}
    assert {call.key for call in stage.calls_of("PutParameter")} == {records_as}


@pytest.mark.parametrize(
    "words",
    [
        ("release", "reports", "-s", "staging", "--tag"),
        ("release", "reports", "-s", "staging", "--from"),
        ("rollback", "reports", "-s", "staging", "--to"),
        ("image", "push", "reports", "--release"),
    ],
)
def test_the_variable_of_a_script_that_is_not_set_moves_nothing(
    stage: AwsServer, tmp_path: Path, words: tuple[str, ...]
) -> None:
    for tag in ("sha-1", "sha-2"):
        reports(stage).add_image(tag, tag)
        release(stage, tmp_path, tag)
    before = len(stage.calls)

    done = batchwright(stage, tmp_path, *words, "")

    assert (done.code, len(stage.calls)) == (2, before)
    assert "an empty text was given, as of a variable that is not set: leave the option out, or name one" in done.err
