"""``run --due`` through the installed command: a run for each time that was due, however often it is interrupted."""

import json
import re
import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.workflows.structure import WorkflowStep
from tests.fake_aws import AwsServer, Script, Term, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.past import ended
from tests.stories.stages import one_batch
from tests.stories.story import Running, Seen, sends, story
from tests.stories.workflow_runs import EXTRACT, NIGHTLY, granted

MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
DAYS = [(MIDNIGHT - timedelta(days=days)).date().isoformat() for days in (4, 3, 2)]
FIRST, SECOND, THIRD = DAYS
DUE = ("run", "daily-report", "-s", "staging", "--result", "result.json", "--due", f"{FIRST}..{THIRD}")
FINE = Script(lines=lines("fine"), runs=0.2)
FAILS = Script(lines=lines("broken"), runs=0.2, exit_code=3)
ENDLESS = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0))
DATE = RunOption(name="DATE", pattern=r"\d{4}-\d{2}-\d{2}")
DAILY = sample_manifest("daily-report", schedule="0 0 * * * UTC", options=(DATE,))


def due(day: str) -> str:
    return f"{day}T00:00:00+00:00"


def became(seen: Seen) -> list[str]:
    """What the result file says of each due time."""
    return [due_time["word"] for due_time in seen.result["due"]]


def variables_of(task: Any) -> dict[str, str]:  # noqa: ANN401 - a task of the stand-in
    """The variables that a task was given."""
    (main,) = task.request["overrides"]["containerOverrides"]
    return {variable["name"]: variable["value"] for variable in main["environment"]}


def succeeded_before(aws: AwsServer) -> None:
    """Before, the second one has succeeded; and the caller has the batch's own grant, and nothing else."""
    ended(aws, DAILY, MIDNIGHT - timedelta(days=3), scheduled=due(SECOND))
    one_batch(aws)


