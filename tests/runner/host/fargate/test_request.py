"""What a run asks ECS for, what is refused of it, and in what one that is to be joined was started otherwise."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.manifest import CapacityShare
from batchwright_runner.contract.options import RunOption
from batchwright_runner.errors import UsageError
from batchwright_runner.host.fargate.end import ended_when
from batchwright_runner.host.fargate.request import RunPlan, check_plan
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


def test_a_variable_that_a_config_file_holds_reaches_the_container_that_renders_it() -> None:
    main, files = plan(environment={"A": "1", "B": "2"}).request()["overrides"]["containerOverrides"]

    assert main["environment"][-3:-1] == [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    assert files == {"name": "files", "environment": [{"name": "A", "value": "1"}]}
    (alone,) = plan(environment={"B": "2"}).request()["overrides"]["containerOverrides"]
    assert alone["name"] == "main"


def test_capacity_providers_and_a_public_address() -> None:
    spot = (CapacityShare(provider="FARGATE_SPOT", weight=3),)
    request = replace(plan(), manifest=sample_manifest(capacity=spot, assign_public_ip=True)).request()

    assert "launchType" not in request
    assert request["capacityProviderStrategy"] == [{"capacityProvider": "FARGATE_SPOT", "weight": 3, "base": 0}]
    assert request["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "ENABLED"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"cpu": 1024}, "--cpu and --memory go together"),
        ({"cpu": 1024, "memory": 512}, "with --cpu 1024 Fargate has 2048, 3072"),
        ({"environment": {"NAME": "M\udcfcller"}}, "NAME cannot be passed on: it is not UTF-8"),
        ({"environment": {"A": "あ" * 9000}}, "ECS takes 8192 in all"),
    ],
)
def test_what_ecs_would_refuse_is_refused(given: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        check_plan(plan(**given))


def test_the_number_of_the_attempt_counts_too() -> None:
    last = replace(plan(environment={"B": ""}), attempt=999).request()["overrides"]
    room = 8192 - len(json.dumps(last, separators=(",", ":")))
    check_plan(plan(environment={"B": "x" * room}))

    assert "BATCHWRIGHT_ATTEMPT" in json.dumps(last)
    with pytest.raises(UsageError, match="ECS takes 8192 in all"):
        check_plan(plan(environment={"B": "x" * (room + 1)}))


def test_a_character_of_japanese_counts_once() -> None:
    check_plan(plan(environment={"B": "あ" * 7000}))


def refused(asked: RunPlan, task: dict[str, Any]) -> str:
    """What differs from a task, as the refusal to join it says; empty where it is joined."""
    try:
        asked.refuse_other(task)
    except UsageError as error:
        return str(error.args[0]).partition("with other values of ")[2]
    return ""


SIZED = {"environment": {"A": "1"}, "cpu": 1024, "memory": 2048}


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        ({}, {}, []),
        (SIZED, SIZED, []),
        ({"environment": {"A": "1", "B": "2"}}, {"environment": {"A": "2"}}, ["-e A", "-e B"]),
        ({}, {"environment": {"A": ""}}, ["-e A"]),
        ({"environment": {"DAY": "2026-11-24"}}, {"environment": {"DAY": "2026-11-25"}}, ["-o DAY"]),
        ({"command": ["a"]}, {}, ["COMMAND"]),
        ({}, {"cpu": 1024, "memory": 2048}, ["--cpu, --memory"]),
        ({"cpu": 1024, "memory": 2048}, {"cpu": 1024, "memory": 4096}, ["--cpu, --memory"]),
        ({"environment": DUE}, {}, []),
        ({"environment": DUE}, {"environment": dict.fromkeys(DUE, "2026-11-24T17:30:00Z")}, []),
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

    assert (ended_when(ended), ended_when(TaskState(status="STOPPED", ended=True))) == ("2026-10-26 07:33 UTC", "")
