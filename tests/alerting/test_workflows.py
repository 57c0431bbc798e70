"""A workflow, as the function treats it: records of a stage are read, and whether a step was reported is looked up."""

import json
from typing import Any

from batchwright_runner.contract.moments import moment
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.options import STARTED_BY
from batchwright_runner.contract.watch import Watch
from batchwright_runner.contract.workflows.names import child_name
from tests.alerting.stage import Stage, of_execution
from tests.fake_aws.services import states
from tests.runner.contract.alerting.nightly import ALL, EXIT, NIGHTLY, whole
from tests.runner.contract.alerting.support import batch, machine_of

DUE = moment("2026-11-24T02:30:00Z") or 0.0
WATCH = Watch(schedule="30 2 * * * UTC", scheduler="aws", expected_seconds=3600)


def watched(stage: Stage) -> None:
    """Deploys the workflow and its batches, which is due soon; the clock goes."""
    stage.now = DUE - 600
    stage.aws.put_parameter(NIGHTLY.path, NIGHTLY.to_json())
    stage.aws.put_parameter(StageNames("batches", "production").watch("nightly"), WATCH.to_json())
    for step in NIGHTLY.all_steps:
        stage.deploy(batch(step.batch, machine=machine_of(step.batch)))
    stage.tick()


def begun(stage: Stage, **more: str) -> states.Execution:
    stage.now = DUE + 3
    inputs = json.dumps({"scheduled": "2026-11-24T02:30:00Z", **more})
    return states.begin(stage.aws.world, NIGHTLY.machine, "night", given=inputs, at=stage.now)


def over(stage: Stage, run: states.Execution, status: str, **end: str) -> None:
    """Its end, and the event of it."""
    states.end(stage.aws.world, run, status, **end, at=stage.now)
    shown: dict[str, Any] = {**run.shown(), "error": run.error, "cause": run.cause, "input": run.given}
    times = {name: shown[name] * 1000 for name in ("startDate", "stopDate")}
    stage.give(of_execution({**shown, **times}))


def step_fails(stage: Stage, step: str, parent: states.Execution, **more: str) -> None:
    inputs = json.dumps({STARTED_BY: parent.arn, **more})
    of = states.begin(stage.aws.world, machine_of(step), child_name(step, parent.arn), given=inputs, at=stage.now)
    over(stage, of, "FAILED", error=EXIT, cause="{}")


def test_a_failed_night_is_told_by_its_step_and_by_the_whole(stage: Stage) -> None:
    watched(stage)
    run = begun(stage)

    step_fails(stage, "load", run)
    over(stage, run, "FAILED", error=EXIT, cause=whole(extract="", load=EXIT).execution.cause)
    stage.ticks(2 * 3600)

    assert stage.titles == ["exit 3: load in production", "exit 3: nightly in production"]
    assert "Not started: check, coupons, report." in stage.mails[1]
    assert stage.dead == []


def test_where_all_was_started_the_message_of_the_step_is_all_whatever_comes_first(stage: Stage) -> None:
    watched(stage)
    run = begun(stage)

    over(stage, run, "FAILED", error=EXIT, cause=whole(step="report", **ALL).execution.cause)
    assert stage.titles == []
    step_fails(stage, "report", run)
    stage.ticks(2 * 3600)

    assert stage.titles == ["exit 3: report in production"]
    assert stage.last("nightly").failures == 1


def test_a_night_that_did_not_come_is_told_and_one_that_runs_or_ended_well_is_not(stage: Stage) -> None:
    watched(stage)
    stage.now = DUE
    stage.ticks(12 * 60)
    assert stage.titles == ["did not run: nightly in production"]
    assert "$ batchwright run nightly -s production" in stage.mails[0]

    stage.now = DUE + 24 * 3600
    run = states.begin(
        stage.aws.world, NIGHTLY.machine, "late", given='{"scheduled": "2026-11-25T02:30:00Z"}', at=stage.now
    )
    stage.ticks(20 * 60)
    over(stage, run, "SUCCEEDED")
    stage.ticks(2 * 3600)

    assert len(stage.titles) == 1
    assert stage.last("nightly").succeeded


def test_a_night_that_still_runs_stands_for_the_next_one(stage: Stage) -> None:
    watched(stage)
    begun(stage)
    stage.now = DUE + 24 * 3600 - 60

    stage.ticks(15 * 60)

    assert stage.titles == ["is taking too long: nightly in production"]


def test_a_night_that_somebody_has_stopped_is_told_with_the_steps_that_have_no_execution(stage: Stage) -> None:
    watched(stage)
    run = begun(stage)
    step_fails(stage, "coupons", run)  # which is ignored

    over(stage, run, "ABORTED", cause="stopped by alice")
    stage.ticks(2 * 3600)

    assert stage.titles == ["stopped: nightly in production"]
    assert "stopped by someone else (stopped by alice)" in stage.mails[0]
    assert "Not started: extract, load, check, report." in stage.mails[0]


def test_a_night_of_a_backfill_is_told_once_and_the_night_that_was_due_is_missed(stage: Stage) -> None:
    watched(stage)
    run = begun(stage, backfill="week")

    step_fails(stage, "load", run, BATCHWRIGHT_BACKFILL="week")
    over(stage, run, "FAILED", error=EXIT, cause=whole(extract="", load=EXIT).execution.cause)
    stage.ticks(2 * 3600)

    assert stage.titles == ["exit 3: load in production", "did not run: nightly in production"]
    assert stage.last("load").failures == stage.last("nightly").failures == 0
    assert stage.dead == []
