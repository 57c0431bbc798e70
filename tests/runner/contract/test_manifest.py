import dataclasses
import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.contract.manifest import (
    SCHEMA,
    BatchManifest,
    CapacityShare,
    Deadline,
    ImageReference,
    ManifestError,
    ParameterReference,
)
from tests.kit.manifests import manifest_data

FROZEN = Path(__file__).parents[2] / "manifests"

text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
variable = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,10}", fullmatch=True)
identifier = st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=12)
manifests = st.builds(
    BatchManifest,
    project=st.just("batches"),
    stage=st.sampled_from(["staging", "production"]),
    account=st.from_regex(r"[0-9]{12}", fullmatch=True).filter(str.isascii),
    region=st.sampled_from(["ap-northeast-1", "us-gov-west-1"]),
    batch=st.sampled_from(["daily-report", "a1"]),
    description=st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
    owner=text,
    cluster=text,
    task_definition=st.just("arn:aws:ecs:ap-northeast-1:111111111111:task-definition/batches-staging-x:12"),
    container=text,
    subnets=st.lists(identifier, min_size=1, max_size=3).map(tuple),
    log_group=text,
    log_stream_prefix=text,
    image=st.builds(ImageReference, name=text, repository=text, tag=text),
    timeout_seconds=st.integers(1, 10**6),
    runbook=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    security_groups=st.lists(identifier, max_size=3).map(tuple),
    assign_public_ip=st.booleans(),
    capacity=st.lists(
        st.builds(CapacityShare, provider=text, weight=st.integers(0, 9), base=st.integers(0, 9)), max_size=2
    ).map(tuple),
    architecture=st.sampled_from(["X86_64", "ARM64"]),
    parameters=st.dictionaries(variable, st.builds(ParameterReference, path=text, fingerprint=text), max_size=3),
    secrets=st.dictionaries(variable, text, max_size=3),
    stop_timeout_seconds=st.integers(2, 120),
    retries=st.integers(0, 5),
    retry_on=st.lists(st.integers(1, 255) | st.just("interruption"), max_size=3).map(tuple),
    overlap=st.sampled_from(["allow", "forbid"]),
    deadline=st.none() | st.builds(Deadline, group=text, role=text),
    tags=st.dictionaries(text, text, max_size=3),
)


@given(manifests)
def test_it_reads_back_what_it_wrote(made: BatchManifest) -> None:
    written = made.to_json()

    assert written.isascii()
    assert BatchManifest.from_json(written) == made


@pytest.mark.parametrize("path", sorted(FROZEN.glob("schema-*.json")), ids=lambda path: path.stem)
def test_every_released_schema_reads(path: Path) -> None:
    read = BatchManifest.from_json(path.read_text(encoding="ascii"))

    assert f"schema-{read.schema}" == path.stem


def test_there_is_a_frozen_example_of_every_schema() -> None:
    assert [path.stem for path in sorted(FROZEN.glob("*.json"))] == [
        f"schema-{number}" for number in range(1, SCHEMA + 1)
    ]


def test_the_frozen_schema_1_means_what_it_meant() -> None:
    read = BatchManifest.from_json((FROZEN / "schema-1.json").read_text(encoding="ascii"))

    assert read.name == "/batches/production/manifests/daily-report"
    assert read.description == "昨日の売上を経理に送る"
    assert read.subnets == ("subnet-0a1", "subnet-0b2")
    assert read.security_groups == ("sg-0c3",)
    assert read.capacity == (
        CapacityShare(provider="FARGATE_SPOT", weight=3),
        CapacityShare(provider="FARGATE", base=1),
    )
    assert read.parameters["REPORT_TO"].fingerprint == "0123456789ab"
    assert read.secrets == {"DB_PASSWORD": "/batches/production/daily-report/DB_PASSWORD"}
    assert read.retry_on == (75, "interruption")
    assert read.deadline is not None
    assert read.deadline.group == "batches-production"
    assert read.overlap == "forbid"


def test_lists_of_ids_are_joined_strings_in_json() -> None:
    made = BatchManifest.from_dict(manifest_data(subnets="subnet-1,subnet-2", security_groups=""))

    assert made.to_dict()["subnets"] == "subnet-1,subnet-2"
    assert made.to_dict()["security_groups"] == ""


def test_unknown_fields_are_ignored_at_every_depth() -> None:
    data = manifest_data(color="red", image={"name": "a", "repository": "b", "tag": "c", "digest": "d"})

    assert BatchManifest.from_dict(data).image.name == "a"