@story(FINE, manifest=DAILY, command=DUE, args=["-o", "DATE={date-1}"], prepare=succeeded_before)
def test_each_due_time_without_a_success_has_a_run_of_its_own(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (0, ["fine", "fine"])
    assert became(seen) == ["succeeded", "left out: succeeded", "succeeded"]
    tasks = [variables_of(task) for task in seen.aws.tasks]
    assert [task["BATCHWRIGHT_SCHEDULED_TIME"] for task in tasks] == [due(FIRST), due(THIRD)]
    assert [task["DATE"] for task in tasks] == [(MIDNIGHT - timedelta(days=days)).date().isoformat() for days in (5, 3)]
    assert [task["BATCHWRIGHT_RUN_ID"] for task in tasks] == [f"due-{day}T0000-1" for day in (FIRST, THIRD)]
    assert {task["BATCHWRIGHT_BACKFILL"] for task in tasks} == {seen.result["run_id"]}
    assert f"{SECOND} 00:00 UTC  left out  succeeded\n" in seen.err
    assert re.search(rf"{SECOND} 00:00 UTC  - +left out: succeeded\n", seen.err)
    assert seen.last == "batchwright: exit 0: 3 due times: 2 succeeded, 1 left out"


@story(FAILS, FINE, manifest=DAILY, command=DUE)
def test_the_first_failure_ends_it(seen: Seen) -> None:
    assert (seen.code, became(seen)) == (3, ["exit 3", "not run", "not run"])
    assert f"see its log: batchwright logs {seen.run} -s staging" in seen.err
    assert f"run it again: batchwright {' '.join(DUE)}" in seen.err
    why = f"due {FIRST} 00:00 UTC: the container's own code (main ended by itself) (3 due times: 1 failed, 2 not run)"
    assert seen.last == f"batchwright: exit 3: {why}"


def killed(running: Running) -> None:
    sends(signal.SIGKILL)(running)
    running.process.wait()
    running.aws.script(DAILY, FINE)
    running.another(*DUE)


@story(replace(ENDLESS, runs=8.0), manifest=DAILY, command=DUE, act=killed)
def test_killed_and_given_again_it_joins_the_run_that_goes_on(seen: Seen) -> None:
    assert (seen.code, seen.another.code) == (-9, 0)
    assert seen.another.out == b"ready\nfine\nfine\n"
    assert became(seen) == ["succeeded", "succeeded", "succeeded"]
    assert [variables_of(task)["BATCHWRIGHT_SCHEDULED_TIME"] for task in seen.aws.tasks] == [due(day) for day in DAYS]


@story(ENDLESS, manifest=DAILY, command=DUE, args=["--keep-going"], act=sends(signal.SIGTERM))
def test_a_signal_stops_the_run_and_the_rest(seen: Seen) -> None:
    assert (seen.code, seen.result["row"], became(seen)) == (143, "signal", ["stopped", "not run", "not run"])
    assert [task.times.stop_code for task in seen.aws.tasks] == ["UserInitiated"]


def paused(running: Running) -> None:
    running.until_line(b"ready")
    record = Pause(reason="a move", by="arn:aws:iam::1:user/alice").to_json()
    running.aws.put_parameter("/batches/staging/paused/daily-report", record)


@story(replace(ENDLESS, runs=1.0), manifest=DAILY, command=DUE, args=["--keep-going"], act=paused)
def test_a_pause_ends_it_before_the_next_one(seen: Seen) -> None:
    assert (seen.code, seen.result["row"], became(seen)) == (123, "paused", ["succeeded", "paused", "not run"])
    assert f"exit 123: due {SECOND} 00:00 UTC: daily-report is paused by alice: a move" in seen.last
    assert seen.last.endswith("(3 due times: 1 succeeded, 2 not run)")


STEPS = (WorkflowStep(name="extract"), WorkflowStep(name="again", batch="extract"))
NIGHTS = ("run", "nightly", "-s", "staging", "--result", "result.json", "--due", f"{FIRST}..{SECOND}")


def workflow(aws: AwsServer) -> None:
    aws.deploy_workflow(replace(NIGHTLY, schedule="0 0 * * * UTC", steps=STEPS), [EXTRACT])


def killed_workflow(running: Running) -> None:
    sends(signal.SIGKILL, b"extract | ")(running)
    running.process.wait()
    running.another(*NIGHTS)


@story(FINE, FAILS, FINE, manifest=EXTRACT, command=NIGHTS, prepare=workflow, args=["--keep-going"])
def test_a_workflow_runs_for_each_due_time(seen: Seen) -> None:
    assert (seen.code, became(seen)) == (3, ["exit 3", "succeeded"])
    starts = [json.loads(call.body["input"]) for call in seen.aws.calls_of("StartExecution")]
    named = [(f"due-{day}T0000-1", due(day)) for day in (FIRST, SECOND)]
    assert [(start["run_id"], start["scheduled"]) for start in starts] == named
    steps = {variables_of(task)["BATCHWRIGHT_BACKFILL"] for task in seen.aws.tasks}
    assert {start["backfill"] for start in starts} == steps == {seen.result["run_id"]}
    assert re.search(r"^ +again +\S+ +exit 3$", seen.err, re.MULTILINE)
    assert f"run this one again: batchwright run nightly -s staging --again nightly@due-{FIRST}T0000-1" in seen.err


@story(FINE, manifest=EXTRACT, command=NIGHTS, prepare=granted)
def test_the_grant_of_a_workflow_is_enough(seen: Seen) -> None:
    assert (seen.code, became(seen)) == (3, ["exit 3", "not run"])
    assert "nightly has no schedule: each day stands for its beginning, 00:00 in UTC" in seen.err


def refused(aws: AwsServer) -> None:
    workflow(aws)
    aws.world.machine_ends["extract"] = Row.OVERLAP


@story(FINE, manifest=EXTRACT, command=NIGHTS, prepare=refused)
def test_a_step_that_another_run_keeps_away_is_a_failure(seen: Seen) -> None:
    assert (seen.code, became(seen), seen.calls["StartExecution"]) == (123, ["overlap", "not run"], 1)


@story(replace(FINE, runs=8.0), manifest=EXTRACT, command=NIGHTS, prepare=workflow, act=killed_workflow)
def test_a_workflows_run_that_goes_on_is_joined(seen: Seen) -> None:
    assert (seen.another.code, became(seen)) == (0, ["succeeded", "succeeded"])
    assert "workflow nightly: joined as due-" in seen.another.err
    assert len(seen.aws.tasks) == 4
