"""Declared against present, as pure functions."""

import re

import pytest

from batchwright_runner.contract.values import fingerprint
from batchwright_runner.errors import UsageError
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.params.change import put_request
from batchwright_runner.host.params.compare import State, compare
from batchwright_runner.host.params.declared import DeclaredValue, declared_in, find_value
from batchwright_runner.host.params.present import PresentValue
from batchwright_runner.host.stage.task_definitions import StoredAt, Variable
from tests.runner.host.params.support import KEY, OWN, SHARED, reports, variables

WHERE = StageTarget(project="batches", stage="staging")
DECLARED = declared_in((manifest, variables(manifest)) for manifest in reports())


def present(path: str, value: str = "x", *, encrypted: bool = False) -> dict[str, PresentValue]:
    return {path: PresentValue(path, encrypted, "" if encrypted else value, 3, 1_800_000_000.0)}


def secret(path: str = f"{OWN}/DB_PASSWORD", key: str = KEY) -> DeclaredValue:
    return DeclaredValue(path=path, name=path.rpartition("/")[2], kind="secret", users=("daily-report",), key=key)


def parameter(value: str = "") -> DeclaredValue:
    mark = fingerprint(value) if value else ""
    return DeclaredValue(path=f"{OWN}/P", name="P", kind="parameter", users=("daily-report",), fingerprint=mark)


def test_a_value_that_two_batches_use_is_declared_once_by_both() -> None:
    assert (DECLARED[f"{SHARED}/API_TOKEN"].users, len(DECLARED)) == (("daily-report", "weekly-report"), 6)


@pytest.mark.parametrize(
    ("declared", "stored", "state"),
    [
        (parameter("a"), present(f"{OWN}/P", "a"), State.SET),
        (parameter("a"), present(f"{OWN}/P", "b"), State.DIFFERS),
        (parameter(), present(f"{OWN}/P", "b"), State.SET),
        (parameter("a"), {}, State.MISSING),
        (secret(), {}, State.MISSING),
        (secret(), present(f"{OWN}/DB_PASSWORD", encrypted=True), State.SET),
        (secret(), present(f"{OWN}/DB_PASSWORD"), State.NOT_ENCRYPTED),
        (secret("arn:aws:secretsmanager:eu-west-1:111111111111:secret:a-AbCdEf"), {}, State.ELSEWHERE),
        (secret("arn:aws:ssm:eu-west-1:999999999999:parameter/theirs/TOKEN"), {}, State.ABROAD),
    ],
)
def test_the_state_of_a_value(declared: DeclaredValue, stored: dict[str, PresentValue], state: State) -> None:
    (row,) = compare([declared], stored)

    assert row.state is state


def test_what_is_there_without_a_declaration_comes_last() -> None:
    rows = compare([parameter("a")], present(f"{OWN}/A_LEFTOVER", encrypted=True))

    assert [(row.path, row.kind, row.state) for row in rows] == [
        (f"{OWN}/P", "parameter", State.MISSING),
        (f"{OWN}/A_LEFTOVER", "secret", State.NOT_DECLARED),
    ]


def test_what_a_sidecar_takes_too_is_the_main_containers_value() -> None:
    """The agent calls a parameter RECIPIENT that the main container calls REPORT_TO."""
    found = DECLARED[f"{OWN}/REPORT_TO"]

    assert (found.kind, found.name, found.fingerprint) == ("parameter", "REPORT_TO", fingerprint("dev@example.com"))


def test_what_only_a_sidecar_takes_is_declared_and_a_secret() -> None:
    found = declared_in([(reports()[0], [Variable("agent", "DD_API_KEY", StoredAt("ssm", "/datadog/KEY"))])])

    (key,) = found.values()
    assert (key.path, key.kind, key.key, key.users) == ("/datadog/KEY", "secret", KEY, ("daily-report",))


def test_what_the_manifest_does_not_call_a_parameter_is_never_shown() -> None:
    new = Variable("main", "NEW", StoredAt("ssm", "/x/NEW"))

    assert declared_in([(reports()[0], [new])])["/x/NEW"].kind == "secret"


@pytest.mark.parametrize(
    ("owner", "name", "message"),
    [
        ("daily-report", "DB_PASSWROD", "daily-report declares no DB_PASSWROD: .*Did you mean DB_PASSWORD"),
        ("daily-report", "CERT", "CERT of daily-report is not stored at .*Secrets Manager"),
        ("daily-report", "API_TOKEN", r"API_TOKEN of daily-report is not stored at .*--shared.*\(daily-report, weekly"),
        ("daily-report", "PASSWORD", "PASSWORD of daily-report is not stored at .*Something else"),
        ("daily-report", "LEGACY", "LEGACY of daily-report is not stored at .*: it is at /legacy/db/PASSWORD"),
        ("weekly-report", "ANY", "weekly-report declares no ANY: .*Declare it in the batch's batch.py"),
    ],
)
def test_what_cannot_be_set_says_why(owner: str, name: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_value(DECLARED, WHERE, owner, name)

    assert caught.value.exit_code == 2
    assert re.search(message, str(caught.value))


def test_a_secret_is_put_under_the_stages_key_and_a_parameter_as_plain_text() -> None:
    kept = {"Name": f"{OWN}/DB_PASSWORD", "Value": "v", "Overwrite": True, "Type": "SecureString"}

    assert put_request(secret(), "v") == {**kept, "KeyId": KEY}
    assert put_request(secret(key=""), "v") == kept
    assert put_request(parameter(), "v") == {"Name": f"{OWN}/P", "Value": "v", "Overwrite": True, "Type": "String"}
