"""What is reported of a workflow: a failed step with the run that it belongs to, and the whole once, where needed."""

from dataclasses import replace
from typing import Any

import pytest

from batchwright_runner.contract.alerting.ask import Ask
from batchwright_runner.contract.alerting.decide import STEP_TOLD, decide
from batchwright_runner.contract.alerting.events import ExecutionEnded, RepeatsCounted
from batchwright_runner.contract.alerting.known import Decision, KnownBatch
from batchwright_runner.contract.alerting.message import Message
from batchwright_runner.contract.alerting.notes import GOES_ON
from batchwright_runner.contract.alerting.record import HOUR, AlertRecord
from batchwright_runner.contract.alerting.workflows import WorkflowPart
from batchwright_runner.contract.executions import Execution
from batchwright_runner.contract.tasks import execution_arn, identity
from batchwright_runner.contract.verdicts import named
from batchwright_runner.contract.watch import Watch
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.names import child_name
from tests.runner.contract.alerting.nightly import ALL, EXIT, NIGHTLY, RUN, whole
from tests.runner.contract.alerting.support import NOW, batch, ended, known, machine_of

RUN_AGAIN = "batchwright run nightly -s production --again nightly@rundeck-1"


def of_whole(event: ExecutionEnded, *, told: bool | None = False, watch: Watch | None = None) -> KnownBatch:
    part = WorkflowPart.of(event, NIGHTLY)
    assert part is not None
    return replace(known(NIGHTLY, watch=watch), part=replace(part, told=told))


def of_step(step: str, error: str = EXIT, parent: str = RUN) -> tuple[ExecutionEnded, KnownBatch]:
    arn = execution_arn(machine_of(step), child_name(step, parent))
    execution = Execution(arn=arn, status="FAILED", started=NOW - 60, stopped=NOW, error=error, parent=parent)
    event = ExecutionEnded(step, execution)
    return event, replace(known(batch(step, machine=machine_of(step))), part=WorkflowPart.of(event, NIGHTLY))


def note_of(decision: Decision) -> Message:
    (message,) = decision.messages
    return message


def test_a_failed_step_is_told_with_the_run_that_it_belongs_to_and_what_starts_that_again() -> None:
    of = note_of(decide(*of_step("load"), AlertRecord(), NOW))

    assert (of.title, dict(of.facts)["workflow"]) == ("exit 3: load in production", "nightly@rundeck-1")
    assert (of.commands[1:], of.sentences[-1]) == (("batchwright runs nightly -s production", RUN_AGAIN), GOES_ON)


def test_further_failures_of_a_step_are_told_with_what_runs_the_last_one_again() -> None:
    record = decide(*of_step("load"), AlertRecord(), NOW).record
    event, of = of_step("load", parent=f"{RUN}-b")
    again = replace(event, execution=replace(event.execution, stopped=NOW + 60))
    record = decide(again, of, record, NOW + 60).record

    hourly = decide(RepeatsCounted("load", EXIT), replace(of, part=None), record, NOW + HOUR)

    assert note_of(hourly).commands[-1] == f"{RUN_AGAIN}-b"


def test_a_step_whose_failure_is_ignored_is_neither_counted_nor_told() -> None:
    decision = decide(*of_step("coupons"), AlertRecord(), NOW)

    assert (decision.messages, decision.metrics["Failures"], decision.record.last.failures) == ((), 0.0, 0)


@pytest.mark.parametrize(("step", "parent"), [("other", RUN), ("load", "arn:aws:states:x:y:execution:someones:1")])
def test_a_run_that_is_no_step_of_the_workflow_is_told_as_ever(step: str, parent: str) -> None:
    event, of = of_step(step)
    alien = replace(event, execution=replace(event.execution, parent=parent)) if parent != RUN else event

    shown = note_of(decide(alien, replace(of, part=WorkflowPart.of(alien, NIGHTLY)), AlertRecord(), NOW))

    assert shown.commands[-1] == f"batchwright run {step} -s production --again {step}@{identity(alien.arn)}"
    assert "workflow" not in dict(shown.facts)
    assert GOES_ON not in shown.sentences


def test_the_whole_is_told_once_with_its_verdict_and_what_was_not_started() -> None:
    event = whole(extract="", load=EXIT, coupons="Batchwright.Timeout")

    decision = decide(event, of_whole(event, told=True), AlertRecord(), NOW)

    of = note_of(decision)
    assert of.title == "exit 3: nightly in production"
    assert of.sentences[:2] == ("Step load: exit 3.", "Not started: check, report.")
    facts, links = dict(of.facts), dict(of.links)
    assert (facts["owner"], facts["in a row"], links["runbook"]) == ("finance", "first failure", "https://wiki/nightly")
    assert "workflow" not in facts
    assert of.commands == (
        "batchwright logs nightly@rundeck-1 -s production",
        "batchwright runs nightly -s production",
        RUN_AGAIN,
    )
    assert decision.claim == f"{RUN}#0#{EXIT}"
    assert decision.record.ends[0].told


