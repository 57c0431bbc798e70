"""``batchwright alerts preview``: what would be said, without a message being sent."""

import json
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.commands.alerts import CHANNELS
from batchwright_runner.contract.last import Last
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.notices.note import KINDS, WHAT, what
from batchwright_runner.contract.notices.rules import Ask
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.watch import Watch
from batchwright_runner.workbench.alerts import OTHERS, SAMPLES, SILENT, sample_message
from docs import generate_alerts as page
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import batchwright as alerts

PATH = StageNames("batches", "staging").watch("daily-report")
MACHINE = "arn:aws:states:eu-west-1:111111111111:stateMachine:batches-staging-daily-report"
PREVIEW = ("alerts", "preview", "daily-report", "-s", "staging")


@pytest.fixture
def deployed(aws: AwsServer) -> AwsServer:
    aws.deploy(sample_manifest(runbook="https://wiki.example.com/daily-report"))
    return aws


def test_a_preview_of_a_row(deployed: AwsServer, tmp_path: Path) -> None:
    done = alerts(deployed, tmp_path, *PREVIEW, "--row", "never-started", "--channel", "email")

    assert (done.code, done.lines[0]) == (0, "never started: daily-report in staging")
    assert done.lines[-1] == "$ batchwright run daily-report -s staging --again daily-report@9f1c2d3e"


def test_a_preview_of_a_row_of_which_no_one_is_told(deployed: AwsServer, tmp_path: Path) -> None:
    done = alerts(deployed, tmp_path, *PREVIEW, "--row", "overlap")

    assert (done.code, done.text) == (0, "")
    assert done.last == f"batchwright: no one is told: {SILENT[Row.OVERLAP]}"


def test_a_preview_knows_the_batchs_last_ends_and_what_it_asks(deployed: AwsServer, tmp_path: Path) -> None:
    last = Last(
        succeeded="2026-11-20T02:40:00Z", failures=3, failing_since="2026-11-21T02:40:00Z", durations=(600,) * 3
    )
    deployed.put_table("batches-staging-alerts", {"kind": "record", "name": "daily-report", "last": last.to_json()})
    deployed.put_parameter(PATH, Watch(alerts=Ask(lines=1, channel="#finance").to_dict()).to_json())

    text = alerts(deployed, tmp_path, *PREVIEW, "--channel", "email").text
    assert "took          12m03s, usually 10m00s\n" in text
    assert "in a row      4 failures, since 2026-11-21 02:40 UTC\n" in text
    assert "last success  2026-11-20 02:40 UTC\n" in text
    assert text.count("\n| ") == 1
    slack = json.loads(alerts(deployed, tmp_path, *PREVIEW, "--channel", "slack").text)
    assert slack["channel"] == "#finance"


@pytest.mark.parametrize("channel", CHANNELS)
def test_as_json_a_preview_holds_the_message_that_is_printed_without(
    deployed: AwsServer, tmp_path: Path, channel: str
) -> None:
    deployed.put_parameter(PATH, Watch(alerts=Ask(after_failures=2).to_dict()).to_json())
    words = (*PREVIEW, "--row", "timeout", "--channel", channel)
    printed = alerts(deployed, tmp_path, *words).text
    found = json.loads(alerts(deployed, tmp_path, *words, "--json").text)

    message = found.pop("message")
    assert message == (printed.removesuffix("\n") if channel == "email" else json.loads(printed))
    asked = {"batch": "daily-report", "stage": "staging", "row": "timeout", "channel": channel}
    assert found == {**asked, "told": True, "why": "", "after_failures": 2}


@pytest.mark.parametrize(
    ("off", "words", "why", "has_message"),
    [
        (False, ("--row", "overlap"), SILENT[Row.OVERLAP], False),
        (True, ("--row", "overlap"), SILENT[Row.OVERLAP], False),
        (True, ("--row", "missed"), "daily-report has alerts=False", True),
    ],
)
def test_as_json_a_preview_says_why_no_one_is_told(
    deployed: AwsServer, tmp_path: Path, off: bool, words: tuple[str, ...], why: str, has_message: bool
) -> None:
    deployed.put_parameter(PATH, Watch(alerts=Ask(off=off, after_failures=2).to_dict()).to_json())

    found = json.loads(alerts(deployed, tmp_path, *PREVIEW, *words, "--json").text)

    assert (found["told"], found["why"], found["after_failures"]) == (False, why, 1)
    assert (found["message"] is not None) == has_message


@pytest.mark.parametrize("ask", [Ask(), Ask(after_failures=4, lines=0), Ask(off=True)])
@pytest.mark.parametrize("last", [Last(), Last(ended="2027-01-01T00:00:00Z", failures=2, durations=(5, 6))])
@pytest.mark.parametrize(
    "changes", [{}, {"overlap": "forbid"}, {"retries": 3, "retry_on": (3, 75, 126), "machine": MACHINE}]
)
def test_whatever_a_batch_is_like_each_kind_is_told(changes: dict[str, Any], last: Last, ask: Ask) -> None:
    watch = Watch(alerts=ask.to_dict(), expected_seconds=60)
    manifest = sample_manifest(**changes)
    for row in SAMPLES:
        of, said = sample_message(manifest, row, last, watch)
        assert (of.kind, said.title) == ("failed", f"{what(of)}: daily-report in staging")
    for kind in OTHERS:
        of, said = sample_message(manifest, kind, last, watch)
        begin = "3 messages about" if kind == "several" else f"{WHAT[kind]}:"
        assert (of.kind, said.title) == (kind, f"{begin} daily-report in staging")


def test_the_page_shows_all_kinds() -> None:
    assert set(page.TITLES) == set(OTHERS) >= set(KINDS) - {"failed"}
    assert set(SAMPLES) | set(SILENT) == set(Row) - {Row.STEP_NOT_RUN}
    text = page.text()
    assert text in page.PAGE.read_text(encoding="utf-8")
    assert page.message(page.WHOLE) in text
