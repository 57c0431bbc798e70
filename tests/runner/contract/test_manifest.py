import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given

from batchwright_runner.contract.forms import required
from batchwright_runner.contract.manifest import SCHEMA, BatchManifest, CapacityShare, ImageReference, ManifestError
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.manifest_cases import READ_TOO, WRONG, manifests
from tests.kit.manifests import manifest_data

FROZEN = Path(__file__).parents[2] / "manifests"


@given(manifests)
def test_it_reads_back_what_it_wrote(manifest: BatchManifest) -> None:
    written = manifest.to_json()

    assert written.isascii()
    assert BatchManifest.from_json(written) == manifest


@pytest.mark.parametrize("path", sorted(FROZEN.glob("schema-*.json")), ids=lambda path: path.stem)
def test_every_released_schema_reads(path: Path) -> None:
    read = BatchManifest.from_json(path.read_text(encoding="ascii"))

    assert f"schema-{read.schema}" == path.stem


def test_there_is_a_frozen_example_of_every_schema() -> None:
    assert {path.stem for path in FROZEN.glob("*.json")} == {f"schema-{number}" for number in range(1, SCHEMA + 1)}


def test_the_frozen_schema_1_means_what_it_meant() -> None:
    read = BatchManifest.from_json((FROZEN / "schema-1.json").read_text(encoding="ascii"))

    assert (read.path, read.description) == ("/batches/production/manifests/daily-report", "昨日の売上を経理に送る")
    assert (read.subnets, read.security_groups) == (("subnet-0a1", "subnet-0b2"), ("sg-0c3",))
    spot, usual = CapacityShare(provider="FARGATE_SPOT", weight=3), CapacityShare(provider="FARGATE", base=1)
    assert read.capacity == (spot, usual)
    assert (read.parameters, read.secrets) == ({"REPORT_TO": "0123-_aB", "LOG_LEVEL": ""}, ("DB_PASSWORD",))
    assert (read.account, read.region) == ("222222222222", "ap-northeast-1")
    repository = "333333333333.dkr.ecr.ap-northeast-1.amazonaws.com/batches/reports"
    assert read.image == ImageReference(name="reports", repository=repository, tag="stage-production")
    assert read.tags == {"team": "finance"}
    assert (read.architecture, read.runner, read.assign_public_ip) == ("ARM64", "0.1.0", False)
    assert (read.retry_on, read.retry_delay_seconds) == ((75, "interruption"), 0)
    assert read.deadline is not None
    assert (read.deadline.group, read.overlap) == ("batches-production", "forbid")


@pytest.mark.parametrize(
    ("repository", "tag", "uri"),
    [
        ("r/reports", "v1", "r/reports:v1"),
        ("h:5000/reports", "v1", "h:5000/reports:v1"),
        ("r/reports", "sha256:ab", "r/reports@sha256:ab"),
        ("r/reports:v1", "sha256:ab", "r/reports:v1@sha256:ab"),
        ("r/reports", "", "r/reports"),
        ("", "v1", ""),
    ],
)
def test_an_image_is_named_as_a_task_definition_names_it(repository: str, tag: str, uri: str) -> None:
    assert ImageReference(repository=repository, tag=tag).uri == uri


def test_of_a_tag_and_a_digest_the_digest_counts() -> None:
    assert ImageReference.from_uri("h:5000/r:v1@sha256:ab") == ImageReference(repository="h:5000/r", tag="sha256:ab")


def test_lists_of_ids_are_joined_strings_in_json() -> None:
    manifest = BatchManifest.from_dict(manifest_data(subnets="subnet-1,subnet-2"))

    assert manifest.to_dict()["subnets"] == "subnet-1,subnet-2"


def test_the_zone_of_its_schedule_is_the_stages_where_it_says_none() -> None:
    nightly = manifest_data(schedule="30 2 * * * Asia/Tokyo")

    assert BatchManifest.from_dict(nightly).timezone == "Asia/Tokyo"
    assert "timezone" not in BatchManifest.from_dict({**nightly, "timezone": "Asia/Tokyo"}).to_dict()
    assert BatchManifest.from_dict({**nightly, "timezone": "UTC"}).to_dict()["timezone"] == "UTC"
    assert BatchManifest.from_dict(manifest_data()).timezone == ""


