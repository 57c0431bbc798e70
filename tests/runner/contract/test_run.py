"""Attempts joined to runs: which belong together, and the one verdict and the one duration of a run."""

import json
from typing import Any

import pytest

from batchwright_runner.contract.executions import Execution, known_execution
from batchwright_runner.contract.judgment.ending import stop_reason
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.judgment.verdict import StopRequest
from batchwright_runner.contract.missed.seen import seen_runs
from batchwright_runner.contract.run import Attempt, Run, runs_from
from batchwright_runner.contract.variables import BACKFILL, RUN_ID
from tests.kit.manifests import manifest

HELLO = manifest()
MACHINE = "arn:aws:states:ap-northeast-1:111111111111:stateMachine:batches-local-hello"
GAVE_WAY = stop_reason(StopRequest("overlap", run="0123456789abcdef"))


WAITING = TaskState(status="WAITING")


def task(number: int, run: str = "night", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """The task of an attempt that the runner has started at ``number`` · 100, and that ended 60 s later with 3."""
    at = number * 100.0
    code = more.pop("exitCode", 3)
    begun = {} if code is None else {"startedAt": at + 10}
    return {
        "taskArn": f"arn:task/c/{number:08x}{run}",
        "taskDefinitionArn": HELLO.task_definition,
        "startedBy": run,
        "lastStatus": "STOPPED",
        "stopCode": "EssentialContainerExited",
        "createdAt": at,
        "executionStoppedAt": at + 60,
        "containers": [{"name": "main", "lastStatus": "STOPPED", "exitCode": code}],
        "overrides": {"containerOverrides": [{"name": "main", "environment": [{"name": RUN_ID, "value": run}]}]},
        **begun,
        **more,
    }


def run_of(*tasks: dict[str, Any]) -> Run:
    (run,) = runs_from([Attempt.of(HELLO, task) for task in tasks])
    return run


def numbers(run: Run) -> tuple[int, ...]:
    return tuple(attempt.number for attempt in run.attempts)


def test_a_run_that_failed_and_then_succeeded_has_succeeded() -> None:
    run = run_of(task(2, exitCode=0), task(1))

    assert [attempt.verdict and attempt.verdict.code for attempt in run.attempts] == [3, 0]
    assert (run.succeeded, run.last.word, numbers(run)) == (True, "succeeded", (1, 2))
    assert (run.created, run.ended, run.seconds(0)) == (100, 260, 160)


def test_as_a_run_is_judged_it_keeps_its_identity_whatever_attempt_it_is_at() -> None:
    for tasks in ([task(1)], [task(2)], [task(1), task(2)]):
        (run,) = seen_runs([Attempt.of(HELLO, task) for task in tasks])
        assert run.identity == "night"
    foreign = [Attempt.of(HELLO, {**task(number), "overrides": {}}) for number in (1, 2)]
    assert [run.identity for run in seen_runs(foreign)] == ["arn:task/c/00000001night", "arn:task/c/00000002night"]


def test_a_run_says_of_which_backfill_it_is_whatever_it_is_known_from() -> None:
    def given_to_main(name: str) -> dict[str, Any]:
        return {"containerOverrides": [{"name": "main", "environment": [{"name": name, "value": "week"}]}]}

    assert [run_of(task(1, overrides=given_to_main(name))).backfill for name in (BACKFILL, "OTHER")] == ["week", ""]
    for key in ("backfill", BACKFILL):
        step = {"executionArn": f"{MACHINE}:1", "status": "RUNNING", "input": json.dumps({key: "week"})}
        assert Run([known_execution(HELLO, Execution.of(step))]).backfill == "week"


def test_a_run_one_attempt_of_which_goes_on_is_in_progress() -> None:
    running = {"lastStatus": "RUNNING", "stopCode": "", "executionStoppedAt": None}
    run = run_of(task(1), {**task(2), **running, "containers": [{"name": "main", "lastStatus": "RUNNING"}]})

    assert (run.in_progress, run.verdict, run.ended, run.last.word) == (True, None, None, "running")
    assert run.seconds(now=900) == 800


def test_a_start_that_failed_after_an_attempt_that_had_begun_is_not_safe_to_repeat() -> None:
    never = task(2, exitCode=None, stopCode="SpotInterruption", stoppedReason="Spot")
    alone, second = run_of(never).verdict, run_of(task(1), never).verdict

    assert alone is not None
    assert second is not None
    assert (alone.again, alone.why) == ("safe", "the batch never started (Spot)")
    assert (second.again, second.why) == ("ask", "the batch never started (Spot); attempt 1 had begun")

    gone = run_of(task(1), {**never, "stopCode": "TaskFailedToStart", "stoppedReason": "no image"}).verdict
    assert gone is not None
    assert (gone.again, gone.why) == ("useless", "the batch never started (no image); attempt 1 had begun")


def test_an_attempt_that_gave_way_before_it_began_does_not_speak_for_its_run() -> None:
    gave_way = task(2, exitCode=None, stopCode="UserInitiated", stoppedReason=GAVE_WAY)

    assert (run_of(task(1), gave_way).verdict, run_of(gave_way).last.word) == (run_of(task(1)).verdict, "overlap")


@pytest.mark.parametrize(
    "tasks",
    [
        (task(1), task(2, run="day")),
        (task(1, overrides={}), task(2, overrides={})),  # what else starts tasks may give all of them one id
    ],
)
def test_what_has_no_run_id_in_common_are_runs_of_their_own(tasks: tuple[dict[str, Any], ...]) -> None:
    runs = runs_from(Attempt.of(HELLO, task) for task in tasks)

    assert [numbers(run) for run in runs] == [(1,), (1,)]
    assert [run.created for run in runs] == [200, 100]


def test_one_run_id_for_two_batches_is_two_runs() -> None:
    other = manifest("other")

    runs = runs_from([Attempt.of(HELLO, task(1)), Attempt.of(other, task(2))])

    assert [run.manifest.batch for run in runs] == ["other", "hello"]


def test_the_tasks_of_an_execution_are_one_run() -> None:
    by_aws = manifest(machine=MACHINE)
    by_machine: dict[str, Any] = {"startedBy": "AWS Step Functions", "group": "5a6b7c8d-1", "overrides": {}}

    (run,) = runs_from(Attempt.of(by_aws, task(number, **by_machine)) for number in (1, 2))

    assert run.execution == f"{MACHINE.replace('stateMachine', 'execution')}:5a6b7c8d-1"
    assert (run.started_by, numbers(run)) == ("5a6b7c8d-1", (1, 2))


def attempt(number: int) -> dict[str, Any]:
    """What a task was started with that is an attempt of this number."""
    pairs = {"BATCHWRIGHT_RUN_ID": "night", "BATCHWRIGHT_ATTEMPT": str(number)}
    environment = [{"name": name, "value": value} for name, value in pairs.items()]
    return {"containerOverrides": [{"name": "main", "environment": environment}]}


def test_a_task_that_ecs_and_the_history_know_counts_once_as_ecs_knows_it() -> None:
    numbered = task(3, overrides=attempt(3))
    attempts = [Attempt.of(HELLO, task(3), in_ecs=False), Attempt.of(HELLO, numbered)]

    for order in (attempts, attempts[::-1]):
        (run,) = runs_from(order)
        assert numbers(run) == (3,)


def test_where_ecs_has_forgotten_attempts_the_others_keep_their_numbers() -> None:
    third, fourth = (task(n, overrides=attempt(n)) for n in (3, 4))

    assert numbers(run_of(third, fourth)) == (3, 4)
    assert numbers(run_of(task(3), task(4))) == (1, 2)  # others have no number


def test_an_execution_without_a_task_is_named_by_the_beginning_of_a_uuid_alone() -> None:
    def of(name: str) -> Attempt:
        return Attempt(HELLO, f"{MACHINE.replace('stateMachine', 'execution')}:{name}", name, WAITING, 0.0)

    uuid = of("5a6b7c8d-9e0f-4c0e-8f55-0d4a3c1f7a11")
    names = [each.name for each in (uuid, of("20261125-1"), of("by-hand"))]
    assert names == ["hello@5a6b7c8d", "hello@20261125-1", "hello@by-hand"]
    assert not uuid.has_task
