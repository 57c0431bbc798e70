"""``batchwright alerts preview``: what would be said, without a message being sent."""

import json
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.contract.last import Last
from batchwright_runner.contract.names import watch_path
from batchwright_runner.contract.notices.rules import Ask
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.watch import Watch
from batchwright_runner.workbench.alerts.samples import SAMPLES, SILENT
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import batchwright as alerts

OF = ("batches", "staging", "daily-report")
PREVIEW = ("alerts", "preview", "daily-report", "-s", "staging")


@pytest.fixture
def deployed(aws: AwsServer) -> AwsServer:
    aws.deploy(sample_manifest(runbook="https://wiki.example.com/daily-report"))
    return aws


@pytest.mark.parametrize("row", SAMPLES)
def test_a_preview_of_a_row(deployed: AwsServer, tmp_path: Path, row: Row) -> None:
    done = alerts(deployed, tmp_path, *PREVIEW, "--row", row.value, "--channel", "email")

    assert done.code == 0
    assert ": daily-report in staging\n" in done.lines[0] + "\n"
    assert "$ batchwright run daily-report -s staging" in done.lines


@pytest.mark.parametrize("row", SILENT)
def test_a_preview_of_a_row_of_which_no_one_is_told(deployed: AwsServer, tmp_path: Path, row: Row) -> None:
    done = alerts(deployed, tmp_path, *PREVIEW, "--row", row.value)

    assert (done.code, done.text) == (0, "")
    assert done.last == f"batchwright: no one is told: {SILENT[row]}"


def test_a_preview_of_every_channel(deployed: AwsServer, tmp_path: Path) -> None:
    done = alerts(deployed, tmp_path, *PREVIEW)

    parts = done.text.split("--- ")[1:]
    assert [part.partition("\n")[0] for part in parts] == [
        "e-mail, through SNS",
        "Amazon Q Developer in chat, through SNS",
        "Slack, chat.postMessage",
        "Datadog, an event",
    ]
    bodies: list[Any] = [json.loads(part.partition("\n")[2]) for part in parts[1:]]
    assert [one.get("version", one.get("channel", one.get("alert_type"))) for one in bodies] == [
        "1.0",
        "the stage's channel",
        "error",
    ]


def test_a_preview_knows_the_batchs_last_ends_and_what_it_asks(deployed: AwsServer, tmp_path: Path) -> None:
    last = Last(
        succeeded="2026-11-20T02:40:00Z", failures=3, failing_since="2026-11-21T02:40:00Z", durations=(600,) * 3
    )
    deployed.put_table("batches-staging-alerts", {"kind": "record", "name": "daily-report", "last": last.to_json()})
    deployed.put_parameter(watch_path(*OF), Watch(alerts=Ask(lines=1, channel="#finance").to_dict()).to_json())

    text = alerts(deployed, tmp_path, *PREVIEW, "--channel", "email").text
    assert "took          12m03s, usually 10m00s\n" in text
    assert "in a row      4 failures, since 2026-11-21 02:40 UTC\n" in text
    assert "last success  2026-11-20 02:40 UTC\n" in text
    assert text.count("\n| ") == 1
    slack = json.loads(alerts(deployed, tmp_path, *PREVIEW, "--channel", "slack").text)
    assert slack["channel"] == "#finance"


def test_a_preview_of_a_batch_that_asks_for_no_alerts_says_so(deployed: AwsServer, tmp_path: Path) -> None:
    deployed.put_parameter(watch_path(*OF), Watch(alerts=Ask(off=True).to_dict()).to_json())

    assert "no one is told: daily-report has alerts=False" in alerts(deployed, tmp_path, *PREVIEW).err


@pytest.mark.parametrize("row", ["recovered", "slow", "missed"])
def test_a_preview_of_what_else_is_told(deployed: AwsServer, tmp_path: Path, row: str) -> None:
    done = alerts(deployed, tmp_path, *PREVIEW, "--row", row, "--channel", "email")

    begins = {"recovered": "succeeded again", "slow": "took longer than usual", "missed": "did not run"}[row]
    assert done.lines[0] == f"{begins}: daily-report in staging"


@pytest.mark.parametrize("words", [["--row", "late"], ["--channel", "fax"]])
def test_what_is_not_known_is_a_usage_error(deployed: AwsServer, tmp_path: Path, words: list[str]) -> None:
    assert alerts(deployed, tmp_path, *PREVIEW, *words).code == 2
