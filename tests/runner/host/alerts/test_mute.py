"""``batchwright alerts mute`` and ``unmute``: records that keep messages back, in the form of pauses."""

import json
import time
from pathlib import Path

import pytest

from batchwright_runner.contract.moments import moment, utc
from batchwright_runner.contract.names import MUTED_ALL, StageNames
from batchwright_runner.contract.pauses import Pause
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import batchwright
from tests.kit.command import Done
from tests.kit.grants import operating

ONE, ALL = (StageNames("batches", "staging").muted(name) for name in ("daily-report", MUTED_ALL))
HOUR = 3600.0


@pytest.fixture
def stage(aws: AwsServer) -> AwsServer:
    """A stage as its operators may use it."""
    aws.deploy(sample_manifest())
    aws.limit(operating(), {})
    return aws


def alerts(aws: AwsServer, folder: Path, *words: str) -> Done:
    return batchwright(aws, folder, "alerts", *words, "-s", "staging")


def muted(aws: AwsServer, path: str, ends: float = HOUR) -> Pause:
    record = Pause(
        reason="the bank is down",
        by="arn:aws:iam::1:user/alice",
        since=utc(time.time() - HOUR),
        until=utc(time.time() + ends),
    )
    aws.put_parameter(path, record.to_json())
    return record


@pytest.mark.parametrize(
    ("which", "path", "whose"), [("daily-report", ONE, "daily-report"), ("--all", ALL, "all batches of staging")]
)
def test_muting_records_who_why_and_until_when(
    stage: AwsServer, tmp_path: Path, which: str, path: str, whose: str
) -> None:
    done = alerts(stage, tmp_path, "mute", which, "--until", "2h", "--reason", " the  bank is down ")
    record = Pause.from_text(stage.parameter(path))

    assert done.code == 0, done.err
    assert (record.reason, record.who) == ("the bank is down", "test")
    assert abs((moment(record.until) or 0) - time.time() - 2 * HOUR) < 60
    assert f"batchwright: messages about {whose} are muted {record.words()}\n" in done.err
    assert "is reported in one message after that" in done.last

    again = alerts(stage, tmp_path, "mute", which, "--until", "3h", "--reason", "longer")
    assert f"they were muted already {record.words()}" in again.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("daily-report", "--until", "2h", "--reason", "  "), "--reason cannot be used: it has 0 characters"),
        (("daily-report", "--until", "169h", "--reason", "x"), "--until cannot be used: it is more than 7 days ahead"),
        (("--until", "2h", "--reason", "x"), "name a BATCH, or all of them with --all"),
        (("daily-report", "--all", "--until", "2h", "--reason", "x"), "name a BATCH, or all of them with --all"),
        (("daly-report", "--until", "2h", "--reason", "x"), "Did you mean daily-report?"),
    ],
)
def test_a_mute_that_is_refused(stage: AwsServer, tmp_path: Path, words: tuple[str, ...], why: str) -> None:
    done = alerts(stage, tmp_path, "mute", *words)

    assert (done.code, stage.calls_of("PutParameter")) == (2, [])
    assert why in done.err


def test_seven_days_may_be_muted(stage: AwsServer, tmp_path: Path) -> None:
    assert alerts(stage, tmp_path, "mute", "--all", "--until", "7d", "--reason", "a move").code == 0


@pytest.mark.parametrize(
    ("which", "path", "whose"), [("daily-report", ONE, "daily-report"), ("--all", ALL, "all batches of staging")]
)
def test_messages_are_let_through_again(stage: AwsServer, tmp_path: Path, which: str, path: str, whose: str) -> None:
    record = muted(stage, path)
    done = alerts(stage, tmp_path, "unmute", which)

    assert (done.code, stage.parameter(path)) == (0, "")
    assert done.last == f"batchwright: messages about {whose} are sent again; they were muted {record.words()}"
    again = alerts(stage, tmp_path, "unmute", which)
    assert (again.code, again.last) == (0, f"batchwright: messages about {whose} are not muted")


def test_what_is_left_of_a_batch_that_is_gone_is_removed(stage: AwsServer, tmp_path: Path) -> None:
    path = StageNames("batches", "staging").muted("old-report")
    muted(stage, path, ends=-HOUR)
    done = alerts(stage, tmp_path, "unmute", "old-report")

    assert (done.code, stage.parameter(path)) == (0, "")
    assert done.last == "batchwright: messages about old-report are not muted"


def test_one_batch_of_a_muted_stage_stays_muted(stage: AwsServer, tmp_path: Path) -> None:
    everything = muted(stage, ALL)

    done = alerts(stage, tmp_path, "unmute", "daily-report")
    assert done.last == f"batchwright: all of the stage are muted still {everything.words()}"


def test_list_and_describe_show_what_is_muted(stage: AwsServer, tmp_path: Path) -> None:
    record = muted(stage, ALL)

    listed = batchwright(stage, tmp_path, "list", "-s", "staging")
    assert f"messages about all batches are muted {record.words()}" in listed.err
    (entry,) = json.loads(batchwright(stage, tmp_path, "list", "-s", "staging", "--json").text)
    assert entry["muted"]["reason"] == "the bank is down"
    described = batchwright(stage, tmp_path, "describe", "daily-report", "-s", "staging")
    assert "muted by alice since" in " ".join(described.text.split())
    shown = json.loads(batchwright(stage, tmp_path, "describe", "daily-report", "-s", "staging", "--json").text)
    assert shown["muted"]["reason"] == "the bank is down"
