"""The interpreter of state machines, held to what AWS has answered others; `tests.kit.scripted_ecs` has the sources."""

import json
from collections.abc import Mapping
from typing import Any, get_args

import pytest

from tests.kit.scripted_ecs import End, ScriptedEcs, Sync, sync_fails
from tests.kit.state_machine import MOST_DATA, TOO_LARGE, AbortedError, Clock, Ended, Execution, TaskError, evaluate


class Failing:
    """A service whose only call fails, or answers."""

    def __init__(self, answer: Any) -> None:  # noqa: ANN401 - JSON, or an error
        self.answer = answer
        self.calls = 0

    def call(self, resource: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401 - JSON
        """Answers, or fails."""
        del resource, arguments, timeout
        self.calls += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def executed(answer: Any, *, all_catches_limits: bool = False, **task: Any) -> tuple[Ended, Failing]:  # noqa: ANN401
    """A machine with one task, and a state for what was caught."""
    service = Failing(answer)
    states = {
        "Call": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:x:y", "Arguments": {}, "Next": "Done", **task},
        "Done": {"Type": "Succeed", "Output": "{% $states.input %}"},
        "Caught": {"Type": "Succeed", "Output": {"caught": "{% $states.input %}"}},
    }
    machine = {"QueryLanguage": "JSONata", "TimeoutSeconds": 100, "StartAt": "Call", "States": states}
    return Execution(machine, service, Clock(), all_catches_limits=all_catches_limits).run({}), service


def catching(*names: str) -> dict[str, Any]:
    return {"Catch": [{"ErrorEquals": [*names], "Next": "Caught"}]}


@pytest.mark.parametrize("name", ["States.TaskFailed", "States.ALL"])
@pytest.mark.parametrize("error", ["ECS.ServerException", "States.Permissions", "Batchwright.Exit3"])
def test_task_failed_stands_for_every_error(error: str, name: str) -> None:
    ended, _ = executed(TaskError(error, "why"), **catching(name))

    assert ended.output == {"caught": {"Error": error, "Cause": "why"}}


def test_task_failed_does_not_match_a_timeout_which_has_no_cause() -> None:
    failed, _ = executed(TaskError("States.Timeout", None), **catching("States.TaskFailed"))
    caught, _ = executed(TaskError("States.Timeout", None), **catching("States.Timeout"))

    assert (failed.status, failed.error) == ("FAILED", "States.Timeout")
    assert caught.output == {"caught": {"Error": "States.Timeout"}}


@pytest.mark.parametrize("name", ["Ecs.ServerException", "ECS.Server", "ECS.*"])
def test_the_name_of_an_error_is_exact(name: str) -> None:
    assert executed(TaskError("ECS.ServerException", "x"), **catching(name))[0].status == "FAILED"


def test_a_retry_of_task_failed_repeats_whatever_failed() -> None:
    retry = {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "BackoffRate": 2, "MaxAttempts": 3}

    assert executed(TaskError("Batchwright.Exit3", ""), Retry=[retry])[1].calls == 4
    assert executed(TaskError("States.Timeout", None), Retry=[retry])[1].calls == 1


def test_an_expression_that_gives_nothing_fails_its_state() -> None:
    ended, _ = executed({"A": 1}, Assign={"code": "{% $states.result.B %}"})

    assert (ended.status, ended.error) == ("FAILED", "States.QueryEvaluationError")


def test_an_expression_that_gives_nothing_is_caught_as_any_error() -> None:
    ended, _ = executed({"A": 1}, Assign={"code": "{% $states.result.B %}"}, **catching("States.ALL"))

    assert ended.output["caught"]["Error"] == "States.QueryEvaluationError"


@pytest.mark.parametrize("all_catches", [False, True])
def test_what_is_too_large_is_caught_by_its_name_and_perhaps_by_all(all_catches: bool) -> None:
    large = {"text": "x" * MOST_DATA}
    by_name, _ = executed(large, all_catches_limits=all_catches, **catching(TOO_LARGE))
    by_all, _ = executed(large, all_catches_limits=all_catches, **catching("States.ALL"))

    assert by_name.output["caught"]["Error"] == TOO_LARGE
    assert (by_all.status, by_all.error) == (("SUCCEEDED", "") if all_catches else ("FAILED", TOO_LARGE))
    assert executed({"text": "x" * (MOST_DATA - 20)})[0].status == "SUCCEEDED"


def test_a_history_has_an_end() -> None:
    states = {"Pause": {"Type": "Wait", "Seconds": 1, "Next": "Pause"}}
    machine = {"QueryLanguage": "JSONata", "TimeoutSeconds": 100_000, "StartAt": "Pause", "States": states}
    ended = Execution(machine, Failing({}), Clock()).run()

    assert (ended.status, ended.error, ended.events) == ("FAILED", "States.Runtime", 25_001)


def test_a_task_has_five_events_and_one_that_is_followed_six() -> None:
    plain, followed = (
        executed({}, Resource=f"arn:aws:states:::{name}")[0].events for name in ("aws-sdk:ecs:listTasks", "x:y.sync")
    )

    assert (plain, followed) == (1 + 5 + 2, 1 + 6 + 2)


def test_an_expression_may_not_be_too_deep() -> None:
    assert evaluate("(" * 90 + "1" + ")" * 90, {}) == 1
    with pytest.raises(TaskError, match="QueryEvaluationError"):
        evaluate("(" * 101 + "1" + ")" * 101, {})


# ECS.


def started(end: End | TaskError, *, timeout: float = 600.0, **changes: Any) -> Any:  # noqa: ANN401 - JSON
    ecs = ScriptedEcs(Clock(), [end], **changes)
    return ecs.call("ecs:runTask.sync", {"Group": "9f1c"}, timeout)


def test_sync_gives_the_task_itself_in_pascal_case() -> None:
    task = started(End(exit_code=0))

    assert task["Containers"][0]["ExitCode"] == 0
    assert (task["StartedBy"], task["Group"]) == ("AWS Step Functions", "9f1c")
    assert "Tasks" not in task


@pytest.mark.parametrize(
    "end", [End(exit_code=3), End(exit_code=None, began=False, stop_code="TaskFailedToStart", reason="no image")]
)
def test_a_failure_has_the_task_as_json_in_its_cause(end: End) -> None:
    with pytest.raises(TaskError) as failed:
        started(end)

    task = json.loads(failed.value.cause or "")
    assert failed.value.error == "States.TaskFailed"
    assert task["StopCode"] == end.stop_code
    assert ("ExitCode" in task["Containers"][0]) is (end.exit_code is not None)


def test_a_state_that_takes_too_long_has_no_cause() -> None:
    with pytest.raises(TaskError) as failed:
        started(End(takes=100), timeout=10)

    assert (failed.value.error, failed.value.cause) == ("States.Timeout", None)


@pytest.mark.parametrize(
    ("stop_code", "others", "expected"),
    [
        ("EssentialContainerExited", {"router": 137, "agent": 0}, ["any", "stops"]),
        ("EssentialContainerExited", {"router": 0, "agent": 137}, ["any", "essential", "stops"]),
        ("UserInitiated", {}, ["stops"]),
    ],
)
def test_a_killed_sidecar_or_a_stop_where_all_ended_with_0_may_fail_it_or_not(
    stop_code: str, others: dict[str, int | None], expected: list[str]
) -> None:
    assert [sync for sync in get_args(Sync) if sync_fails(sync, stop_code, 0, others, essential=["agent"])] == expected


# Groups.


class Slow:
    """A service whose calls take as long as they say; some fail."""

    def __init__(self, errors: Mapping[str, Exception]) -> None:
        self.clock, self.errors = Clock(0.0), errors
        self.began: dict[str, float] = {}

    def call(self, resource: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401 - JSON
        """Takes its time."""
        del resource, timeout
        self.began[arguments["Name"]] = self.clock.now
        self.clock.sleep(arguments["Takes"])
        if arguments["Name"] in self.errors:
            raise self.errors[arguments["Name"]]
        return {"Name": arguments["Name"]}


def branch(*calls: tuple[str, float]) -> dict[str, Any]:
    """A branch of tasks, one after another, each by its name and how long it takes."""
    names = [*(name for name, _ in calls), f"End of {calls[0][0]}"]
    states: dict[str, Any] = {
        name: {"Type": "Task", "Resource": "x:y", "Arguments": {"Name": name, "Takes": takes}, "Next": after}
        for (name, takes), after in zip(calls, names[1:], strict=True)
    }
    return {"StartAt": names[0], "States": {**states, names[-1]: {"Type": "Pass", "End": True}}}


def grouped(*branches: Mapping[str, Any], **errors: Exception) -> tuple[Ended, Slow]:
    """A machine of one group; task to how it fails."""
    service = Slow(errors)
    group = {
        "Type": "Parallel",
        "Arguments": {"from": "{% $states.input.start %}"},
        "Branches": [*branches],
        "Output": {"given": "{% $states.input.start %}", "results": "{% [$states.result] %}"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.input %}", "Next": "Done"}],
        "Next": "Done",
    }
    states = {"Group": group, "Done": {"Type": "Succeed", "Output": "{% $states.input %}"}}
    machine = {"QueryLanguage": "JSONata", "TimeoutSeconds": 1000, "StartAt": "Group", "States": states}
    return Execution(machine, service, service.clock).run({"start": 1}), service


def test_branches_begin_at_once_and_the_longest_one_ends_the_group() -> None:
    ended, service = grouped(branch(("a", 5), ("b", 5)), branch(("c", 7)))

    assert service.began == {"a": 0.0, "b": 5.0, "c": 0.0}
    assert service.clock.now == 10.0
    assert ended.output == {"given": 1, "results": [{"Name": "b"}, {"Name": "c"}]}


def test_a_branch_that_fails_is_caught_by_the_group_with_its_input_and_a_stop_ends_all() -> None:
    failed, _ = grouped(branch(("a", 1)), branch(("b", 1)), b=TaskError("States.TaskFailed", "why"))
    stopped, service = grouped(branch(("a", 1), ("c", 1)), branch(("b", 1)), a=AbortedError())

    assert (failed.status, failed.output) == ("SUCCEEDED", {"start": 1})
    assert (stopped.status, [*service.began]) == ("ABORTED", ["a", "b"])


def test_a_branch_may_not_assign() -> None:
    assigning = branch(("a", 1))
    assigning["States"]["a"]["Assign"] = {"x": 1}

    with pytest.raises(AssertionError, match="a assigns in a branch"):
        grouped(assigning)