def test_where_all_was_started_and_people_know_of_the_step_nothing_more_is_told() -> None:
    event = whole(step="report", **ALL)

    decision = decide(event, of_whole(event, told=True), AlertRecord(), NOW)

    assert decision.messages == ()
    assert decision.record.ends[0].told  # so that it is not missed
    assert decision.record.last.failures == 1


def test_it_is_waited_for_what_people_are_told_of_the_step_and_not_for_ever() -> None:
    event = whole(step="report", **ALL)
    of = of_whole(event, told=None)

    assert decide(event, of, AlertRecord(), NOW).again_at > NOW
    assert note_of(decide(event, of, AlertRecord(), NOW + STEP_TOLD)).sentences[0] == "Step report: exit 3."


@pytest.mark.parametrize(
    ("event", "title"),
    [
        (whole(error="Batchwright.Stopped", step="report", **{**ALL, "report": "Batchwright.Stopped"}), "stopped"),
        (
            whole(error="Batchwright.StepNotRun", step="report", **{**ALL, "report": "Batchwright.Paused"}),
            "step not run",
        ),
        (whole(error="Batchwright.Paused", step="extract", extract="Batchwright.Paused"), "paused"),
        (whole(error="Batchwright.NeverStarted", step="extract", extract="Batchwright.NeverStarted"), "never started"),
        (whole("ABORTED", "", step=""), "stopped"),
        (whole("TIMED_OUT", "", step=""), "timeout"),
        (whole(error="States.DataLimitExceeded", step=""), "no result"),
        (whole(error="Batchwright.Overlap", step=""), ""),
        (whole(error="Batchwright.Paused", step=""), ""),
    ],
)
def test_what_ended_without_anybody_being_told(event: ExecutionEnded, title: str) -> None:
    decision = decide(event, of_whole(event), AlertRecord(), NOW)

    assert [message.title for message in decision.messages] == ([f"{title}: nightly in production"] if title else [])


def test_a_workflow_that_asks_for_silence_has_it() -> None:
    watch = Watch(alerts=Ask(off=True).to_dict())
    for event in (whole(extract="", load=EXIT), whole("ABORTED", "", step="")):
        assert decide(event, of_whole(event, watch=watch), AlertRecord(), NOW).messages == ()


def test_a_good_end_is_kept_and_a_recovery_is_told() -> None:
    failed = whole(extract="", load=EXIT)
    record = decide(failed, of_whole(failed), AlertRecord(), NOW).record
    good = ExecutionEnded("nightly", replace(failed.execution, status="SUCCEEDED", stopped=NOW + 60, arn=f"{RUN}1"))

    decision = decide(good, of_whole(good), record, NOW + 60)

    assert [message.kind for message in decision.messages] == ["recovered"]
    assert decision.record.last.succeeded


def test_a_recovery_of_a_step_is_told_by_its_workflow_alone() -> None:
    failed = decide(*of_step("load"), AlertRecord(), NOW).record
    theirs = {"startedBy": "AWS Step Functions", "group": child_name("load", f"{RUN}-b")}
    good = ended(9, 0, at=NOW + 60, name="load", **theirs)

    decision = decide(good, known(batch("load", machine=machine_of("load"))), failed, NOW + 60)

    assert (decision.messages, decision.why, decision.record.last.failures) == ((), "its workflow tells of it", 0)


def test_whether_people_were_told_of_a_step_is_in_the_record_of_its_batch() -> None:
    event = whole(extract="", load=EXIT)
    part = WorkflowPart.of(event, NIGHTLY)
    assert part is not None
    assert part.decided_by is not None

    assert part.told_of(part.decided_by, AlertRecord()) is None
    for error in (EXIT, "Batchwright.Stopped"):
        record = decide(*of_step("load", error), AlertRecord(), NOW).record
        assert part.told_of(part.decided_by, record) is (named(error)[1] == 3)


def test_many_steps_that_were_not_started_are_not_all_named() -> None:
    wide: dict[str, Any] = {**NIGHTLY.to_dict(), "steps": [f"s{number:02}" for number in range(12)]}
    part = WorkflowPart.of(whole(step="s00", s00=EXIT), WorkflowManifest.from_dict(wide))

    assert part is not None
    assert part.left == "Not started: s01, s02, s03, s04, s05, s06, s07, s08 and 3 more."


def test_of_a_workflow_s_backfill_a_step_or_the_whole_is_told_whichever_comes_first() -> None:
    event, of = of_step("load")
    step = replace(event, execution=replace(event.execution, backfill="week"))
    ignored, of_ignored = of_step("coupons")
    coupons = replace(ignored, execution=replace(ignored.execution, backfill="week"))
    night = whole(load=EXIT)
    night = replace(night, execution=replace(night.execution, backfill="week"))
    decisions = [decide(step, of, AlertRecord(), NOW), decide(night, of_whole(night, told=None), AlertRecord(), NOW)]

    assert [decision.claim for decision in decisions] == ["backfill#week"] * 2
    assert [note_of(decision).title for decision in decisions] == [
        "exit 3: load in production",
        "exit 3: nightly in production",
    ]
    assert decide(coupons, of_ignored, AlertRecord(), NOW).messages == ()
