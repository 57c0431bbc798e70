"""``batchwright params`` as installed, against a server."""

import json
import re
from pathlib import Path

import pytest

from tests.fake_aws import AwsServer, faults
from tests.kit.grants import operating
from tests.runner.host.params.support import CERT, KEY, OWN, SHARED, params


def test_list_shows_declared_against_present(stage: AwsServer, tmp_path: Path) -> None:
    stage.put_parameter(f"{OWN}/REPORT_TO", "me@example.com")
    stage.put_parameter(f"{OWN}/OLD_NAME", "x")

    done = params(stage, tmp_path, "list", "daily-report")

    assert done.code == 0
    head, *rows = [re.split(r"\s{2,}", line) for line in done.lines]
    assert head == ["PATH", "KIND", "STATE", "VERSION", "CHANGED (UTC)", "TAKEN BY"]
    assert {row[0]: (row[1], row[2], row[-1]) for row in rows} == {
        f"{OWN}/REPORT_TO": ("parameter", "differs from declared", "daily-report"),
        f"{SHARED}/LOG_LEVEL": ("parameter", "set", "daily-report, weekly-report"),
        f"{OWN}/DB_PASSWORD": ("secret", "missing", "daily-report"),
        f"{SHARED}/API_TOKEN": ("secret", "missing", "daily-report, weekly-report"),
        CERT: ("secret", "in Secrets Manager, not looked at", "daily-report"),
        "/legacy/db/PASSWORD": ("secret", "set", "daily-report"),
        f"{OWN}/OLD_NAME": ("parameter", "not declared", "-"),
    }


def test_list_of_the_stage_shows_all_batches_and_no_manifests(stage: AwsServer, tmp_path: Path) -> None:
    done = params(stage, tmp_path, "list", "--json")

    entries = json.loads(done.text)
    assert len(entries) == 6
    assert not [entry for entry in entries if "manifests" in entry["path"]]
    assert {entry["state"] for entry in entries if entry["path"].startswith(SHARED)} == {"set", "missing"}


def test_check_fails_while_something_is_missing_and_names_it(stage: AwsServer, tmp_path: Path) -> None:
    done = params(stage, tmp_path, "check", "daily-report")

    assert done.code == 1
    assert [line.split()[0] for line in done.text.splitlines()[1:]] == [f"{OWN}/DB_PASSWORD", f"{SHARED}/API_TOKEN"]
    assert "2 of 6 values are not as declared" in done.err


@pytest.mark.parametrize("words", [["weekly-report"], ["--shared"]])
def test_a_batch_alone_and_the_shared_values_alone_are_listed(
    stage: AwsServer, tmp_path: Path, words: list[str]
) -> None:
    done = params(stage, tmp_path, "list", *words, "--json")

    assert [row["path"] for row in json.loads(done.text)] == [f"{SHARED}/API_TOKEN", f"{SHARED}/LOG_LEVEL"]


def test_check_succeeds_once_all_are_set(stage: AwsServer, tmp_path: Path) -> None:
    params(stage, tmp_path, "set", "daily-report", "DB_PASSWORD", stdin=b"a")
    shared = params(stage, tmp_path, "set", "--shared", "API_TOKEN", stdin=b"b")

    done = params(stage, tmp_path, "check")

    assert "taken at the next run by: daily-report, weekly-report\n" in shared.err
    assert (done.code, done.text) == (0, "")
    assert f"the other 5 values are stored; not checked: {CERT} (in Secrets Manager, not looked at)" in done.err


def test_a_secret_in_plain_text_is_set_anew_as_check_says(stage: AwsServer, tmp_path: Path) -> None:
    """SSM does not change a parameter's type: setting it again is refused."""
    stage.put_parameter(f"{OWN}/DB_PASSWORD", "open")
    stage.put_parameter(f"{SHARED}/API_TOKEN", "open")

    checked = params(stage, tmp_path, "check")
    refused = params(stage, tmp_path, "set", "daily-report", "DB_PASSWORD", stdin=b"a")
    for words in (("daily-report", "DB_PASSWORD"), ("--shared", "API_TOKEN")):
        assert f"batchwright params unset {' '.join(words)} -s staging" in checked.err
        assert params(stage, tmp_path, "unset", *words, "--yes").code == 0
        assert params(stage, tmp_path, "set", *words, stdin=b"a").code == 0

    assert (checked.code, refused.code != 0) == (1, True)
    assert f"{OWN}/DB_PASSWORD (not encrypted)" in checked.err
    assert params(stage, tmp_path, "check").code == 0


