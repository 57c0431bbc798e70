"""Batches that AWS starts, at a terminal: a pause, its end, and a machine that the next deployment takes away."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fake_aws import AwsServer
from tests.fake_aws.services import states
from tests.kit.projects import declared, make_project
from tests.stories.machine_runs import KEPT, MACHINE, NAME
from tests.terminal.conftest import Opened
from tests.terminal.window import Recording

Look = Callable[[Recording], None]


@pytest.fixture(autouse=True)
def _deployed(aws: AwsServer) -> None:
    """A batch that AWS starts, of which a run is in progress."""
    aws.deploy(KEPT)
    states.begin(aws.world, MACHINE, NAME)


def test_list_of_a_machine_that_goes(window: Opened, looks_right: Look, tmp_path: Path) -> None:
    make_project(tmp_path, declared("daily-report"))
    context = {"project": "batches", "stages": {"staging": {}}}
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "python app.py", "context": context}))
    window("list", "-s", "staging", "--quiet").end()  # the synthesis takes its time

    looks_right(window("list", "-s", "staging").end())


def test_pause(window: Opened, looks_right: Look) -> None:
    looks_right(window("pause", "daily-report", "-s", "staging", "--reason", "a move", "--until", "2h").end())


def test_resume(window: Opened, looks_right: Look) -> None:
    window("pause", "daily-report", "-s", "staging", "--reason", "a move").end()

    looks_right(window("resume", "daily-report", "-s", "staging").end())
