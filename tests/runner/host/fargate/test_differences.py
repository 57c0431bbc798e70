"""In what a run that is to be joined was started otherwise."""

from collections.abc import Sequence
from typing import Any

import pytest

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.options import RunOption
from batchwright_runner.errors import UsageError
from batchwright_runner.host.fargate.end import ended_when
from batchwright_runner.host.fargate.request import RunPlan
from batchwright_runner.host.runs.run_id import RunId
from tests.fake_aws.fixtures import sample_manifest

OWN = {"BATCHWRIGHT_RUN_ID": "night", "BATCHWRIGHT_SCHEDULED_TIME": ""}
DUE = {"BATCHWRIGHT_SCHEDULED_TIME": "2026-11-25T02:30:00+09:00"}


def plan(**given: Any) -> RunPlan:  # noqa: ANN401 - fields of a plan
    options = (RunOption(name="DAY", pattern="[0-9-]+", description="The day"),)
    manifest = sample_manifest("daily-report", options=options, files_variables=("A",))
    environment = {**OWN, **given.pop("environment", {})}
    return RunPlan(
        manifest=manifest, run=RunId("night", given=True), nonce="", timeout=60, environment=environment, **given
    )


def refused(asked: RunPlan, task: dict[str, Any]) -> str:
    """What differs from a task, as the refusal to join it says; empty where it is joined."""
    try:
        asked.refuse_other(task)
    except UsageError as error:
        return str(error.args[0]).partition("with other values of ")[2]
    return ""


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        ({}, {}, []),
        (
            {"environment": {"A": "1"}, "cpu": 1024, "memory": 2048},
            {"environment": {"A": "1"}, "cpu": 1024, "memory": 2048},
            [],
        ),
        ({"environment": {"A": "1", "B": "2"}}, {"environment": {"A": "2"}}, ["-e A", "-e B"]),
        ({}, {"environment": {"A": ""}}, ["-e A"]),
        ({"environment": {"DAY": "2026-11-24"}}, {"environment": {"DAY": "2026-11-25"}}, ["-o DAY"]),
        ({"command": ["a"]}, {}, ["COMMAND"]),
        ({}, {"cpu": 1024, "memory": 2048}, ["--cpu, --memory"]),
        ({"cpu": 1024, "memory": 2048}, {"cpu": 1024, "memory": 4096}, ["--cpu, --memory"]),
        ({"environment": DUE}, {}, []),
        ({"environment": DUE}, {"environment": dict.fromkeys(DUE, "2026-11-26T02:30:00+09:00")}, ["--scheduled"]),
    ],
)
def test_what_was_given_on_the_command_line(
    first: dict[str, Any], second: dict[str, Any], differ: Sequence[str]
) -> None:
    task = {"overrides": plan(**first).request()["overrides"]}

    assert refused(plan(**second), task) == ", ".join(differ)


def test_a_task_that_something_else_has_started_was_given_nothing() -> None:
    assert refused(plan(), {}) == ""
    assert refused(plan(command=["x"]), {"overrides": {"containerOverrides": [{"name": "agent"}]}}) == "COMMAND"


def test_when_a_run_has_ended_is_said_with_its_date() -> None:
    ended = TaskState(status="STOPPED", ended=True, times={"stoppedAt": 1_793_000_000.0})

    assert ended_when(ended) == "2026-10-26 07:33 UTC"
    assert ended_when(TaskState(status="STOPPED", ended=True)) == ""