def test_set_of_a_parameter_says_that_it_differs_and_get_prints_it(stage: AwsServer, tmp_path: Path) -> None:
    done = params(stage, tmp_path, "set", "daily-report", "REPORT_TO", "--raw", stdin="財務@example.com\n".encode())
    got = params(stage, tmp_path, "get", "daily-report", "REPORT_TO")

    assert "overrides the declared value" in done.err
    (put,) = stage.calls_of("PutParameter")
    assert (put.body["Type"], got.code, got.text) == ("String", 0, "財務@example.com\n\n")


@pytest.mark.parametrize(
    ("operation", "words"),
    [("PutParameter", ("set", "daily-report", "DB_PASSWORD")), ("GetParameters", ("get", "daily-report", "REPORT_TO"))],
)
def test_a_refusal_names_the_grant_that_is_needed(
    stage: AwsServer, tmp_path: Path, operation: str, words: tuple[str, ...]
) -> None:
    stage.faults(operation, faults.access_denied())

    done = params(stage, tmp_path, *words, stdin=b"x")

    assert done.code == 125
    assert "platform.grant_operate" in done.err


def test_unset_deletes_a_secret_and_says_what_cannot_start(stage: AwsServer, tmp_path: Path) -> None:
    params(stage, tmp_path, "set", "daily-report", "DB_PASSWORD", stdin=b"a")

    asked = params(stage, tmp_path, "unset", "daily-report", "DB_PASSWORD")
    done = params(stage, tmp_path, "unset", "daily-report", "DB_PASSWORD", "--yes")

    assert (asked.code, done.code, len(stage.calls_of("DeleteParameter"))) == (2, 0, 1)
    assert "Add --yes" in asked.err
    assert "daily-report cannot start" in done.err
    assert params(stage, tmp_path, "unset", "daily-report", "DB_PASSWORD", "--yes").code == 2


def test_unset_keeps_a_declared_parameter_and_deletes_an_undeclared_one(stage: AwsServer, tmp_path: Path) -> None:
    stage.put_parameter(f"{OWN}/OLD_NAME", "x")

    kept = params(stage, tmp_path, "unset", "daily-report", "REPORT_TO", "--yes")
    gone = params(stage, tmp_path, "unset", "daily-report", "OLD_NAME", "--yes")

    assert (kept.code, gone.code) == (2, 0)
    assert "as it is a declared parameter" in kept.err
    assert [call.body["Name"] for call in stage.calls_of("DeleteParameter")] == [f"{OWN}/OLD_NAME"]


@pytest.mark.parametrize("batch", [[], ["daily-report"]], ids=["the stage", "a batch"])
def test_a_value_that_something_else_keeps_is_not_visible_and_hides_no_other(
    stage: AwsServer, tmp_path: Path, batch: list[str]
) -> None:
    stage.limit(operating(key=KEY), {})

    done = params(stage, tmp_path, "list", *batch, "--json")

    states = {entry["path"]: entry["state"] for entry in json.loads(done.text)}
    assert (done.code, states["/legacy/db/PASSWORD"]) == (0, "not visible")
    assert (states[f"{OWN}/REPORT_TO"], states[f"{OWN}/DB_PASSWORD"]) == ("set", "missing")


def test_check_says_what_it_cannot_see_and_looks_at_the_others(stage: AwsServer, tmp_path: Path) -> None:
    stage.limit(operating(key=KEY), {})
    before = params(stage, tmp_path, "check")
    params(stage, tmp_path, "set", "daily-report", "DB_PASSWORD", stdin=b"a")
    params(stage, tmp_path, "set", "--shared", "API_TOKEN", stdin=b"b")

    after = params(stage, tmp_path, "check")

    assert (before.code, after.code) == (1, 0)
    assert "2 of 6 values are not as declared" in before.err
    assert "not checked: /legacy/db/PASSWORD (not visible), " in before.err
    assert "the other 4 values are stored; not checked: /legacy/db/PASSWORD (not visible), " in after.err


def test_set_of_a_secret_that_was_a_parameter_names_the_page_with_the_order(stage: AwsServer, tmp_path: Path) -> None:
    stage.put_parameter(f"{OWN}/DB_PASSWORD", "plain")

    done = params(stage, tmp_path, "set", "daily-report", "DB_PASSWORD", stdin=b"secret")

    assert done.code == 125
    assert "HierarchyTypeMismatchException" in done.err
    assert "It has moved between secrets and parameters" in done.err
    assert "docs/upgrading-and-leaving.md says the order" in done.err
