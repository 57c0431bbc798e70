"""The table of runs: short words, and no line that is wider than the terminal."""

import re
from typing import Any

import pytest

from batchwright_runner.commands.runs_table import runs_table
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.run import Attempt, Run
from batchwright_runner.contract.run_entry import entry_of
from batchwright_runner.host.terminal.text import columns
from tests.kit.manifests import manifest

ARN = "arn:aws:ecs:eu-west-1:111111111111:task/c/0123456789abcdef0123456789abcdef"
OWN = "EssentialContainerExited"
NOW = 1_764_000_000.0


def run(batch: str = "hello", by: str = "run-0123456789ab/alice/laptop", **state: Any) -> Run:  # noqa: ANN401
    state = {"status": "STOPPED", "began": True, "ended": True, "times": {"executionStoppedAt": NOW + 62}, **state}
    return Run([Attempt(manifest(batch), ARN, by, TaskState(**state), NOW)])


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ({"exit_code": 0, "stop_code": OWN}, "succeeded"),
        ({"exit_code": 3, "stop_code": OWN}, "exit 3"),
        ({"exit_code": 137, "stop_code": OWN, "reason": "OutOfMemoryError: Container killed"}, "out of memory"),
        (
            {"exit_code": 0, "stop_code": "UserInitiated", "reason": "batchwright: the timeout of 5s has passed"},
            "timeout: batchwright: the timeout of 5s has passed",
        ),
        (
            {"began": False, "stop_code": "TaskFailedToStart", "reason": "CannotPullContainerError: x: no space left"},
            "never started: the image does not fit: raise the batch's ephemeral storage",
        ),
        ({"status": "RUNNING", "ended": False, "times": {}}, "running"),
    ],
)
def test_an_end_is_a_word_or_two(state: dict[str, Any], word: str) -> None:
    text = runs_table([entry_of(run(**state), NOW + 62)], 0)

    head, line = text.splitlines()
    assert head.split() == ["RUN", "STARTED", "(UTC)", "TOOK", "BY", "RESULT"]
    assert line.startswith("hello@01234567  ")
    assert line.endswith(f"  1m02s  alice@laptop  {word}")


@pytest.mark.parametrize("width", [80, 100, 132])
@pytest.mark.parametrize("batch", ["hello", "members-export-of-all-regions-by-the-day"])
@pytest.mark.parametrize("by", ["night", "github/org/a-very-long-name-of-a-repository/1/1/a-very-long-job", "夜" * 40])
def test_every_line_fits(width: int, batch: str, by: str) -> None:
    failed = {"stop_code": "TaskFailedToStart", "began": False, "reason": "CannotPull 日本語 " * 9}
    entries = [entry_of(run(batch, by, **failed), NOW), entry_of(run(batch, by, exit_code=0, stop_code=OWN), NOW)]

    text = runs_table(entries, width)

    assert max(columns(line) for line in text.splitlines()) <= width
    assert all("  never started" in line or "  succeeded" in line for line in text.splitlines()[1:])
    assert re.fullmatch(rf"{batch}@01234567|{batch[:10]}\S*…@01234567", text.splitlines()[1].split()[0])
