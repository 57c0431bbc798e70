"""In which time zone a verb shows moments, whatever this machine's is: one, which is decided in one place."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.pauses import Pause
from tests.fake_aws import AwsServer, Script, faults, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import batchwright
from tests.kit.command import Done
from tests.kit.processes import wait_until
from tests.stories.story import start_task

FACT = "/batches/staging/platform/timezone"
PAUSED = "/batches/staging/paused/daily-report"
TOKYO = sample_manifest(timezone="Asia/Tokyo")
UNSAID = sample_manifest(timezone="")
ENDS = "2027-01-01T00:30:00Z"
IN_TOKYO, IN_UTC = "until 2027-01-01 09:30 JST", "until 2027-01-01 00:30 UTC"


def stage(aws: AwsServer, manifest: BatchManifest) -> None:
    """A stage with a paused batch."""
    aws.deploy(manifest, Script(lines=lines("ready")))
    aws.put_parameter(PAUSED, Pause(reason="a move", by="alice", until=ENDS).to_json())


def run(aws: AwsServer, folder: Path, *words: str) -> Done:
    """A command on a machine in New York."""
    return batchwright(aws, folder, *words, "-s", "staging", env={"TZ": "America/New_York"})


def facts_read(aws: AwsServer) -> int:
    """How often the platform was asked."""
    return sum(call.body["Name"] == FACT for call in aws.calls_of("GetParameter"))


@pytest.mark.parametrize("manifest", [TOKYO, sample_manifest(timezone="", schedule="30 2 * * * Asia/Tokyo")])
def test_a_manifest_or_else_its_schedule_says_it_and_nothing_else_is_asked(
    aws: AwsServer, tmp_path: Path, manifest: BatchManifest
) -> None:
    stage(aws, manifest)

    assert all(IN_TOKYO in run(aws, tmp_path, *words).err for words in (["list"], ["run", "daily-report"]))
    assert facts_read(aws) == 0


def test_else_the_platform_is_asked_once_where_a_moment_is_shown(aws: AwsServer, tmp_path: Path) -> None:
    stage(aws, UNSAID)
    aws.put_parameter(FACT, "Asia/Tokyo")

    assert IN_TOKYO in run(aws, tmp_path, "list").err
    assert facts_read(aws) == 1
    run(aws, tmp_path, "params", "check")
    assert facts_read(aws) == 1


def test_nothing_asks_for_it_while_a_run_is_followed(aws: AwsServer, tmp_path: Path) -> None:
    aws.deploy(UNSAID, Script(lines=lines("ready")))
    aws.put_parameter(FACT, "Asia/Tokyo")

    assert " JST stopped" in run(aws, tmp_path, "run", "daily-report").err
    operations = [(call.operation, call.body.get("Name")) for call in aws.calls]
    assert operations.index(("GetParameter", FACT)) < operations.index(("RunTask", None))
    assert facts_read(aws) == 1


@pytest.mark.parametrize("refused", [True, False], ids=["refused", "not-there"])
def test_else_the_folder_says_it(aws: AwsServer, tmp_path: Path, refused: bool) -> None:
    stage(aws, UNSAID)
    if refused:
        aws.faults("GetParameter", faults.access_denied())
    project = {"timezone": "Asia/Tokyo", "stages": {"staging": {"account": "111111111111", "region": "eu-west-1"}}}
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "python app.py", "context": project}))

    assert IN_TOKYO in run(aws, tmp_path, "list").err


def test_else_it_is_utc_in_silence(aws: AwsServer, tmp_path: Path) -> None:
    stage(aws, UNSAID)

    done = run(aws, tmp_path, "list")

    assert IN_UTC in done.err
    assert "timezone" not in done.err


def test_every_verb_goes_by_that_clock(aws: AwsServer, tmp_path: Path) -> None:
    """Noon in New York is the next day in Tokyo: what is read from a command line is read by that clock, too."""
    aws.deploy(TOKYO, Script(lines=lines("ready"), runs=60))
    arn = start_task(aws, startedBy="night")
    day = f"{datetime.fromtimestamp(time.time() + 9 * 3600, UTC):%m-%d}"

    listed = run(aws, tmp_path, "runs")
    assert (listed.lines[0].split()[1:3], listed.lines[1].split()[1]) == (["STARTED", "(JST)"], day)
    assert json.loads(run(aws, tmp_path, "runs", "--json").text)[0]["started"].endswith("+09:00")
    assert f"{day} " in run(aws, tmp_path, "describe", "daily-report@night").text
    assert " JST" in run(aws, tmp_path, "describe", arn).text
    assert wait_until(lambda: "ready" in run(aws, tmp_path, "logs", "daily-report@night").text) == ""
    assert "+09:00 ready" in run(aws, tmp_path, "logs", "daily-report@night", "--timestamps").text
    paused = run(aws, tmp_path, "pause", "daily-report", "--reason", "x", "--until", "2099-01-01T09:30")
    assert ", until 2099-01-01 09:30 JST: x" in paused.err
    assert json.loads(aws.parameter(PAUSED))["until"] == "2099-01-01T00:30:00Z"
    assert " JST," in run(aws, tmp_path, "resume", "daily-report").err
