"""alerts test, mute and preview at a terminal."""

from collections.abc import Callable

import pytest

from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import sample_manifest
from tests.terminal.conftest import Opened
from tests.terminal.window import Recording

Look = Callable[[Recording], None]
PREVIEW = ("alerts", "preview", "daily-report", "-s", "staging")


@pytest.fixture
def deployed(aws: AwsServer) -> None:
    aws.deploy(sample_manifest(runbook="https://wiki.example.com/daily-report"))


@pytest.mark.usefixtures("deployed")
def test_alerts_preview_as_email(window: Opened, looks_right: Look) -> None:
    looks_right(window(*PREVIEW, "--row", "timeout", "--channel", "email").end())


@pytest.mark.usefixtures("deployed")
def test_alerts_preview_for_slack(window: Opened, looks_right: Look) -> None:
    looks_right(window(*PREVIEW, "--row", "missed", "--channel", "slack").end())


@pytest.mark.usefixtures("deployed")
def test_alerts_preview_of_silence(window: Opened, looks_right: Look) -> None:
    looks_right(window(*PREVIEW, "--row", "overlap").end())


def test_alerts_test_that_arrives(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    told = ["SNS batches-staging-messages", "Slack #batches"]
    aws.world.functions["batches-staging-alerts-test"] = ("", {"told": told, "untold": []})
    looks_right(window("alerts", "test", "-s", "staging").end())


@pytest.mark.usefixtures("deployed")
def test_alerts_mute_of_a_batch(window: Opened, looks_right: Look) -> None:
    words = ("alerts", "mute", "daily-report", "-s", "staging", "--until", "2h", "--reason", "the bank is down")
    looks_right(window(*words).end())


def test_alerts_test_without_alerts(window: Opened, looks_right: Look) -> None:
    looks_right(window("alerts", "test", "-s", "staging").end())
