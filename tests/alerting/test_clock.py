"""What the function does each minute, where minutes, channels and the table do not do as they should."""

from dataclasses import replace

import pytest

from batchwright_runner.alerting.clients import FunctionClients
from batchwright_runner.alerting.handler import LOOKS, TRIED, AlertsFunction
from batchwright_runner.alerting.table import PENDING
from batchwright_runner.alerting.treat import TRIES
from batchwright_runner.contract.variables import RUN_ID
from batchwright_runner.contract.watch import Watch
from tests.alerting.stage import Stage, of_task, records, tick
from tests.fake_aws import faults
from tests.fake_aws.script import Script
from tests.fake_aws.services.run_task import run_task
from tests.runner.contract.alerting.support import NOW, batch, task

HOURLY = Watch(schedule="30 * * * * UTC", scheduler="rundeck", expected_seconds=1800)
DUE = NOW + 3000
"""02:40, and the next time at which it is due: 03:30."""


def running(stage: Stage, run: str) -> None:
    """Has a runner start a task that goes on."""
    manifest = batch()
    stage.aws.script(manifest, Script(runs=7200))
    variables = [{"name": RUN_ID, "value": run}]
    request = {
        "cluster": manifest.cluster,
        "taskDefinition": manifest.task_definition,
        "startedBy": run,
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
        "overrides": {"containerOverrides": [{"name": "main", "environment": variables}]},
    }
    run_task(stage.aws.world, request)


def watched(stage: Stage) -> None:
    """Has the clock look after the batch from before it is due."""
    stage.deploy(batch(), HOURLY)
    stage.tick()
    stage.now = DUE


def test_what_comes_within_the_second_of_its_time_waits_for_the_next_minute(stage: Stage) -> None:
    stage.now = NOW + 0.7
    stage.give(of_task(task(1)), of_task(task(2, at=NOW + 1)))
    stage.tick(3599.6)

    stage.tick(60)

    assert ["more with this end" in text for text in stage.mails] == [False, True]


def test_a_table_that_is_busy_costs_no_message_of_the_clock_and_makes_none_twice(stage: Stage) -> None:
    watched(stage)
    stage.aws.faults("TransactWriteItems", faults.conflict(TRIES))

    stage.tick(630)
    stage.tick(60)

    assert stage.titles == ["did not run: daily-report in production"]
    assert [kind for kind, _ in stage.table.items].count("claim") == 1


def test_what_there_is_no_room_for_in_a_minute_is_looked_at_in_the_next_one(stage: Stage) -> None:
    for number in range(2 * LOOKS + 2):
        stage.deploy(batch(f"batch-{number}"), HOURLY)
    stage.tick()
    stage.now = DUE

    counts = []
    for seconds in (630, 60, 60):
        stage.tick(seconds)
        counts.append(len(stage.aws.calls_of("ListTasks")))

    assert counts == [2 * LOOKS, 4 * LOOKS, 4 * LOOKS + 4]
    assert stage.dead == []


def test_what_there_is_no_time_for_is_looked_at_in_the_next_minute(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in stage.aws.environ().items():
        monkeypatch.setenv(name, value)
    watched(stage)
    stage.now += 630
    time = iter([30.0] * 4)  # for the table alone
    function = AlertsFunction(FunctionClients().call, stage.settings, lambda: stage.now)

    function.handle({"Records": list(records([tick()]))}, lambda: next(time, 0.0))
    waiting = [name for kind, name in stage.table.items if kind == PENDING]
    stage.tick(60)

    assert waiting == []
    assert stage.titles == ["did not run: daily-report in production"]


def test_what_cannot_be_looked_at_for_long_is_a_dead_letter(stage: Stage) -> None:
    watched(stage)
    stage.aws.faults("GetParameters", faults.server_error(None))
    stage.tick(630)
    stage.tick(TRIED - 60)
    assert stage.dead == []

    stage.tick(120)

    ((body, why),) = stage.dead
    assert '"kind": "Check"' in body
    assert "GetParameters" in why or "get_parameters" in why


@pytest.mark.parametrize(("hours", "told"), [(5, ["did not run: daily-report in production"]), (8, [])])
def test_a_clock_that_stood_still_looks_back_for_six_hours(stage: Stage, hours: int, told: list[str]) -> None:
    stage.deploy(batch(), replace(HOURLY, schedule="30 3 * * * UTC"))
    stage.tick()
    stage.now = DUE

    stage.tick(hours * 3600)

    assert stage.titles == told


def test_a_schedule_that_cannot_be_read_here_is_told_once(stage: Stage) -> None:
    stage.deploy(batch(), Watch(schedule="0 3 * * * Mars/Olympus", scheduler="cron", expected_seconds=1800))

    stage.ticks(180)

    assert stage.titles == ["did not run: daily-report in production"]
    assert "Mars/Olympus" in stage.mails[0]
    assert stage.aws.calls_of("ListTasks") == []


def test_one_look_at_which_ecs_throttles_pages_nobody_of_a_run_in_progress(stage: Stage) -> None:
    watched(stage)
    stage.aws.faults("ListTasks", faults.error("ThrottlingException", "Rate exceeded", times=2))
    stage.now = DUE + 5
    running(stage, "run-1")

    stage.tick(625)
    stage.ticks(600)

    assert stage.titles == []


def test_what_was_decided_and_cannot_be_taken_away_is_told_once_and_keeps_no_due_time(stage: Stage) -> None:
    stage.deploy(batch("other", retries=1, retry_on=[3]))
    stage.deploy(batch(), HOURLY)
    stage.tick()
    stage.give(of_task(task(1, name="other")))
    stage.aws.faults("DeleteItem", faults.access_denied())

    stage.now = DUE
    stage.ticks(20 * 60)

    assert sorted(stage.titles) == ["did not run: daily-report in production", "exit 3: other in production"]


def test_a_tick_ends_before_lambda_ends_it(stage: Stage) -> None:
    watched(stage)
    stage.now += 630

    done = stage.function({"Records": list(records([tick()]))}, now=stage.now, limit=15.5)

    assert done.error == ""
    assert done.seconds < 5
    stage.tick(60)
    assert stage.titles == ["did not run: daily-report in production"]
