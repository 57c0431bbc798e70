"""``batchwright runs --missed`` as installed, without a project, in a stage that has a past."""

import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from batchwright.iam import verify_policies
from batchwright_runner.contract.moments import utc
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.watch import Watch
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from tests.fake_aws import AwsServer, Script, faults
from tests.fake_aws.fixtures import REGION, sample_manifest
from tests.fake_aws.services import states
from tests.kit.account import batchwright
from tests.kit.command import Done
from tests.kit.grants import NAMES, PLACE
from tests.kit.past import DAY, HOUR, ago, due_at, ended, record, watched
from tests.runner.host.missed.support import NIGHTLY, granted
from tests.stories.machine_runs import MACHINE
from tests.stories.story import start_task

WATCH = "/batches/staging/watch/daily-report"


def missed(aws: AwsServer, folder: Path, *words: str) -> Done:
    return batchwright(aws, folder, "runs", "-s", "staging", "--missed", *words)


def findings(aws: AwsServer, folder: Path, *words: str) -> list[tuple[str, str]]:
    done = missed(aws, folder, "--json", *words)
    lapses = [(lapse["batch"], lapse["kind"]) for lapse in json.loads(done.text)]
    assert done.code == (1 if [kind for _, kind in lapses if kind != "paused"] else 0)
    return lapses


def nightly(when: datetime, **more: Any) -> Watch:  # noqa: ANN401 - any field
    return Watch(schedule=due_at(when), scheduler="rundeck", **more)


def test_a_run_that_did_not_come_is_a_line_and_the_exit_code_is_1(aws: AwsServer, tmp_path: Path) -> None:
    due = ago(3 * HOUR)
    watched(aws, "daily-report", nightly(due))
    watched(aws, "hello", Watch())

    done = missed(aws, tmp_path, "--since", "1d")

    assert done.code == 1
    assert [line.split() for line in done.lines] == [
        ["BATCH", "DUE", "(UTC)", "STARTED", "BY", "WHAT"],
        ["daily-report", *f"{due:%m-%d %H:%M}".split(), "rundeck", "did", "not", "run"],
    ]
    assert f"batchwright run daily-report -s staging --scheduled {due.isoformat()}" in done.err
    assert "1 missed: 1 time due of 2 batches, since " in done.last
    (entry,) = json.loads(missed(aws, tmp_path, "--since", "1d", "--json").text)
    assert entry == {
        "batch": "daily-report",
        "kind": "missed",
        "due": due.isoformat(),
        "scheduler": "rundeck",
        "what": "did not run",
        "why": "",
        "runs": [],
    }


def test_where_all_came_it_says_so_and_exits_with_0(aws: AwsServer, tmp_path: Path) -> None:
    due = ago(3 * HOUR)
    ended(aws, watched(aws, "daily-report", nightly(due)), due + timedelta(seconds=3), code=3)

    done = missed(aws, tmp_path, "--since", "1d")

    assert (done.code, done.out) == (0, b"")
    assert "nothing was missed: 1 time due of 1 batch, since " in done.last


def test_a_week_is_looked_at_and_one_batch_can_be(aws: AwsServer, tmp_path: Path) -> None:
    due = ago(3 * HOUR)
    watched(aws, "daily-report", nightly(due))
    watched(aws, "hello", nightly(due))

    assert findings(aws, tmp_path) == [("daily-report", "missed")] * 7 + [("hello", "missed")] * 7
    assert findings(aws, tmp_path, "hello") == [("hello", "missed")] * 7
    (line,) = missed(aws, tmp_path, "hello").lines[1:]
    assert line.endswith("did not run, 7 times")


@pytest.mark.parametrize("overlap", ["wait", "allow"])
def test_a_due_time_is_not_missed_while_a_start_may_wait_for_the_run_before(
    aws: AwsServer, tmp_path: Path, overlap: str
) -> None:
    """Nobody but its own runner knows of a start that waits."""
    due = ago(3 * HOUR)
    watched(aws, "daily-report", nightly(due), overlap=overlap)
    aws.script(sample_manifest("daily-report"), Script(runs=60.0))
    environment = [{"name": "BATCHWRIGHT_SCHEDULED_TIME", "value": (due - timedelta(days=9)).isoformat()}]
    overrides = {"containerOverrides": [{"name": "main", "environment": environment}]}
    start_task(aws, startedBy="rundeck/ops/4711", overrides=overrides)

    assert findings(aws, tmp_path, "--since", "1d") == ([] if overlap == "wait" else [("daily-report", "missed")])