def test_a_newer_schema_is_refused_and_names_the_runner_to_install() -> None:
    with pytest.raises(ManifestError, match=r"schema 2 .* reads up to 1\. Update the runner to 0\.9\.0 or later"):
        BatchManifest.from_dict(manifest_data(schema=2, runner="0.9.0"))


@pytest.mark.parametrize("schema", [0, -1, "1", True, None])
def test_a_schema_that_is_no_positive_number_is_refused(schema: object) -> None:
    with pytest.raises(ManifestError, match="schema"):
        BatchManifest.from_dict(manifest_data(schema=schema))


@pytest.mark.parametrize("given_text", ["", "[]", "3", "null", "{", '"x"'])
def test_what_is_no_object_is_refused(given_text: str) -> None:
    with pytest.raises(ManifestError, match="cannot be read"):
        BatchManifest.from_json(given_text)


@pytest.mark.parametrize(
    "name",
    [
        one.name
        for one in dataclasses.fields(BatchManifest)
        if one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
    ],
)
def test_a_missing_field_is_named(name: str) -> None:
    data = manifest_data()
    del data[name]

    with pytest.raises(ManifestError, match=rf"lacks {name}"):
        BatchManifest.from_dict(data)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("project", "AWS", "project"),
        ("project", "awsbatches", "project"),
        ("stage", "a-b", "stage"),
        ("account", "123", "account"),
        ("account", 123456789012, "account"),
        ("region", "tokyo", "region"),
        ("batch", "Daily", "batch"),
        ("batch", "a", "batch has 1 characters"),
        ("batch", "a" * 41, "batch has 41 characters"),
        ("task_definition", "batches-local-hello", "task_definition"),
        ("owner", "", "owner"),
        ("cluster", None, "cluster"),
        ("container", 3, "container"),
        ("log_group", "", "log_group"),
        ("log_stream_prefix", "", "log_stream_prefix"),
        ("description", "x" * 201, "description has 201 characters"),
        ("description", None, "description"),
        ("runbook", None, "runbook"),
        ("history_log_group", 1, "history_log_group"),
        ("key", None, "key"),
        ("runner", 1, "runner"),
        ("overlap", "queue", "overlap"),
        ("architecture", "arm64", "architecture"),
        ("assign_public_ip", "true", "assign_public_ip"),
        ("timeout_seconds", 0, "timeout_seconds"),
        ("timeout_seconds", True, "timeout_seconds"),
        ("timeout_seconds", 1.5, "timeout_seconds"),
        ("stop_timeout_seconds", 1, "stop_timeout_seconds"),
        ("stop_timeout_seconds", 121, "stop_timeout_seconds"),
        ("retries", -1, "retries"),
        ("retry_on", [0], "retry_on"),
        ("retry_on", [256], "retry_on"),
        ("retry_on", ["never"], "retry_on"),
        ("retry_on", "interruption", "retry_on"),
        ("subnets", "", "subnets"),
        ("subnets", "a,,b", "subnets"),
        ("subnets", ["a"], "subnets"),
        ("security_groups", 1, "security_groups"),
        ("parameters", {"A-B": {"path": "/x"}}, "A-B"),
        ("parameters", {"A": {}}, "parameters.A.path"),
        ("parameters", {"A": "x"}, "parameters.A"),
        ("parameters", [], "parameters"),
        ("secrets", {"1A": "x"}, "1A"),
        ("secrets", {"A": 1}, "secrets"),
        ("tags", {"a": 1}, "tags"),
        ("capacity", [{"weight": 1}], "capacity.provider"),
        ("capacity", [{"provider": "FARGATE", "weight": "1"}], "capacity.weight"),
        ("capacity", {}, "capacity"),
        ("image", {"name": "a"}, "image.repository"),
        ("image", "a", "image"),
        ("deadline", {"group": "g"}, "deadline.role"),
        ("deadline", {"group": "g", "role": 1}, "deadline.role"),
    ],
)
def test_a_wrong_field_is_named(field: str, value: object, said: str) -> None:
    with pytest.raises(ManifestError, match=said):
        BatchManifest.from_dict({**manifest_data(), field: value})


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(ManifestError, match=r"stage .*; .*retries"):
        BatchManifest.from_dict(manifest_data(stage="X", retries=-1))


def test_it_is_frozen() -> None:
    made = BatchManifest.from_dict(manifest_data())

    with pytest.raises(dataclasses.FrozenInstanceError):
        made.owner = "me"  # type: ignore[misc]


def test_its_json_has_no_white_space() -> None:
    written = BatchManifest.from_dict(manifest_data(description="x")).to_json()

    assert written == json.dumps(json.loads(written), separators=(",", ":"))
