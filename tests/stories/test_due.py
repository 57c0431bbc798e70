"""``run --due`` through the installed command: a run for each time that was due, however often it is interrupted."""

from datetime import UTC, datetime, timedelta
from typing import Any

from batchwright_runner.contract.options import RunOption
from tests.fake_aws import AwsServer, Script, Term, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.past import ended
from tests.stories.story import Seen, story

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
    return [one["word"] for one in seen.result["due"]]


def told(task: Any) -> dict[str, str]:  # noqa: ANN401 - a task of the stand-in
    """The variables that a task was given."""
    (main,) = task.request["overrides"]["containerOverrides"]
    return {one["name"]: one["value"] for one in main["environment"]}


def succeeded_before(aws: AwsServer) -> None:
    ended(aws, DAILY, MIDNIGHT - timedelta(days=3), scheduled=due(SECOND))


@story(FINE, manifest=DAILY, command=DUE, args=["-o", "DATE={date-1}"], prepare=succeeded_before)
def test_each_due_time_without_a_success_has_a_run_of_its_own(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (0, ["fine", "fine"])
    assert became(seen) == ["succeeded", "left out: succeeded", "succeeded"]
    given = [told(task) for task in seen.aws.tasks]
    assert [one["BATCHWRIGHT_SCHEDULED_TIME"] for one in given] == [due(FIRST), due(THIRD)]
    assert [one["DATE"] for one in given] == [(MIDNIGHT - timedelta(days=days)).date().isoformat() for days in (5, 3)]
    assert [one["BATCHWRIGHT_RUN_ID"] for one in given] == [f"due-{day}T0000-1" for day in (FIRST, THIRD)]
    assert {one["BATCHWRIGHT_BACKFILL"] for one in given} == {seen.result["run_id"]}
    assert "a run usually takes: 1m00s each, 2m00s in all\n" in seen.err
    assert seen.err.count(f"{SECOND} 00:00 UTC  left out") == 2
    assert seen.last == "batchwright: exit 0: 3 due times: 2 succeeded, 1 left out"


@story(FAILS, FINE, manifest=DAILY, command=DUE)
def test_the_first_failure_ends_it(seen: Seen) -> None:
    assert (seen.code, became(seen)) == (3, ["exit 3", "not run", "not run"])
    assert f"see its log: batchwright logs {seen.aws.tasks[0].id} -s staging" in seen.err
    assert f"run it again: batchwright {' '.join(DUE)}" in seen.err
    why = f"due {FIRST} 00:00 UTC: the container's own code (main ended by itself) (3 due times: 1 failed, 2 not run)"
    assert seen.last == f"batchwright: exit 3: {why}"


@story(FAILS, FINE, manifest=DAILY, command=DUE, args=["--keep-going"])
def test_told_to_keep_going_it_runs_the_others(seen: Seen) -> None:
    assert (seen.code, became(seen)) == (3, ["exit 3", "succeeded", "succeeded"])