DUE = ago(3 * HOUR)
NOBODY, CRON = Watch(schedule=due_at(DUE)), Watch(schedule=due_at(DUE), scheduler="cron")
MONTHLY = Watch(schedule="0 1 1 * * UTC", scheduler="rundeck")
RECORDS = {
    "another schedule before": ([MONTHLY, 9 * DAY, nightly(DUE), 2 * DAY], 2),
    "a change of something else": ([nightly(DUE), 9 * DAY, nightly(DUE, expected_seconds=600), HOUR], 7),
    "nobody, then somebody, then somebody else": ([NOBODY, 9 * DAY, CRON, 3 * DAY, nightly(DUE), DAY], 3),
}


@pytest.mark.parametrize(("versions", "missed"), RECORDS.values(), ids=RECORDS.keys())
def test_nothing_is_missed_before_somebody_started_it_by_its_schedule(
    aws: AwsServer, tmp_path: Path, versions: list[Any], missed: int
) -> None:
    watched(aws, "daily-report", nightly(DUE))
    record(aws, WATCH, *(version.to_json() if isinstance(version, Watch) else version for version in versions))

    assert findings(aws, tmp_path) == [("daily-report", "missed")] * missed


def test_a_batch_without_a_record_is_due_by_its_manifest(aws: AwsServer, tmp_path: Path) -> None:
    due = ago(3 * HOUR)
    manifest = sample_manifest(schedule=due_at(due), scheduler="cron")
    old = sample_manifest(schedule="0 1 1 * * UTC")
    new = sample_manifest(schedule=due_at(due), scheduler="cron", task_definition=f"{manifest.task_definition[:-1]}8")
    aws.deploy(manifest)
    record(aws, manifest.path, old.to_json(), 9 * DAY, manifest.to_json(), 2 * DAY, new.to_json(), HOUR)

    assert findings(aws, tmp_path) == [("daily-report", "missed")] * 2


def test_a_paused_batch_is_said_to_be_paused(aws: AwsServer, tmp_path: Path) -> None:
    due = ago(3 * HOUR)
    watched(aws, "daily-report", nightly(due))
    pause = Pause(reason="a move", since=utc(time.time() - 5 * HOUR))
    aws.put_parameter("/batches/staging/paused/daily-report", pause.to_json())

    assert findings(aws, tmp_path, "--since", "1d") == [("daily-report", "paused")]
    done = missed(aws, tmp_path, "--since", "1d")
    assert (done.code, done.out) == (0, b"")
    assert "daily-report was due 1 time while it was paused by someone since " in done.err


@pytest.mark.parametrize("text", ["see the wiki", '{"reason": "a move", "since": "tuesday"}'])
def test_a_pause_that_does_not_say_since_when_is_as_old_as_its_record(
    aws: AwsServer, tmp_path: Path, text: str
) -> None:
    watched(aws, "daily-report", nightly(ago(3 * HOUR)))
    record(aws, "/batches/staging/paused/daily-report", text, HOUR)
    assert findings(aws, tmp_path, "--since", "1d") == [("daily-report", "missed")]

    record(aws, "/batches/staging/paused/daily-report", text, 5 * HOUR)
    assert findings(aws, tmp_path, "--since", "1d") == [("daily-report", "paused")]


def test_runs_of_a_machine(aws: AwsServer, tmp_path: Path) -> None:
    due = ago(HOUR)
    watch = Watch(schedule=due_at(due), scheduler="aws", expected_seconds=1200)
    watched(aws, "daily-report", watch, machine=MACHINE)
    assert findings(aws, tmp_path, "--since", "3h") == [("daily-report", "missed")]

    execution = states.begin(aws.world, MACHINE, "9f1c")
    assert findings(aws, tmp_path, "--since", "3h") == []  # it looks, or waits

    execution.started -= 1500
    assert findings(aws, tmp_path, "--since", "3h") == [("daily-report", "long")]

    states.end(aws.world, execution, "FAILED", "Batchwright.Paused")
    assert findings(aws, tmp_path, "--since", "3h") == [("daily-report", "paused")]


