"""Where the time of a batch's runs goes, and what it costs."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.run import Attempt, runs_from
from batchwright_runner.contract.schedules.times import DueTimes
from batchwright_runner.contract.task_size import Size
from batchwright_runner.host.cost.cost import of_run
from batchwright_runner.workbench.page.costs import Priced, costs_of, of_stages, times_in_a_month
from batchwright_runner.workbench.page.past import PULL_DOMINATES, Phase, advice, where_time_goes
from tests.kit.manifests import manifest

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SIZE = Size(cpu=512, memory=1024)


def times(provisioning: float, pull: float, running: float) -> dict[str, float]:
    pulled = provisioning + pull
    return {
        "createdAt": 0.0,
        "pullStartedAt": provisioning,
        "pullStoppedAt": pulled,
        "startedAt": pulled + 1,
        "executionStoppedAt": pulled + 1 + running,
        "stoppedAt": pulled + 11 + running,
    }


NUMBERS = count(1)


def run(moments: dict[str, float], name: str = "night", *, ended: bool = True) -> Attempt:
    """An attempt of a run that the runner has started."""
    variables = [{"name": "BATCHWRIGHT_RUN_ID", "value": name}]
    task = {"overrides": {"containerOverrides": [{"name": "main", "environment": variables}]}}
    state = TaskState(status="STOPPED", ended=ended, times=moments)
    return Attempt(manifest(), f"arn:task/c/{next(NUMBERS)}", name, state, 0.0, task=task)


def task(number: int, moments: dict[str, float]) -> Attempt:
    """A task that something else has started."""
    state = TaskState(status="STOPPED", ended=True, times=moments)
    return Attempt(manifest(), f"arn:task/c/{number}", "jenkins", state, 0.0)


def test_median_and_worst_of_each_phase() -> None:
    phases = where_time_goes([times(10, 30, 60), times(20, 40, 600), times(12, 35, 50)])

    assert phases == [
        Phase("provisioning", 12, 20, 3),
        Phase("image pull", 35, 40, 3),
        Phase("starting", 1, 1, 3),
        Phase("running", 60, 600, 3),
        Phase("stopping", 10, 10, 3),
    ]


def test_a_run_that_never_began_counts_for_the_phases_that_it_had() -> None:
    phases = where_time_goes([times(10, 30, 60), {"createdAt": 0.0, "stoppingAt": 50.0}])

    assert phases[0] == Phase("provisioning", 30, 50, 2)
    assert {phase.name: phase.runs for phase in phases}["running"] == 1
    assert where_time_goes([]) == []


@pytest.mark.parametrize(
    ("moments", "word"),
    [
        ((10, 40, 20), PULL_DOMINATES),
        ((10, 40, 41), ""),
        ((10, 19, 5), ""),  # a short pull is no news
        ((60, 40, 20), ""),
    ],
)
def test_advice_where_pulling_dominates(moments: tuple[float, float, float], word: str) -> None:
    assert advice(where_time_goes([times(*moments)])) == word


@pytest.mark.parametrize(
    ("schedule", "due"),
    [
        ("", 0),
        ("30 2 * * * Asia/Tokyo", 30),
        ("30 2 * * MON-FRI Asia/Tokyo", 22),
        ("*/15 * * * * UTC", 2880),
        ("0 3 1 * * UTC", 1),
        ("0 3 * * * Europe/Nowhere", 0),
    ],
)
def test_how_often_it_is_due(schedule: str, due: int) -> None:
    assert times_in_a_month(DueTimes.of(schedule), NOW) == due


def test_what_it_costs() -> None:
    batch: Any = manifest(region="eu-west-1", schedule="30 2 * * * Asia/Tokyo")
    runs = [run(times(10, 30, seconds), f"night-{seconds}") for seconds in (60, 120, 600)]

    costs = costs_of(
        SIZE, batch.region, DueTimes.of(batch.schedule), runs_from([*runs, run(times(1, 1, 1), ended=False)]), NOW
    )

    assert costs.run == of_run(SIZE, "eu-west-1", 30 + 1 + 120 + 10)
    assert costs.worst == of_run(SIZE, "eu-west-1", 30 + 1 + 600 + 10)
    assert costs.month == costs.run.times(30)
    assert costs.times == 30


def test_a_run_costs_what_its_attempts_cost_of_each_a_minute_at_least() -> None:
    attempts = [run(times(10, 5, 5)), run(times(10, 30, 120)), run({"createdAt": 0.0, "stoppingAt": 50.0})]

    costs = costs_of(SIZE, "eu-west-1", None, runs_from(attempts), NOW)

    assert costs.run == costs.worst == of_run(SIZE, "eu-west-1", 60 + 30 + 1 + 120 + 10)


def test_tasks_that_something_else_started_under_one_name_are_runs_of_their_own() -> None:
    tasks = [task(number, times(10, 30, seconds)) for number, seconds in enumerate((60, 120, 600))]

    costs = costs_of(SIZE, "eu-west-1", None, runs_from(tasks), NOW)

    assert costs.run == of_run(SIZE, "eu-west-1", 30 + 1 + 120 + 10)
    assert costs.worst == of_run(SIZE, "eu-west-1", 30 + 1 + 600 + 10)


def test_a_run_that_is_in_progress_again_costs_nothing_yet() -> None:
    attempts = [run(times(10, 30, 120), "night"), run(times(10, 30, 120), "night", ended=False)]

    costs = costs_of(SIZE, "eu-west-1", None, runs_from(attempts), NOW)

    assert costs.run is None


def test_without_a_run_only_the_hour_is_known() -> None:
    costs = costs_of(SIZE, manifest().region, DueTimes.of(manifest().schedule), [], NOW)

    assert costs.hour.dollars is not None
    assert (costs.run, costs.worst, costs.month) == (None, None, None)


@pytest.mark.parametrize(
    ("stages", "region", "why"),
    [
        ({"staging": {"region": "ap-northeast-1"}}, "ap-northeast-1", "ap-northeast-1, where staging is"),
        (
            {"staging": {"region": "eu-west-2"}, "production": {"region": "eu-west-2"}},
            "eu-west-2",
            "eu-west-2, where staging and production are",
        ),
        (
            {"staging": {"region": "eu-west-1"}, "production": {"region": "us-east-2"}},
            "eu-west-1",
            "eu-west-1, where staging is; production is in us-east-2: add -s STAGE",
        ),
        ({"staging": {}}, "ap-northeast-1", "ap-northeast-1 is assumed: cdk.json says no stage's region"),
        (None, "ap-northeast-1", "ap-northeast-1 is assumed: cdk.json says no stage's region"),
    ],
)
def test_without_a_stage_it_is_priced_where_the_projects_stages_are(stages: object, region: str, why: str) -> None:
    assert of_stages(stages, "ap-northeast-1") == Priced(region, why)
