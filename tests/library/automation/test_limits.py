"""Step Functions' limits: waits of days within 25,000 events, and hundreds of runs within 256 KB."""

from typing import Any

import pytest

from tests.fake_aws.fixtures import sample_manifest
from tests.kit.scripted_ecs import End, ScriptedEcs
from tests.kit.state_machine import MOST_EVENTS
from tests.library.automation.support import called, ecs, execute

HOUR, DAY = 3600, 86400
EXECUTION = "arn:aws:states:eu-west-1:111111111111:execution:batches-staging-daily-report:"
OVERLAPS = ("allow", "forbid", "wait")


def task(ours: ScriptedEcs, number: int, *, size: int = 3_000, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """A task of a run before."""
    return {
        "TaskArn": f"arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/{number:032x}",
        "StartedBy": "night",
        "Group": "family:batches-staging-daily-report",
        "LastStatus": "RUNNING",
        "CreatedAt": ours.iso(60 + number),
        "Attributes": "x" * size,
        **changes,
    }


def execution(ours: ScriptedEcs, number: int) -> dict[str, Any]:
    """An execution before; the one with the highest number is the oldest."""
    name = f"{number:080x}"
    return {"ExecutionArn": EXECUTION + name, "Name": name, "StartDate": ours.iso(number), "StateMachineArn": EXECUTION}


def at(ours: ScriptedEcs, ends: list[tuple[float, dict[str, Any]]], changes: dict[str, Any]) -> None:
    """Lets what is in progress end at moments, in seconds from now."""
    began = ours.clock.now

    def look() -> None:
        for after, state in ends:
            if ours.clock.now >= began + after:
                state.update(changes)

    ours.before_look = look


# Waiting.


@pytest.mark.parametrize(
    ("kind", "lasts", "promised"),
    [("task", 600, HOUR), ("execution", 20 * HOUR, DAY), ("task", 14 * DAY - 1, 14 * DAY)],
)
def test_a_run_waits_for_as_long_as_is_promised_and_then_starts(kind: str, lasts: int, promised: int) -> None:
    ours = ecs()
    before = task(ours, 1) if kind == "task" else execution(ours, 1)
    (ours.tasks if kind == "task" else ours.executions).append(before)
    at(ours, [(lasts, before)], {"LastStatus": "STOPPED", "DesiredStatus": "STOPPED", "Status": "SUCCEEDED"})
    began = ours.clock.now
    ended = execute(ours, sample_manifest(overlap="wait", overlap_wait_seconds=promised))

    assert called(ended) == "Batchwright.Exit0"
    assert ended.events < MOST_EVENTS / 2
    assert lasts <= ours.clock.now - began <= lasts + max(30, min(lasts / 60, 1800)) + 90


@pytest.mark.parametrize("promised", [1, 45, 14 * DAY])
def test_a_run_gives_up_when_what_is_promised_is_over_and_no_earlier(promised: int) -> None:
    ours = ecs()
    ours.tasks.append(task(ours, 1))
    began = ours.clock.now
    ended = execute(ours, sample_manifest(overlap="wait", overlap_wait_seconds=promised))

    assert (called(ended), ours.starts) == ("Batchwright.Overlap", [])
    assert promised <= ours.clock.now - began <= promised + 5


def test_while_it_waits_it_looks_at_one_other_run_alone() -> None:
    ours = ecs(page=100)
    ours.tasks += [task(ours, number, DesiredStatus="STOPPED", LastStatus="STOPPED") for number in range(50)]
    ours.tasks += [task(ours, 60), task(ours, 61)]
    at(ours, [(HOUR, ours.tasks[-2]), (2 * HOUR, ours.tasks[-1])], {"LastStatus": "STOPPED"})

    assert called(execute(ours, sample_manifest(overlap="wait", overlap_wait_seconds=DAY))) == "Batchwright.Exit0"
    calls = [call for call, _ in ours.calls]
    assert calls.count("ecs:listTasks") < 15
    assert calls.count("sfn:listExecutions") == 3


def test_after_the_end_of_one_other_run_all_others_are_looked_at_again() -> None:
    ours = ecs()
    ours.executions += [execution(ours, 1), execution(ours, 2)]
    ours.tasks.append(task(ours, 3))
    ends = [(100.0, ours.executions[0]), (300.0, ours.executions[1]), (500.0, ours.tasks[0])]
    at(ours, ends, {"Status": "FAILED", "LastStatus": "STOPPED"})
    began = ours.clock.now

    assert called(execute(ours, sample_manifest(overlap="wait", overlap_wait_seconds=HOUR))) == "Batchwright.Exit0"
    assert ours.clock.now - began >= 500


def test_three_hundred_runs_wait_in_a_line() -> None:
    ours = ecs()
    ours.executions += [execution(ours, number) for number in range(1, 301)]
    at(ours, [(3010.0 - 10 * n, ours.executions[n - 1]) for n in range(1, 301)], {"Status": "SUCCEEDED"})
    ended = execute(ours, sample_manifest(overlap="wait", overlap_wait_seconds=DAY))

    assert called(ended) == "Batchwright.Exit0"
    assert ended.events < 2_000


# Many runs.


@pytest.mark.parametrize("overlap", OVERLAPS)
@pytest.mark.parametrize("lost", [False, True])
def test_after_three_hundred_runs_within_an_hour_one_starts_and_its_own_task_is_found(overlap: Any, lost: bool) -> None:  # noqa: ANN401
    ours = ecs(End(takes=1e6) if lost else End(), page=100, stops=False)
    over = {"DesiredStatus": "STOPPED", "LastStatus": "STOPPED"}
    ours.tasks += [task(ours, number, size=16_000, **over) for number in range(2, 302)]
    ours.executions += [execution(ours, number) | {"Status": "SUCCEEDED"} for number in range(2, 302)]
    ended = execute(ours, sample_manifest(overlap=overlap))

    assert (called(ended), len(ours.starts)) == ("Batchwright.Timeout" if lost else "Batchwright.Exit0", 1)
    assert ours.running == []


def test_a_run_gives_way_to_one_among_three_hundred() -> None:
    ours = ecs(page=100)
    over = {"DesiredStatus": "STOPPED", "LastStatus": "STOPPED"}
    ours.tasks += [task(ours, number, size=16_000, **({} if number == 150 else over)) for number in range(2, 302)]

    assert called(execute(ours, sample_manifest(overlap="forbid"))) == "Batchwright.Overlap"


def test_an_input_that_is_too_large_for_the_question_ends_the_run_as_one_that_never_started() -> None:
    ours = ecs()
    ended = execute(ours, given={"scheduled": "x" * 300_000})

    assert (called(ended), ours.starts) == ("Batchwright.NeverStarted", [])