# What cannot be looked at


def test_without_a_history_it_cannot_be_known(aws: AwsServer, tmp_path: Path) -> None:
    watched(aws, "daily-report", nightly(ago(3 * HOUR)))
    aws.delete_group("/batches/staging/platform/runs")

    done = missed(aws, tmp_path, "--since", "1d")

    assert (done.code, done.lines[1].split()[-3:]) == (1, ["cannot", "be", "known"])
    assert "there is no log group /batches/staging/platform/runs" in done.err
    assert findings(aws, tmp_path, "--since", "1d") == [("daily-report", "unknown")]


@pytest.mark.parametrize("operation", ["FilterLogEvents", "ListTasks"])
def test_what_is_refused_is_no_success(aws: AwsServer, tmp_path: Path, operation: str) -> None:
    watched(aws, "daily-report", nightly(ago(3 * HOUR)))
    aws.faults(operation, faults.access_denied(None))

    done = missed(aws, tmp_path, "--since", "1d")

    assert done.code == 1
    assert "cannot be known" in done.text
    assert "AccessDenied" in done.err
    assert findings(aws, tmp_path, "--since", "1d") == [("daily-report", "unknown")]


def test_a_record_that_cannot_be_read_is_said(aws: AwsServer, tmp_path: Path) -> None:
    due = ago(3 * HOUR)
    ended(aws, watched(aws, "daily-report", nightly(due)), due)
    record(aws, WATCH, "no json", 9 * DAY)

    assert findings(aws, tmp_path, "--since", "1d") == [("daily-report", "unknown")]
    assert f"{WATCH} cannot be used: it is not JSON" in missed(aws, tmp_path).err


def test_grant_run_is_enough_and_without_the_records_it_is_said(aws: AwsServer, tmp_path: Path) -> None:
    due = ago(3 * HOUR)
    manifest = watched(aws, "daily-report", nightly(due), machine=MACHINE)
    record(aws, WATCH, Watch().to_json(), 9 * DAY, nightly(due).to_json(), 2 * DAY)
    aws.limit(granted(records=True), {})
    assert findings(aws, tmp_path, "--since", "1d") == [("daily-report", "missed")]

    ended(aws, manifest, due)
    aws.limit(granted(records=False), {})
    assert findings(aws, tmp_path, "--since", "1d") == [("", "unknown")]
    assert "what is watched of the batches cannot be seen" in missed(aws, tmp_path).err


def test_grant_verify_is_enough_too(aws: AwsServer, tmp_path: Path) -> None:
    due = ago(3 * HOUR)
    watched(aws, "daily-report", nightly(due), machine=MACHINE)
    record(aws, WATCH, Watch().to_json(), 9 * DAY, nightly(due).to_json(), 2 * DAY)
    cluster = "batches-staging"
    verify = verify_policies.verify(PLACE, NAMES, cluster=cluster, key="", repositories=[])
    aws.limit([*verify, *verify_policies.look_back(PLACE, NAMES, cluster=cluster, history=True)], {})

    assert findings(aws, tmp_path, "--since", "1d") == [("daily-report", "missed")]


def test_the_history_is_read_once_however_many_batches_there_are(aws: AwsServer, tmp_path: Path) -> None:
    due = ago(3 * HOUR)
    for n in range(12):
        ended(aws, watched(aws, f"batch-{n:02}", nightly(due)), due, run=f"rundeck/ops/{n}")
    aws.quota("FilterLogEvents", 5)

    assert findings(aws, tmp_path, "--since", "1d") == []
    assert len(aws.calls_of("FilterLogEvents")) <= 3
    assert not aws.calls_of("GetParameterHistory")


