"""A due time that comes twice, as EventBridge Scheduler starts at least once: its batch runs once."""

import json
from typing import Any

import pytest

from batchwright_runner.contract.manifest import BatchManifest
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.scripted_ecs import End, ScriptedEcs
from tests.kit.state_machine import Ended
from tests.library.automation.support import called, ecs, execute

DUE = "2026-11-25T17:30:00Z"
OTHER = "2026-11-25T17:45:00Z"
OVERLAPS = ("allow", "forbid", "wait")
EXECUTION = "arn:aws:states:eu-west-1:111111111111:execution:batches-staging-daily-report:"


def manifest(overlap: Any, **changes: Any) -> BatchManifest:  # noqa: ANN401 - any field
    return sample_manifest(overlap=overlap, **changes)


def again(ours: ScriptedEcs, batch: BatchManifest, due: str = DUE, *, after: float = 200, **changes: Any) -> Ended:  # noqa: ANN401
    """A further execution with a due time, some seconds after all before."""
    ours.clock.sleep(after)
    return execute(ours, batch, {"scheduled": due} if due else {}, run="a77e", **changes)


def why(ended: Ended) -> str:
    cause: dict[str, str] = json.loads(ended.cause)
    return cause["why"]


@pytest.mark.parametrize("after", [1, 200, 3000])
@pytest.mark.parametrize("overlap", OVERLAPS)
def test_after_a_good_run_for_a_due_time_none_is_started_for_it(overlap: str, after: float) -> None:
    ours, batch = ecs(End(others={"router": 143})), manifest(overlap, options=(), retries=1, retry_on=(3,))
    first = execute(ours, batch, {"scheduled": DUE})
    second = again(ours, batch, after=after)

    assert (called(first), called(second)) == ("Batchwright.Exit0", "Batchwright.Overlap")
    assert why(second) == "run daily-report@9f1c was for the same due time, and has ended well"
    assert len(ours.starts) == 1


@pytest.mark.parametrize("overlap", OVERLAPS)
@pytest.mark.parametrize(
    ("end", "due"),
    [
        (End(exit_code=3), DUE),
        (End(stop_code="UserInitiated"), DUE),
        (End(others={"agent": 1}), DUE),
        (End(), OTHER),
        (End(), ""),
        (End(), "tonight"),
    ],
)
def test_after_any_other_run_one_is_started(overlap: str, end: End, due: str) -> None:
    batch = manifest(overlap, essential=("agent",))
    ours = ecs(end, End(), sync="never")
    execute(ours, batch, {"scheduled": DUE})

    assert called(again(ours, batch, due)) == "Batchwright.Exit0"
    assert len(ours.starts) == 2


@pytest.mark.parametrize("overlap", OVERLAPS)
def test_runs_without_a_due_time_are_never_for_the_same(overlap: str) -> None:
    ours = ecs()
    execute(ours, manifest(overlap))

    assert called(again(ours, manifest(overlap), "")) == "Batchwright.Exit0"


# At once.


def beside(ours: ScriptedEcs, due: object = DUE, *, ago: float = 2.0, name: str = "0000") -> dict[str, Any]:
    """An execution in progress, that has no task yet."""
    given = json.dumps({"scheduled": due} if due else {})
    execution = {"ExecutionArn": EXECUTION + name, "Name": name, "StartDate": ours.iso(ago), "Input": given}
    ours.executions.append(execution)
    return execution


def due_now(ours: ScriptedEcs) -> str:
    """A due time ten seconds ago, in the form of Scheduler's."""
    return f"{ours.iso(10)[:19]}Z"


@pytest.mark.parametrize("zone", ["Z", "+00:00", ".000Z"])
@pytest.mark.parametrize("overlap", ["allow", "forbid"])
def test_of_two_runs_at_once_for_a_due_time_the_younger_gives_way(overlap: str, zone: str) -> None:
    ours = ecs()
    due = due_now(ours)
    beside(ours, due.replace("Z", zone))

    assert called(again(ours, manifest(overlap), due, after=0)) == "Batchwright.Overlap"
    assert ours.starts == []


def test_a_run_that_waits_for_one_of_its_due_time_gives_way_once_that_has_ended_well() -> None:
    ours = ecs()
    batch = manifest("wait", overlap_wait_seconds=3600)
    execute(ours, batch, {"scheduled": DUE}, run="0000")
    before = beside(ours)
    until = ours.clock.now + 600

    def end() -> None:
        if ours.clock.now > until:
            before["Status"] = "SUCCEEDED"

    ours.before_look = end

    assert why(again(ours, batch, after=0)) == "run daily-report@0000 was for the same due time, and has ended well"
    assert len(ours.starts) == 1


def test_runs_that_may_overlap_do_so_where_their_due_times_differ() -> None:
    ours = ecs()
    due = due_now(ours)
    for number, other in enumerate((OTHER, "", 3)):
        beside(ours, other, name=f"000{number}")
    beside(ours, due, ago=7200, name="old")

    assert called(again(ours, manifest("allow"), due, after=0)) == "Batchwright.Exit0"
    # One that began before the due time cannot be for it.
    described = [given["ExecutionArn"][-4:] for call, given in ours.calls if call == "sfn:describeExecution"]
    assert described == ["0000", "0001", "0002"]


def test_among_others_the_one_of_the_same_due_time_is_found() -> None:
    ours = ecs()
    due = due_now(ours)
    for number, other in enumerate((OTHER, due, OTHER)):
        beside(ours, other, name=f"000{number}")

    given_way = why(again(ours, manifest("allow"), due, after=0))
    assert given_way == "run daily-report@0001 is in progress, and is for the same due time"


@pytest.mark.parametrize(
    ("due", "found"),
    [
        (DUE, "Batchwright.Overlap"),
        ("2026-11-26T02:30:00+09:00", "Batchwright.Overlap"),
        ("2026-11-26T02:30:00Z", "Batchwright.Exit0"),
        (OTHER, "Batchwright.Exit0"),
    ],
)
def test_a_task_of_a_runner_for_the_due_time_counts_too(due: str, found: str) -> None:
    ours = ecs()
    variables = [{"Name": "BATCHWRIGHT_RUN_ID", "Value": "night"}, {"Name": "BATCHWRIGHT_SCHEDULED_TIME", "Value": due}]
    ours.tasks.append(
        {
            "TaskArn": "arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/other",
            "StartedBy": "night",
            "Group": "family:batches-staging-daily-report",
            "LastStatus": "RUNNING",
            "CreatedAt": ours.iso(),
            "Overrides": {"ContainerOverrides": [{"Name": "main", "Environment": variables}]},
        }
    )

    assert called(again(ours, manifest("allow"))) == found


def test_a_further_attempt_of_a_run_that_may_overlap_looks_for_no_other() -> None:
    ours = ecs(End(exit_code=75), End())

    assert called(again(ours, manifest("allow", retries=1, retry_on=(75,)))) == "Batchwright.Exit0"
    assert [call for call, _ in ours.calls].count("sfn:listExecutions") == 1


def test_nothing_is_started_for_a_due_time_where_others_cannot_be_seen() -> None:
    for call in ("sfn:listExecutions", "sfn:describeExecution", "ecs:listTasks", "ecs:describeTasks"):
        ours = ecs(denied=[call])
        due = due_now(ours)
        execute(ours, manifest("allow"))
        beside(ours, "" if call.startswith("ecs") else due)

        assert called(again(ours, manifest("allow"), due, after=0)) == "Batchwright.NoResult", call
        assert len(ours.starts) == 1
