"""AWS starts the batches: a schedule fires, a machine starts a task, judges it, and is stopped.

The emulator executes the machine as it was deployed. Each step goes on where the one before it ended.
"""

import json
import time
from dataclasses import replace
from typing import Any

import pytest

from tests.e2e.account import Account
from tests.e2e.conftest import Machine, copied_project
from tests.e2e.console import Console
from tests.e2e.executions import TICK, TOCK, Executions
from tests.e2e.places import DEPLOY, QUIET
from tests.e2e.sources import Project


@pytest.fixture(scope="module")
def team(machine: Machine) -> Project:
    """A copy of the team's project."""
    return copied_project(machine.folder / "automation", "tests/e2e/automation")


@pytest.fixture(scope="module")
def us(console: Console, team: Project) -> Console:
    """The team's folder."""
    return replace(
        console, folder=team.folder, environment={**console.environment, "BATCHWRIGHT_PROJECT": "automation"}
    )


@pytest.fixture(scope="module")
def executions(account: Account) -> Executions:
    return Executions(account.client("stepfunctions"))


def listed(us: Console, run_id: str) -> dict[str, Any]:
    """A run, as the command lists it."""
    runs = json.loads(us.run("batchwright", "runs", "--stage", "staging", "--json").text)
    [run] = [dict(run) for run in runs if run["run_id"] == run_id]
    return run


def test_machines_and_a_schedule_are_deployed(us: Console, account: Account) -> None:
    us.run("cdk", "bootstrap", *QUIET)
    us.run(*DEPLOY, "--all")

    schedule = account.client("scheduler").get_schedule(GroupName="automation-staging-schedules", Name="tick")
    assert (schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"]) == ("cron(* * ? * * *)", "UTC")
    assert schedule["Target"]["Arn"] == TICK
    machine = account.client("stepfunctions").describe_state_machine(stateMachineArn=TOCK)
    assert json.loads(machine["definition"])["QueryLanguage"] == "JSONata"


def test_a_paused_batch_is_not_started_by_its_schedule(us: Console, executions: Executions) -> None:
    us.run("batchwright", "pause", "tick", "-s", "staging", "--reason", "no image yet")

    paused = executions.of_the_schedule(lambda execution: execution.get("error") == "Batchwright.Paused")

    assert "no image yet" in json.loads(paused["cause"])["why"]


def test_an_image_is_released(us: Console, team: Project) -> None:
    team.commit("the image")
    us.run("batchwright", "image", "push", "tick", "batches/tick")
    us.run("batchwright", "release", "tick", "-s", "staging")


def test_the_schedule_starts_it_and_says_when_it_was_due(us: Console, executions: Executions) -> None:
    us.run("batchwright", "resume", "tick", "-s", "staging")

    ended = executions.of_the_schedule(lambda execution: execution["status"] == "SUCCEEDED")

    name, due = ended["name"], json.loads(ended["input"])["scheduled"]
    assert us.run("batchwright", "logs", f"tick@{name}", "-s", "staging").lines[-1].endswith(f"due {due}")
    assert listed(us, name)["code"] == 0
    us.run("batchwright", "pause", "tick", "-s", "staging", "--reason", "it was seen")


@pytest.mark.parametrize(("code", "status", "error"), [("0", "SUCCEEDED", None), ("3", "FAILED", "Batchwright.Exit3")])
def test_an_exit_code_is_the_end(us: Console, executions: Executions, code: str, status: str, error: str) -> None:
    ended = executions.until(executions.start(f"code-{code}", CODE=code))

    assert (ended["status"], ended.get("error")) == (status, error), ended.get("cause")
    assert listed(us, f"code-{code}")["code"] == int(code)
    us.run("batchwright", "attach", f"tock@code-{code}", "-s", "staging", code=int(code))


def test_an_input_that_was_not_declared_starts_nothing(executions: Executions) -> None:
    ended = executions.until(executions.start("wrong", COLOR="blue"))

    assert ended["error"] == "Batchwright.Usage"
    assert "the input has COLOR: allowed are scheduled, CODE, WAIT" in ended["cause"]


def test_of_two_the_younger_gives_way_and_a_stop_stops_the_task(us: Console, executions: Executions) -> None:
    first = executions.start("first", WAIT="50")
    time.sleep(6)

    second = executions.until(executions.start("second"))
    us.run("batchwright", "run", "tock", "-s", "staging", code=123)
    us.run("batchwright", "stop", "tock@first", "-s", "staging", "--reason", "a trial")

    assert second["error"] == "Batchwright.Overlap"
    assert executions.until(first)["status"] == "ABORTED"
    us.run("batchwright", "attach", "tock@first", "-s", "staging", code=122)


def test_a_run_that_takes_too_long_is_stopped_by_its_machine(us: Console, executions: Executions) -> None:
    ended = executions.until(executions.start("long", WAIT="300"))

    assert ended["error"] == "Batchwright.Timeout"
    us.run("batchwright", "attach", "tock@long", "-s", "staging", code=124)


def test_nothing_of_it_is_left(us: Console, account: Account) -> None:
    us.run("cdk", "destroy", "--all", "--force", *QUIET)

    assert account.client("stepfunctions").list_state_machines()["stateMachines"] == []
    assert not [name for name in account.inventory() if name.startswith("scheduler: ") and "automation" in name]
