import dataclasses
import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.contract.forms import required
from batchwright_runner.contract.manifest import (
    SCHEMA,
    BatchManifest,
    CapacityShare,
    Deadline,
    ImageReference,
    ManifestError,
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
    log_group=st.from_regex(r"/[a-z/._-]{1,20}", fullmatch=True),
    log_stream_prefix=text,
    image=st.builds(ImageReference, name=text, repository=st.sampled_from(["", "r/reports", "h:5000/r"]), tag=text),
    timeout_seconds=st.integers(1, 10**6),
    runbook=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    security_groups=st.lists(identifier, max_size=3).map(tuple),
    assign_public_ip=st.booleans(),
    capacity=st.lists(
        st.builds(CapacityShare, provider=text, weight=st.integers(0, 9), base=st.integers(0, 9)), max_size=2
    ).map(tuple),
    architecture=st.sampled_from(["X86_64", "ARM64"]),
    parameters=st.dictionaries(variable, st.just("") | st.from_regex(r"[A-Za-z0-9_-]{8}", fullmatch=True), max_size=3),
    secrets=st.lists(variable, max_size=3).map(tuple),
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
    assert read.parameters == {"REPORT_TO": "0123-_aB", "LOG_LEVEL": ""}
    assert read.secrets == ("DB_PASSWORD",)
    assert (read.account, read.region) == ("222222222222", "ap-northeast-1")
    assert read.image == ImageReference(
        name="reports",
        repository="333333333333.dkr.ecr.ap-northeast-1.amazonaws.com/batches/reports",
        tag="stage-production",
    )
    assert read.tags == {"team": "finance"}
    assert (read.architecture, read.runner, read.assign_public_ip) == ("ARM64", "0.1.0", False)
    assert read.retry_on == (75, "interruption")
    assert read.deadline is not None
    assert read.deadline.group == "batches-production"
    assert read.overlap == "forbid"


def test_lists_of_ids_are_joined_strings_in_json() -> None:
    made = BatchManifest.from_dict(manifest_data(subnets="subnet-1,subnet-2"))

    assert made.to_dict()["subnets"] == "subnet-1,subnet-2"


def test_unknown_fields_are_ignored_at_every_depth() -> None:
    data = manifest_data(color="red", image={"name": "a", "repository": "b", "tag": "c", "digest": "d"})

    assert BatchManifest.from_dict(data).image.name == "a"


def test_a_newer_schema_is_refused_and_names_the_runner_to_install() -> None:
    with pytest.raises(ManifestError, match=r"schema 2 .* reads up to 1\. Update the runner to 0\.9\.0 or later"):
        BatchManifest.from_dict(manifest_data(schema=2, runner="0.9.0"))


@pytest.mark.parametrize("schema", [0, -1, "one", True, None, 1.5])
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
        ("account", 123456789012, "account is 123456789012, not an account: 12 digits, as a string"),
        ("region", "tokyo", "region"),
        ("batch", "Daily", "batch"),
        ("batch", "a", "batch has 1 characters"),
        ("batch", "a" * 41, "batch has 41 characters"),
        ("task_definition", "batches-local-hello", "not the ARN of a task definition with its revision"),
        ("task_definition", "arn:aws:ecs:eu-west-1:111111111111:task-definition/x", "with its revision"),
        ("owner", "", "owner"),
        ("cluster", None, "lacks cluster"),
        ("container", 3, "container"),
        ("log_group", "", "log_group"),
        ("log_group", "arn:aws:logs:eu-west-1:111111111111:log-group:/x", "log_group is .*, and not its ARN"),
        ("log_stream_prefix", "", "log_stream_prefix"),
        ("description", "x" * 201, "description has 201 characters"),
        ("description", 1, "description"),
        ("runbook", 1, "runbook"),
        ("history_log_group", 1, "history_log_group"),
        ("key", 1, "key"),
        ("runner", 1, "runner"),
        ("overlap", "queue", "overlap"),
        ("architecture", "arm64", "architecture"),
        ("assign_public_ip", "yes", 'assign_public_ip is "yes", not true or false'),
        ("assign_public_ip", 1, "assign_public_ip"),
        ("timeout_seconds", 0, "timeout_seconds"),
        ("timeout_seconds", True, "timeout_seconds"),
        ("timeout_seconds", 1.5, "timeout_seconds"),
        ("timeout_seconds", "30m", 'timeout_seconds is "30m", not a positive number of seconds'),
        ("stop_timeout_seconds", 1, "stop_timeout_seconds"),
        ("stop_timeout_seconds", 121, "stop_timeout_seconds"),
        ("retries", -1, "retries"),
        ("retry_on", [0], "retry_on"),
        ("retry_on", [256], "retry_on"),
        ("retry_on", ["never"], "retry_on"),
        ("retry_on", "interruption", "retry_on"),
        ("subnets", "", "subnets"),
        ("subnets", "a,,b", "subnets"),
        ("subnets", [], "subnets"),
        ("subnets", ["a", ""], "subnets"),
        ("subnets", ["a", 1], "subnets"),
        ("subnets", {"a": "b"}, "subnets is .*, not ids, as a list or as one comma-joined string, one at least"),
        ("security_groups", 1, "security_groups"),
        ("parameters", {"A-B": ""}, "A-B"),
        ("parameters", ["A-B"], "A-B"),
        ("parameters", [1], "parameters holds"),
        ("parameters", {"A": {}}, "parameters.A"),
        ("parameters", {"A": "/x/A"}, 'parameters.A is "/x/A", not a fingerprint'),
        ("parameters", "A", "parameters"),
        ("secrets", ["1A"], "1A"),
        ("secrets", [1], "secrets"),
        ("secrets", {"A": "/x"}, "secrets is .*, not a list of names of environment variables"),
        ("secrets", "A", "secrets"),
        ("files_variables", ["A-B"], "A-B"),
        ("essential", ["a", 1], "essential"),
        ("tags", {"a": []}, "tags"),
        ("tags", {"": "b"}, "tags"),
        ("tags", ["a"], "tags"),
        ("capacity", [{"weight": 1}], r"capacity\[0\].provider"),
        ("capacity", [{"provider": "FARGATE", "weight": "x"}], r"capacity\[0\].weight"),
        ("capacity", {}, "capacity"),
        ("image", {"name": 1}, "image.name"),
        ("image", ["a"], "image is .*, not an object with name, repository, tag"),
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


@pytest.mark.parametrize(
    ("field", "given_value", "meant"),
    [
        ("subnets", ["a", "b"], ("a", "b")),
        ("subnets", " a , b ", ("a", "b")),
        ("security_groups", ["sg-1"], ("sg-1",)),
        ("security_groups", None, ()),
        ("security_groups", "", ()),
        ("essential", "proxy,agent", ("proxy", "agent")),
        ("timeout_seconds", "1800", 1800),
        ("timeout_seconds", 1800.0, 1800),
        ("timeout_seconds", None, 86400),
        ("stop_timeout_seconds", "120", 120),
        ("retry_on", ["75", "interruption"], (75, "interruption")),
        ("assign_public_ip", "true", True),
        ("assign_public_ip", "false", False),
        ("assign_public_ip", None, False),
        ("capacity", ["FARGATE_SPOT"], (CapacityShare(provider="FARGATE_SPOT"),)),
        (
            "capacity",
            [{"provider": "FARGATE", "weight": "2", "base": None}],
            (CapacityShare(provider="FARGATE", weight=2),),
        ),
        ("parameters", ["A", "B"], {"A": "", "B": ""}),
        ("parameters", {"A": None}, {"A": ""}),
        ("tags", {"cost": 4711, "shared": True, "team": None}, {"cost": "4711", "shared": "true"}),
        ("image", None, ImageReference(tag="stage-local")),
        ("image", "r/reports:v1", ImageReference(repository="r/reports", tag="v1")),
        ("image", "h:5000/reports", ImageReference(repository="h:5000/reports", tag="stage-local")),
        ("image", "r/reports@sha256:ab", ImageReference(repository="r/reports", tag="sha256:ab")),
        ("image", {"name": "reports", "tag": None}, ImageReference(name="reports", tag="stage-local")),
        ("deadline", None, None),
        ("history_log_group", None, ""),
        ("key", None, ""),
        ("overlap", None, "allow"),
        ("account", None, "111111111111"),
        ("region", None, "ap-northeast-1"),
        ("schema", "1", 1),
    ],
)
def test_what_other_tools_write_is_read(field: str, given_value: object, meant: object) -> None:
    read = BatchManifest.from_dict({**manifest_data(), field: given_value})

    assert getattr(read, field) == meant
    assert BatchManifest.from_json(read.to_json()) == read


def test_what_is_usual_is_left_out() -> None:
    data = {name: manifest_data()[name] for name in required(BatchManifest)}

    written = BatchManifest.from_dict({"schema": 1, **data}).to_dict()

    assert written == {"schema": 1, **data}


def test_a_message_does_not_show_a_long_value_whole() -> None:
    with pytest.raises(ManifestError) as caught:
        BatchManifest.from_dict(manifest_data(subnets={"a": "x" * 500}))

    assert len(str(caught.value)) < 250


def test_it_is_frozen() -> None:
    made = BatchManifest.from_dict(manifest_data())

    with pytest.raises(dataclasses.FrozenInstanceError):
        made.owner = "me"  # type: ignore[misc]


def test_its_json_has_no_white_space() -> None:
    written = BatchManifest.from_dict(manifest_data(description="x")).to_json()

    assert written == json.dumps(json.loads(written), separators=(",", ":"))
