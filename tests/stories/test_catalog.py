"""A catalog with the last results of a stage: what is known is shown, what cannot be seen is said."""

import json
import sys
import time
from typing import Any

from batchwright_runner.contract.last import Last
from batchwright_runner.contract.moments import utc
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.host.releases.record import ReleaseRecord
from tests.fake_aws import AwsServer, Script, faults, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.projects import SYNTHESIZE, declared
from tests.stories.story import Seen, start_task, story, until_past

BAD = Script(lines=lines("ready"), exit_code=3)
GOOD = Script(lines=lines("ready"), exit_code=0)
STAGE = {"project": "batches", "stages": {"staging": {"region": "ap-northeast-1"}}}
PROJECT = {
    "cdk.json": json.dumps({"app": f"{sys.executable} app.py", "context": STAGE}),
    "app.py": SYNTHESIZE,
    "declared.json": json.dumps(
        {"batches": {name: declared(name, "true", manifest={"stage": "staging"}) for name in ("daily-report", "other")}}
    ),
}
COMMAND = ["catalog", "-s", "staging", "--format", "json"]
AT = "2026-11-20T09:00:00+00:00"
DENIED = faults.access_denied()


def ran(aws: AwsServer, **more: Any) -> None:  # noqa: ANN401 - any field
    """One task that ECS knows, and one that only the history does."""
    start_task(aws, **more)
    until_past(aws.tasks[0].times.stopped)
    aws.forget(tasks=True)
    start_task(aws, **more)
    until_past(aws.tasks[0].times.stopped)


def retried(aws: AwsServer) -> None:
    """The same, as two attempts of one run."""
    overrides = [{"name": "main", "environment": [{"name": "BATCHWRIGHT_RUN_ID", "value": "night"}]}]
    ran(aws, startedBy="night", overrides={"containerOverrides": overrides})


def recorded(aws: AwsServer) -> None:
    """A record of the last ends, and a pause."""
    last = Last(
        ended="2026-11-24T17:30:00Z",
        verdict="Batchwright.Timeout",
        code=124,
        seconds=1800,
        succeeded="2026-11-21T17:30:00Z",
        failures=3,
        durations=(60, 70, 80),
    )
    aws.deploy(sample_manifest("spare"))
    texts = {"daily-report": last.to_json(), "spare": "not JSON"}
    items = [{"kind": "record", "name": name, "last": text} for name, text in texts.items()]
    aws.put_table("batches-staging-alerts", *items)
    released = ReleaseRecord(
        image="reports", digest="sha256:" + "ab" * 32, tag="sha-1", by="arn:aws:iam::1:user/bob", at=AT
    )
    aws.put_parameter("/batches/staging/releases/reports", released.to_json())
    aws.put_parameter("/batches/staging/releases/broken", "{}")
    pause = Pause(reason="a move", by="arn:aws:iam::1:user/alice", since=utc(time.time()))
    aws.put_parameter("/batches/staging/paused/daily-report", pause.to_json())


def nothing(aws: AwsServer) -> None:
    """The stage as if nothing were deployed."""
    for name in [path for path in aws.world.parameters if "/manifests/" in path]:
        del aws.world.parameters[name]


def results(seen: Seen) -> dict[str, Any]:
    """Batch to what is known of it."""
    data = json.loads(seen.out)
    assert seen.code == 0, seen.err
    return {"": data["results"], **{batch["batch"]: batch for batch in data["batches"]}}


@story(BAD, GOOD, command=COMMAND, files=PROJECT, prepare=ran)
def test_ends_that_ecs_knows_and_ends_of_the_history_are_shown(seen: Seen) -> None:
    found = results(seen)

    assert found[""] == "seen"
    ended = [(run["word"], run["code"]) for run in found["daily-report"]["runs"]]
    assert sorted(ended) == [("exit 3", 3), ("succeeded", 0)]
    assert found["daily-report"]["results"]["failures_in_row"] == 0
    assert found["daily-report"]["results"]["last_success"]
    assert (found["other"]["runs"], found["other"]["results"]) == (None, None)


@story(BAD, GOOD, command=COMMAND, files=PROJECT, prepare=retried)
def test_a_run_that_succeeded_by_a_retry_is_one_success(seen: Seen) -> None:
    found = results(seen)["daily-report"]

    assert [(run["word"], run["code"]) for run in found["runs"]] == [("succeeded", 0)]
    assert found["results"]["failures_in_row"] == 0


@story(GOOD, command=COMMAND, files=PROJECT, prepare=recorded)
def test_records_of_last_ends_and_pauses_are_shown(seen: Seen) -> None:
    found = results(seen)["daily-report"]

    assert found["results"] == {
        "failures_in_row": 3,
        "last_success": "2026-11-21T17:30:00Z",
        "usual_seconds": 70,
        "slow_seconds": 80,
    }
    assert found["release"] == {
        "image": "reports",
        "digest": "sha256:" + "ab" * 32,
        "tag": "sha-1",
        "by": "arn:aws:iam::1:user/bob",
        "at": AT,
        "kind": "release",
    }
    assert "broken: a release record cannot be read" in seen.err
    assert (found["paused"]["by"], found["paused"]["reason"]) == ("arn:aws:iam::1:user/alice", "a move")
    assert "spare: the record of the last ends cannot be read" in seen.err


@story(GOOD, command=COMMAND, files=PROJECT, faults={"FilterLogEvents": [DENIED]})
def test_without_permission_it_is_said_and_all_the_rest_is_written(seen: Seen) -> None:
    assert results(seen)[""] == "not seen"
    assert "past runs are not shown: the runs cannot be seen" in seen.err
    assert "AccessDenied" in seen.err


@story(GOOD, command=COMMAND, files=PROJECT, prepare=nothing)
def test_a_stage_that_is_not_deployed_is_said(seen: Seen) -> None:
    assert results(seen)[""] == "not deployed"
    assert "past runs are not shown: There are no batches in account" in seen.err


@story(GOOD, command=[*COMMAND, "--offline"], files=PROJECT)
def test_offline_asks_nothing(seen: Seen) -> None:
    assert results(seen)[""] == "not asked"
    assert not seen.calls
