"""Arguments that do not exist: the error says where they belong, or which one was meant."""

import re
from pathlib import Path
from typing import Any

import pytest

from batchwright import Alerts, Container, DeclarationError, Existing, Fargate, FargateBatch, Option, Wait
from batchwright.arguments import arguments_of, checked_group, misplaced
from batchwright.batch import GROUPS
from batchwright.errors import unknown, wrong
from batchwright.signatures import check_types
from tests.library.support import app, arguments, batch, keywords, platform, stack


def refused(name: str, given: object) -> str:
    """The message about an argument that does not exist."""
    return str(misplaced("batch report", name, given, keywords(FargateBatch), "FargateBatch", GROUPS))


@pytest.mark.parametrize(
    ("name", "given", "place"),
    [
        ("delay", None, "retry=Retry(delay=…)"),
        ("user", "1000", "container=Container(user=…)"),
        ("architecture", "ARM64", "fargate=Fargate(architecture=…)"),
        ("rundeck_uuid", {}, "existing=Existing(rundeck_uuid=…)"),
    ],
)
def test_an_argument_of_a_group_is_told_where_it_belongs(name: str, given: object, place: str) -> None:
    assert refused(name, given) == f"batch report: {name}: {given!r} was given; allowed: {place}"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("the_command", "did you mean command?"),
        ("envronment", "did you mean environment?"),
        ("read_only_rot", "did you mean container=Container(read_only_root=…)?"),
    ],
)
def test_a_misspelt_argument_is_met_with_the_nearest(name: str, meant: str) -> None:
    assert refused(name, True) == f"batch report: {name}: True was given, and there is no such argument; {meant}"


def test_an_argument_that_is_like_no_other_is_met_with_all() -> None:
    message = refused("zzz", "x" * 1000)

    assert message.endswith("container, fargate, existing")
    assert len(message) < 500


@pytest.mark.parametrize(
    ("argument", "given", "allowed"),
    [
        ("cpu", "256", "a whole number"),
        ("cpu", True, "a whole number"),
        ("command", {"x"}, "a list, each a string or None"),
        ("command", "x", "a list, each a string or None"),
        ("environment", ["A"], "a dict, each key a string, each value a string or None"),
        ("timeout", 5, "a Duration"),
        ("overlap", "deny", "allow, forbid, wait or a Wait"),
        ("platform", None, "a Platform"),
        ("alerts", True, "an Alerts or False or None"),
    ],
)
def test_a_value_of_another_type_is_met_with_the_type(argument: str, given: object, allowed: str) -> None:
    with pytest.raises(DeclarationError) as error:
        check_types("batch report", FargateBatch.__init__, {argument: given})

    assert str(error.value) == f"batch report: {argument}: {given!r} was given; allowed: {allowed}"


@pytest.mark.parametrize(
    ("argument", "given", "shown"),
    [
        ("environment", {"A": "fine", "TOKEN": "geheim", "PORT": 80}, "{'PORT': int}"),
        ("environment", {1: "geheim"}, "{1: str}"),
        ("sidecars", [{"TOKEN": "geheim"}], "[{'TOKEN': str}]"),
        ("command", {"TOKEN": "geheim"}, "{'TOKEN': str}"),
    ],
)
def test_no_value_of_a_dict_is_shown(argument: str, given: object, shown: str) -> None:
    with pytest.raises(DeclarationError) as error:
        check_types("batch report", FargateBatch.__init__, {argument: given})

    assert str(error.value).startswith(f"batch report: {argument}: {shown} was given; allowed: ")
    assert "geheim" not in refused("zzz", given)


@pytest.mark.parametrize(
    "given",
    [
        {"cpu": 256, "command": ("x",), "image": None, "environment": {"A": "1"}, "sidecars": [], "alerts": False},
        {"files": {"/a/b": Path("x")}, "parameters": {}, "secrets": {"A": 1}.keys(), "overlap": "wait"},
    ],
)
def test_a_value_of_its_type_is_taken(given: dict[str, Any]) -> None:
    check_types("batch report", FargateBatch.__init__, given)


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
        ("fargate", Fargate, "Fargate(…), with architecture"),
        (
            "existing",
            [],
            "Existing(…), with log_group, task_role, execution_role, deadline_role, machine_role, security",
        ),
        ("retry", 2, "Retry(…), with times, on, delay"),
    ],
)
def test_a_group_of_another_type_is_told_what_is_expected(argument: str, given: Any, fields: str) -> None:  # noqa: ANN401
    message = f"batch report: {argument}: {given!r} was given; allowed: {fields}"

    with pytest.raises(DeclarationError, match=f"^{re.escape(message)}"):
        checked_group("batch report", argument, given, GROUPS[argument])


def test_what_is_in_a_group_is_checked() -> None:
    theirs = stack(app())

    with pytest.raises(DeclarationError, match=r"^batch report: capacity: 'cheap' was given"):
        batch(theirs, platform(theirs), fargate=Fargate(capacity="cheap"))  # type: ignore[arg-type]


def test_a_misspelt_argument_of_a_group() -> None:
    with pytest.raises(DeclarationError, match=r"^Container: usr: 'x' was given, and .*; did you mean user\?$"):
        Container(usr="x")  # type: ignore[call-arg]
    with pytest.raises(DeclarationError, match=r"^Fargate: arch: 'ARM64' was given"):
        Fargate(arch="ARM64")  # type: ignore[call-arg]
    with pytest.raises(DeclarationError, match=r"^Existing: role: 'x' was given"):
        Existing(role="x")  # type: ignore[call-arg]
    with pytest.raises(DeclarationError, match=r"^Option: format: 'x' was given, and there is no such argument"):
        Option("DATE", format="x")  # type: ignore[call-arg]
    with pytest.raises(DeclarationError, match=r"^Alerts: line: 3 was given, .*; did you mean lines\?$"):
        Alerts(line=3)  # type: ignore[call-arg]
    with pytest.raises(DeclarationError, match=r"^Wait: at_most: it is missing; write at_most=…"):
        Wait()  # type: ignore[call-arg]


def test_a_group_cannot_be_changed_and_its_arguments_have_names() -> None:
    with pytest.raises(AttributeError):
        Container().user = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        Fargate("ARM64")  # type: ignore[call-arg]


def test_no_name_has_two_places() -> None:
    grouped = [name for kind in GROUPS.values() for name in arguments_of(kind)]
    flat = arguments(FargateBatch)

    assert len(grouped) == len(set(grouped))
    assert not flat & {*grouped}
    assert set(GROUPS) <= flat


def test_what_few_batches_say_belongs_into_a_group() -> None:
    assert len(keywords(FargateBatch)) <= 27


def test_a_mistake_names_whose_which_what_and_what_else() -> None:
    error = wrong("batch report", "cpu", "256", "a whole number")

    assert str(error) == "batch report: cpu: '256' was given; allowed: a whole number"
    assert (error.subject, error.argument) == ("batch report", "cpu")
    assert isinstance(error, ValueError)


@pytest.mark.parametrize(
    ("known", "rest"),
    [
        (["staging", "production"], "known: production, staging; did you mean staging?"),
        (["stage", "staging"], "known: stage, staging; did you mean staging or stage?"),
        (["live"], "known: live"),
        ([], "known: none"),
    ],
)
def test_an_unknown_name_is_met_with_the_nearest(known: list[str], rest: str) -> None:
    error = unknown("cdk.json", "stage", "stagin", known)

    assert str(error) == f"cdk.json: stage: 'stagin' was given; {rest}"
    assert isinstance(error, DeclarationError)
