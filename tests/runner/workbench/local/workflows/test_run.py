"""What is asked of the steps of a workflow, of what is asked of the whole."""

from typing import Any

from batchwright_runner.contract.variables import BACKFILL, RUN_ID, SCHEDULED_DATE, SCHEDULED_TIME
from batchwright_runner.contract.workflows.rules import FAILED_VARIABLE
from batchwright_runner.host.runs.run_id import RunId
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.workbench.local.workflows.run import requests_of
from tests.kit.projects import batch_of, declared, declared_workflow, workflow_of

SIDE = {"name": "side", "image": "s", "essential": False}
STEPS = ("extract", "report", "summary")
DUE = {SCHEDULED_TIME: "2026-11-25T02:30:00+09:00", SCHEDULED_DATE: "2026-11-25"}


def requests(**options: Any) -> dict[str, RunOptions]:  # noqa: ANN401 - of any type
    workflow = workflow_of(declared_workflow("nightly", "extract", "report", always=["summary"]))
    batches = [batch_of(declared(name, "true", sidecars=[SIDE] * (name == "extract"))) for name in STEPS]
    return requests_of(RunOptions(name="nightly", run=RunId("night", given=True), **options), workflow, batches, DUE)


def test_each_step_runs_its_batch_under_an_id_of_its_own_for_the_time_of_all() -> None:
    steps = requests(backfill="november")

    assert {name: request.name for name, request in steps.items()} == {name: name for name in STEPS}
    assert steps["extract"].variables() == {RUN_ID: "night/extract", BACKFILL: "november", **DUE}
    assert steps["summary"].variables() == {RUN_ID: "night/summary", BACKFILL: "november", **DUE, FAILED_VARIABLE: ""}


def test_a_step_gets_the_images_and_the_omissions_of_the_containers_that_it_has() -> None:
    steps = requests(images={"": "mine", "side": "other"}, without=["side"])

    assert [request.images for request in steps.values()] == [{"": "mine", "side": "other"}, {"": "mine"}, {"": "mine"}]
    assert [request.without for request in steps.values()] == [["side"], [], []]