@pytest.mark.parametrize("option", ["--failed", "--watch", "--limit=3"])
def test_it_goes_with_no_other_choice_of_runs(aws: AwsServer, tmp_path: Path, option: str) -> None:
    aws.deploy(sample_manifest())

    done = missed(aws, tmp_path, option)

    assert done.code == 2
    assert "--missed cannot be combined with" in done.err


def test_a_stage_without_batches_is_no_good_morning(aws: AwsServer, tmp_path: Path) -> None:
    watched(aws, "daily-report", nightly(ago(3 * HOUR)))

    for more in ([], ["--json"]):
        done = batchwright(aws, tmp_path, "runs", "-s", "prodution", "--missed", *more)

        assert (done.code, done.text) == (2, "")
        assert "nothing was looked at: stage prodution has no batches" in done.err
        assert f"region {REGION}, project batches, stage prodution" in done.err

    listed = batchwright(aws, tmp_path, "runs", "-s", "prodution")
    assert (listed.code, listed.text) == (0, "")
    assert "no such runs. There are no batches in account" in listed.err


def nightly_workflow(aws: AwsServer, watch: Watch) -> WorkflowManifest:
    """Deploys a workflow of one step, long ago."""
    workflow = WorkflowManifest.from_dict(NIGHTLY)
    manifest = watched(aws, "daily-report", Watch(), machine=MACHINE)
    aws.deploy_workflow(workflow, [manifest])
    record(aws, "/batches/staging/watch/nightly", watch.to_json(), 9 * DAY)
    return workflow


def night(
    aws: AwsServer, workflow: WorkflowManifest, started: datetime, *, scheduled: str = "", status: str = "SUCCEEDED"
) -> None:
    """A run of the workflow."""
    inputs = json.dumps({"scheduled": scheduled} if scheduled else {})
    aws.world.players.pop(workflow.machine, None)
    run = states.begin(aws.world, workflow.machine, f"n-{started:%d%H%M}", given=inputs, at=started.timestamp())
    if status != states.RUNNING:
        states.end(aws.world, run, status, "Batchwright.Exit3", at=started.timestamp() + 60)


def test_a_workflow_that_was_due_is_missed_as_a_batch_is(aws: AwsServer, tmp_path: Path) -> None:
    due = ago(3 * HOUR)
    workflow = nightly_workflow(aws, nightly(due))
    for days in range(6, 1, -1):
        night(aws, workflow, due - timedelta(days=days), status="FAILED" if days == 2 else "SUCCEEDED")
    night(aws, workflow, ago(2 * HOUR), scheduled=(due - timedelta(days=1)).isoformat())

    assert findings(aws, tmp_path) == findings(aws, tmp_path, "nightly") == [("nightly", "missed")]
    done = missed(aws, tmp_path)
    assert f"batchwright run nightly -s staging --scheduled {due.isoformat()}" in done.err

    night(aws, workflow, due + timedelta(seconds=3), scheduled=due.isoformat())
    assert findings(aws, tmp_path) == []


def test_a_night_just_before_what_is_looked_at_counts(aws: AwsServer, tmp_path: Path) -> None:
    due = ago(24 * HOUR + 300)
    night(aws, nightly_workflow(aws, nightly(due)), due)

    assert findings(aws, tmp_path, "--since", "1d") == []


def test_a_workflow_whose_executions_may_not_be_seen_is_not_known(aws: AwsServer, tmp_path: Path) -> None:
    nightly_workflow(aws, nightly(ago(3 * HOUR)))
    aws.faults("ListExecutions", faults.access_denied(None))

    assert findings(aws, tmp_path, "--since", "1d") == [("nightly", "unknown")]


def test_a_workflow_whose_record_cannot_be_read_is_not_known(aws: AwsServer, tmp_path: Path) -> None:
    workflow = nightly_workflow(aws, nightly(ago(3 * HOUR)))
    aws.put_parameter(workflow.path, workflow.to_json().replace('"schema":1', '"schema":99'))

    assert findings(aws, tmp_path, "--since", "1d") == findings(aws, tmp_path, "nightly") == [("nightly", "unknown")]
    assert "it has schema 99 and this runner reads up to 1" in missed(aws, tmp_path).err
