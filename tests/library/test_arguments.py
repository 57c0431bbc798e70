"""Arguments that do not exist: the error says where they belong, or which one was meant."""

import re
from typing import Any

import pytest

from batchwright import Container, DeclarationError, Existing, Fargate, FargateBatch
from batchwright.arguments import arguments_of
from batchwright.batch import GROUPS, RENAMED
from tests.library.support import app, arguments, batch, keywords, platform, stack


def refused(**given: Any) -> DeclarationError:  # noqa: ANN401 - any argument
    """The error of a batch with these arguments."""
    theirs = stack(app())
    with pytest.raises(DeclarationError) as error:
        batch(theirs, platform(theirs), **given)
    return error.value


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"source": "github:acme/x@main"},
            "source: 'github:acme/x@main' was given; allowed: pushed_by=…, its new name",
        ),
        (
            {"depends_on": {"agent": "START"}},
            "depends_on: {'agent': 'START'} was given; allowed: Sidecar(…, main_waits_for=…)",
        ),
        ({"retries": 2}, "retries: 2 was given; allowed: retry=Retry(times=…, on=[…])"),
        ({"retry_on": [3]}, "retry_on: [3] was given; allowed: retry=Retry(times=…, on=[…])"),
        ({"rundeck_uuid": {}}, "rundeck_uuid: {} was given; allowed: existing=Existing(rundeck_uuid=…)"),
        ({"startable": None}, "startable: None was given; allowed: fargate=Fargate(startable=…)"),
        (
            {"log_retention_days": 30},
            "log_retention_days: 30 was given; allowed: fargate=Fargate(log_retention_days=…)",
        ),
        ({"tags": {"a": "b"}}, "tags: {'a': 'b'} was given; allowed: fargate=Fargate(tags=…)"),
        ({"delay": None}, "delay: None was given; allowed: retry=Retry(delay=…)"),
        ({"user": "1000"}, "user: '1000' was given; allowed: container=Container(user=…)"),
        ({"architecture": "ARM64"}, "architecture: 'ARM64' was given; allowed: fargate=Fargate(architecture=…)"),
        ({"security_groups": ["sg-1"]}, "security_groups: ['sg-1'] was given; allowed: existing=Existing(security_gr"),
    ],
)
def test_an_argument_of_before_or_of_a_group_is_told_where_it_belongs(given: dict[str, Any], message: str) -> None:
    error = refused(**given)

    assert str(error).startswith(f"batch report: {message}")
    assert (error.subject, [error.argument]) == ("batch report", list(given))


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"the_command": ["x"]}, "did you mean command?"),
        ({"envronment": {"A": "1"}}, "did you mean environment?"),
        ({"read_only_rot": True}, "did you mean container=Container(read_only_root=…)?"),
    ],
)
def test_a_misspelt_argument_is_met_with_the_nearest(given: dict[str, Any], meant: str) -> None:
    (name, value) = next(iter(given.items()))

    assert re.fullmatch(
        re.escape(f"batch report: {name}: {value!r} was given, and there is no such argument; {meant}"),
        str(refused(**given)),
    )


def test_an_argument_that_is_like_no_other_is_met_with_all() -> None:
    message = str(refused(zzz="x" * 1000))

    assert message.endswith("container, fargate, existing")
    assert len(message) < 500


def test_the_batch_is_named_however_its_name_is_given() -> None:
    theirs = stack(app())
    on = platform(theirs)

    # mypy holds the comments: were an unknown argument not an error to it, they would be.
    with pytest.raises(DeclarationError, match=r"^batch report: user: 'x' was given"):
        FargateBatch(theirs, "report", platform=on, owner="sre", user="x")  # type: ignore[call-arg]
    with pytest.raises(DeclarationError, match=r"^batch report: user: 'x' was given"):
        FargateBatch(theirs, name="report", platform=on, owner="sre", user="x")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("argument", "given", "fields"),
    [
        ("container", {"user": "1000"}, "Container(…), with user, read_only_root, writable_paths, ulimits, volumes"),
        ("container", Fargate(), "Container(…), with user, read_only_root"),
        ("fargate", "ARM64", "Fargate(…), with architecture, platform_version, ephemeral_storage, capacity, lo"),
        ("fargate", Fargate, "Fargate(…), with architecture"),
        (
            "existing",
            [],
            "Existing(…), with log_group, task_role, execution_role, deadline_role, machine_role, security_groups",
        ),
        ("retry", 2, "Retry(…), with times, on, delay"),
    ],
)
def test_a_group_of_another_type_is_told_what_is_expected(argument: str, given: object, fields: str) -> None:
    assert str(refused(**{argument: given})).startswith(
        f"batch report: {argument}: {given!r} was given; allowed: {fields}"
    )


@pytest.mark.parametrize(
    "given",
    [
        {"container": Container(user=1000)},  # type: ignore[arg-type]
        {"fargate": Fargate(capacity="cheap")},  # type: ignore[arg-type]
        {"existing": Existing(security_groups=["default"])},
    ],
)
def test_what_is_in_a_group_is_checked(given: dict[str, Any]) -> None:
    assert refused(**given).subject == "batch report"


def test_a_misspelt_argument_of_a_group() -> None:
    with pytest.raises(DeclarationError, match=r"^Container: usr: 'x' was given, and .*; did you mean user\?$"):
        Container(usr="x")  # type: ignore[call-arg]
    with pytest.raises(DeclarationError, match=r"^Fargate: arch: 'ARM64' was given"):
        Fargate(arch="ARM64")  # type: ignore[call-arg]
    with pytest.raises(DeclarationError, match=r"^Existing: role: 'x' was given"):
        Existing(role="x")  # type: ignore[call-arg]


def test_a_group_cannot_be_changed_and_its_arguments_have_names() -> None:
    with pytest.raises(AttributeError):
        Container().user = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        Fargate("ARM64")  # type: ignore[call-arg]


def test_no_name_has_two_places() -> None:
    grouped = [name for kind in GROUPS.values() for name in arguments_of(kind)]
    flat = arguments(FargateBatch)

    assert len(grouped) == len(set(grouped))
    assert not flat & {*grouped, *RENAMED}
    assert set(GROUPS) <= flat


def test_what_few_batches_say_belongs_into_a_group() -> None:
    assert len(keywords(FargateBatch)) <= 27