def test_unknown_fields_are_ignored_at_every_depth() -> None:
    data = manifest_data(color="red", image={"name": "a", "repository": "b", "tag": "c", "digest": "d"})

    assert BatchManifest.from_dict(data).image.name == "a"


def test_a_newer_schema_is_refused_and_names_the_runner_to_install() -> None:
    with pytest.raises(ManifestError, match=r"schema 2 .* reads up to 1\. Update the runner to 0\.9\.0 or later"):
        BatchManifest.from_dict(manifest_data(schema=2, runner="0.9.0"))


def test_two_options_of_one_name_are_refused() -> None:
    with pytest.raises(ManifestError, match="options has DAY twice"):
        BatchManifest.from_dict(manifest_data(options=[{"name": "DAY"}, {"name": "HOUR"}, "DAY"]))


def test_a_file_that_begins_as_some_editors_write_it_is_read() -> None:
    manifest = BatchManifest.from_dict(manifest_data())

    assert BatchManifest.from_json(f"\ufeff{manifest.to_json()}") == manifest


@pytest.mark.parametrize("schema", [0, -1, "one", True, None, 1.5])
def test_a_schema_that_is_no_positive_number_is_refused(schema: object) -> None:
    with pytest.raises(ManifestError, match="schema"):
        BatchManifest.from_dict(manifest_data(schema=schema))


@pytest.mark.parametrize("given_text", ["", "[]", "3", "null", "{", '"x"'])
def test_what_is_no_object_is_refused(given_text: str) -> None:
    with pytest.raises(ManifestError, match="cannot be read"):
        BatchManifest.from_json(given_text)


MISSING = dataclasses.MISSING
FIELDS = dataclasses.fields(BatchManifest)


@pytest.mark.parametrize("name", [f.name for f in FIELDS if (f.default, f.default_factory) == (MISSING, MISSING)])
def test_a_missing_field_is_named(name: str) -> None:
    data = manifest_data()
    del data[name]

    with pytest.raises(ManifestError, match=rf"lacks {name}"):
        BatchManifest.from_dict(data)


@pytest.mark.parametrize(("field", "value", "message"), WRONG)
def test_a_wrong_field_is_named(field: str, value: object, message: str) -> None:
    with pytest.raises(ManifestError, match=message):
        BatchManifest.from_dict({**manifest_data(), field: value})


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(ManifestError, match=r"stage .*; .*retries"):
        BatchManifest.from_dict(manifest_data(stage="X", retries=-1))


@pytest.mark.parametrize(("field", "given_value", "meant"), READ_TOO)
def test_what_other_tools_write_is_read(field: str, given_value: object, meant: object) -> None:
    read = BatchManifest.from_dict({**manifest_data(), field: given_value})

    assert (getattr(read, field), BatchManifest.from_json(read.to_json())) == (meant, read)


def test_what_is_usual_is_left_out() -> None:
    data = {name: manifest_data()[name] for name in required(BatchManifest)}

    assert BatchManifest.from_dict({"schema": 1, **data}).to_dict() == {"schema": 1, **data}


def test_a_message_does_not_show_a_long_value_whole() -> None:
    with pytest.raises(ManifestError) as caught:
        BatchManifest.from_dict(manifest_data(subnets={"a": "x" * 500}))

    assert len(str(caught.value)) < 250


def test_its_json_has_no_white_space() -> None:
    written = BatchManifest.from_dict(manifest_data(description="x")).to_json()

    assert written == json.dumps(json.loads(written), separators=(",", ":"))


def test_the_main_container_is_none_of_the_others_whose_end_ends_the_task() -> None:
    assert sample_manifest(essential=("main", "agent", "agent")).essential == ("agent",)
