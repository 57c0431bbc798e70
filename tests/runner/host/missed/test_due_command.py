"""``batchwright runs --due`` as installed, in a stage that has a past."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from batchwright_runner.contract.tasks import SHORT_ID
from batchwright_runner.contract.watch import Watch
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import REGION
from tests.fake_aws.services import states
from tests.kit.account import batchwright
from tests.kit.command import Done
from tests.kit.past import DAY, HOUR, ago, due_at, ended, record, watched
from tests.runner.host.missed.support import NIGHTLY, granted
from tests.stories.machine_runs import MACHINE

SET = "run-0123456789ab/alice/laptop"


def due(aws: AwsServer, folder: Path, days: str, *words: str, name: str = "daily-report") -> Done:
    return batchwright(aws, folder, "runs", name, "-s", "staging", "--due", days, *words)


def days(when: datetime, back: int) -> str:
    return f"{when - timedelta(days=back):%Y-%m-%d}..{when:%Y-%m-%d}"


def a_week(aws: AwsServer, when: datetime) -> None:
    """Of the last four days: one failed, one did not run, one was filled, the last succeeded."""
    manifest = watched(aws, "daily-report", Watch(schedule=due_at(when), scheduler="rundeck"))
    before, filled = when - timedelta(days=3), when - timedelta(days=1)
    ended(aws, manifest, before + timedelta(seconds=2), code=3, run="rundeck/ops/1")
    ended(aws, manifest, when - timedelta(hours=1), run="due-1", scheduled=filled.isoformat(), backfill=SET)
    ended(aws, manifest, when + timedelta(seconds=2), run="rundeck/ops/4")


def test_each_due_time_is_a_line_with_what_became_of_it(aws: AwsServer, tmp_path: Path) -> None:
    when = ago(3 * HOUR)
    a_week(aws, when)

    done = due(aws, tmp_path, days(when, 3))

    def cells(back: int, *words: str) -> list[str]:
        return [*f"{when - timedelta(days=back):%m-%d %H:%M}".split(), *words]

    rows = [
        [word for word in line.split() if not SHORT_ID.fullmatch(word.removeprefix("daily-report@"))]
        for line in done.lines
    ]
    assert done.code == 0
    assert rows == [
        ["DUE", "(UTC)", "RESULT", "RUN", "BY"],
        cells(3, "exit", "3", "Rundeck", "1"),
        cells(2, "did", "not", "run", "-", "-"),
        cells(1, "succeeded,", "backfill", "alice@laptop"),
        cells(0, "succeeded", "Rundeck", "4"),
    ]
    assert "4 due times of daily-report: 2 succeeded, 1 failed, 1 did not run" in done.err
    days_left = f"{when - timedelta(days=3):%Y-%m-%d}..{when - timedelta(days=2):%Y-%m-%d}"
    assert done.last.endswith(f"batchwright run daily-report -s staging --due {days_left}")
    entries = json.loads(due(aws, tmp_path, days(when, 3), "--json").text)
    assert [entry["state"] for entry in entries] == ["failed", "missed", "succeeded", "succeeded"]
    assert {**entries[2], "run": ""} == {
        "batch": "daily-report",
        "due": (when - timedelta(days=1)).isoformat(),
        "state": "succeeded",
        "word": "succeeded",
        "why": "",
        "run": "",
        "by": "alice@laptop",
        "backfill": SET,
    }


def test_a_run_of_a_backfill_stands_for_no_due_one_and_is_shown_as_what_it_is(aws: AwsServer, tmp_path: Path) -> None:
    when = ago(3 * HOUR)
    a_week(aws, when)

    missed = json.loads(batchwright(aws, tmp_path, "runs", "-s", "staging", "--missed", "--since", "3d", "--json").text)
    assert [entry["due"] for entry in missed] == [(when - timedelta(days=back)).isoformat() for back in (2, 1)]
    assert "made up for by " in missed[1]["why"]
    line = batchwright(aws, tmp_path, "runs", "daily-report", "-s", "staging").lines[2]
    assert line.endswith("alice@laptop  succeeded, backfill")
    page = batchwright(aws, tmp_path, "describe", line.split()[0], "-s", "staging").text
    assert f"  started by  alice@laptop\n  backfill    {SET}\n" in page


def test_the_zone_is_named_once_and_the_days_are_those_of_the_schedule(aws: AwsServer, tmp_path: Path) -> None:
    watched(aws, "daily-report", Watch(schedule="0 20 * * * UTC"), timezone="Asia/Tokyo")
    day = ago(2 * DAY)

    done = due(aws, tmp_path, f"{day:%Y-%m-%d}")

    assert done.lines[0].startswith("DUE (JST)")
    assert done.lines[1].startswith(f"{day + timedelta(days=1):%m-%d} 05:00  did not run")
    assert "the days are those of UTC, in which daily-report is due" in done.err
    assert done.last.endswith(f"make up for it: batchwright run daily-report -s staging --due {day:%Y-%m-%d}")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--due", "2020-01-01..2026-11-07"], "2,503 due times, and 1,000 are shown at most"),
        (["--due", "2999-01-01.."], "no day was asked for: 2999-01-01 is to come"),
        (["--due", "2026-11-01", "--missed"], "--missed cannot be combined with --due"),
    ],
)
def test_days_that_cannot_be_shown_are_refused(aws: AwsServer, tmp_path: Path, words: list[str], why: str) -> None:
    watched(aws, "daily-report", Watch(schedule="30 2 * * * UTC"))

    done = batchwright(aws, tmp_path, "runs", "daily-report", "-s", "staging", *words)

    assert (done.code, done.text) == (2, "")
    assert why in done.err


def test_a_batch_has_to_be_named_and_to_be_due_so_often_that_it_fits(aws: AwsServer, tmp_path: Path) -> None:
    watched(aws, "daily-report", Watch(schedule="* * * * * UTC"))
    watched(aws, "hello", Watch(schedule="30 2 29 2 * UTC"))

    assert "--due needs a BATCH" in batchwright(aws, tmp_path, "runs", "-s", "staging", "--due", "2026-11-01").err
    assert "may be 4,222,846,080 due times" in due(aws, tmp_path, "1970-01-01..9998-12-31").err
    assert "may be 527,040 due times" in due(aws, tmp_path, "2026-01-01..2027-01-01").err
    done = due(aws, tmp_path, "2026-11-01..2026-11-07", name="hello")
    assert (done.code, done.text) == (2, "")
    assert "nothing was due from 2026-11-01 to 2026-11-07: it was due on none of these days" in done.err


@pytest.mark.parametrize("verb", ["run", "runs"])
def test_a_time_that_the_clock_leaves_out_is_named(aws: AwsServer, tmp_path: Path, verb: str) -> None:
    watched(aws, "daily-report", Watch(schedule="30 2 * * * America/New_York"))
    words, why = ["daily-report", "-s", "staging", "--due"], "left out, as the clock is put forward in America/New_York"

    done = batchwright(aws, tmp_path, verb, *words, "2026-03-08")
    three = batchwright(
        aws, tmp_path, verb, *words, "2026-03-07..2026-03-09", *(["--all", "--dry-run"] if verb == "run" else [])
    )

    assert (done.code, done.text) == (2, "")
    assert f"nothing was due from 2026-03-08 to 2026-03-08: {why}: 2026-03-08 02:30" in done.err
    assert f"{why}: 2026-03-08 02:30" in three.err


def test_who_may_run_it_may_see_its_due_times(aws: AwsServer, tmp_path: Path) -> None:
    when = ago(3 * HOUR)
    a_week(aws, when)
    aws.limit(granted(records=False), {})

    done = due(aws, tmp_path, days(when, 3), "--json")

    assert (done.code, [entry["state"] for entry in json.loads(done.text)][:1]) == (0, ["failed"])


def test_a_workflow_has_due_times_too(aws: AwsServer, tmp_path: Path) -> None:
    when = ago(3 * HOUR)
    watch = Watch(schedule=due_at(when), scheduler="aws")
    workflow = WorkflowManifest.from_dict({**NIGHTLY, "schedule": watch.schedule})
    aws.deploy_workflow(workflow, [watched(aws, "daily-report", Watch(), machine=MACHINE)])
    record(aws, "/batches/staging/watch/nightly", watch.to_json(), 9 * DAY)
    aws.world.players.pop(workflow.machine, None)
    for back, status, more in ((2, "FAILED", {}), (1, "SUCCEEDED", {"backfill": SET})):
        inputs = {"scheduled": (when - timedelta(days=back)).isoformat(), **more}
        at = (when - timedelta(days=back)).timestamp() + 9
        run = states.begin(aws.world, workflow.machine, f"n-{back}", given=json.dumps(inputs), at=at)
        states.end(aws.world, run, status, "Batchwright.Exit3", at=at + 60)

    entries = json.loads(due(aws, tmp_path, days(when, 2), "--json", name="nightly").text)

    rows = [
        (entry["state"], entry["word"], entry["run"].removeprefix("nightly@"), entry["by"], entry["backfill"])
        for entry in entries
    ]
    assert rows == [
        ("failed", "exit 3", "n-2", "aws", ""),
        ("succeeded", "succeeded", "n-1", "alice@laptop", SET),
        ("missed", "did not run", "", "", ""),
    ]


STAGE = {"project": "batches", "timezone": "UTC", "stages": {"staging": {"region": REGION}}}
