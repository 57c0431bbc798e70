"""Starts whose end the machine does not know: its time is up, the answer was lost or cut, or something was denied."""

import json
from typing import Any

import pytest

from tests.fake_aws.fixtures import sample_manifest
from tests.kit.scripted_ecs import End, ScriptedEcs
from tests.kit.state_machine import Ended, TaskError
from tests.library.automation.support import called, ecs, execute
from tests.library.automation.test_verdicts import ESSENTIAL, TABLE, lower

OVERLAPS = ("allow", "forbid", "wait")
RETRYING = sample_manifest(timeout_seconds=1800, retries=1, retry_on=(75,))
ARN = "arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/"
FIRST, SECOND = (f"{ARN}{number:032x}" for number in (1, 2))
ROLE = "User: arn:aws:sts::111111111111:assumed-role/batches-staging-daily-report-flow/x is not authorized to perform: "
LOST = TaskError("ECS.ServerException", "Service Unavailable")


def failure_of(ended: Ended) -> tuple[str, str, str]:
    """The name of a failure, the task that it names, and why."""
    cause = json.loads(ended.cause)
    return ended.error, cause.get("task", ""), cause["why"]


def stopped(ours: ScriptedEcs) -> list[str]:
    """The tasks that the machine has stopped."""
    return [arguments["Task"] for call, arguments in ours.calls if call == "ecs:stopTask"]


# The time limit.


@pytest.mark.parametrize("late", [0.0, 40.0, 300.0])
@pytest.mark.parametrize("stops", [True, False])
def test_after_the_time_limit_the_task_of_this_attempt_is_stopped_and_named(stops: bool, late: float) -> None:
    ours = ecs(End(exit_code=75), End(takes=1e6), stops=stops, late=late)
    error, task, why = failure_of(execute(ours, RETRYING))

    assert (error, task, ours.running) == ("Batchwright.Timeout", SECOND, [])
    assert why.startswith("the timeout of 1800 s: its task was found")
    assert stopped(ours) == ([] if stops else [SECOND])
    assert len(ours.starts) == 2


def test_a_task_that_was_stopped_in_the_second_of_the_time_limit_has_timed_out() -> None:
    ours = ecs(End(takes=1e6))
    at = ours.iso(-1799)

    def end() -> None:
        ours.tasks[0] |= {"LastStatus": "STOPPED", "StoppedAt": at}

    ours.before_look = end

    assert failure_of(execute(ours, RETRYING))[:2] == ("Batchwright.Timeout", FIRST)


def test_a_task_that_could_not_be_stopped_at_the_time_limit_is_named_and_not_said_to_be_stopped() -> None:
    ours = ecs(End(takes=1e6), stops=False, denied=["ecs:stopTask"])
    error, task, why = failure_of(execute(ours))

    assert (error, task, ours.running) == ("Batchwright.NoResult", FIRST, [FIRST])
    assert "could not be stopped, and runs on: Ecs.AccessDeniedException not authorized" in why


def test_a_task_that_is_stopped_during_the_look_is_not_stopped_again() -> None:
    # ECS has deleted its tags, so that the machine may not.
    ours = ecs(End(takes=1e6), stops=False, denied=["ecs:stopTask"])
    seen: list[int] = []

    def look() -> None:
        seen.append(1)
        if len(seen) == 3:  # it was described as one that runs, and those that were stopped are listed
            ours.tasks[0]["DesiredStatus"] = "STOPPED"

    ours.before_look = look

    assert failure_of(execute(ours))[:2] == ("Batchwright.Timeout", FIRST)
    assert stopped(ours) == []


@pytest.mark.parametrize("call", ["ecs:listTasks", "ecs:describeTasks"])
def test_a_task_that_cannot_be_seen_at_the_time_limit_is_not_said_to_be_stopped(call: str) -> None:
    ours = ecs(End(exit_code=75), End(takes=1e6), stops=False, denied=[call])
    error, task, why = failure_of(execute(ours, RETRYING))

    assert (error, task) == ("Batchwright.NoResult", "")
    assert why.startswith("the timeout of 1800 s: whether its task runs on cannot be seen: ecs ")
    assert "AccessDeniedException" in why


def test_a_task_that_had_ended_before_the_time_limit_is_judged_by_its_end() -> None:
    class WithoutEvents(ScriptedEcs):
        """A Step Functions that learns of no end."""

        def _run(self, arguments: Any, timeout: float) -> Any:  # noqa: ANN401 - JSON
            super()._run(arguments, timeout)
            self.clock.sleep(timeout - 60)
            raise TaskError("States.Timeout", None)

    ours = WithoutEvents(ecs().clock, [End(exit_code=4)], sync="never")

    assert failure_of(execute(ours, RETRYING))[:2] == ("Batchwright.Exit4", FIRST)


def test_a_retry_that_was_refused_leaves_the_end_of_the_attempt_before_as_in_the_runner() -> None:
    refused = TaskError("ECS.ClusterNotFoundException", "Cluster not found.")

    assert failure_of(execute(ecs(End(exit_code=75), refused), RETRYING))[:2] == ("Batchwright.Exit75", FIRST)


# A lost answer.


@pytest.mark.parametrize("overlap", OVERLAPS)
@pytest.mark.parametrize("late", [0.0, 300.0])
@pytest.mark.parametrize("error", ["ECS.ServerException", "States.DataLimitExceeded", "New.Error"])
def test_a_lost_answer_never_gives_two_tasks(overlap: Any, late: float, error: str) -> None:  # noqa: ANN401
    ours = ecs(TaskError(error, "Service Unavailable"), End(), lost=True, late=late)
    name, task, why = failure_of(execute(ours, sample_manifest(overlap=overlap)))

    assert (name, len(ours.starts)) == ("Batchwright.NoResult", 1)
    assert (task, stopped(ours), ours.running) == (FIRST, [FIRST], [])
    assert why == f"the answer of RunTask was lost ({error}: Service Unavailable): its task was found, and was stopped"


@pytest.mark.parametrize("overlap", OVERLAPS)
def test_after_a_blip_that_started_nothing_the_attempt_is_started_again(overlap: Any) -> None:  # noqa: ANN401
    ours = ecs(LOST, End())
    began = ours.clock.now

    assert called(execute(ours, sample_manifest(overlap=overlap))) == "Batchwright.Exit0"
    assert len(ours.starts) == 2
    assert ours.clock.now - began > 600


def test_it_is_not_started_for_ever_and_says_that_a_task_may_appear() -> None:
    ours = ecs(LOST)
    error, task, why = failure_of(execute(ours))

    assert (error, task, len(ours.starts)) == ("Batchwright.NoResult", "", 3)
    assert why.endswith("no task of it was found; one that appears later runs on")


def test_before_it_is_started_again_the_gate_looks_for_a_task_that_has_appeared_since() -> None:
    ours = ecs(LOST, End(), lost=True, late=640.0)
    error, task, why = failure_of(execute(ours))

    assert (error, task, stopped(ours), len(ours.starts)) == ("Batchwright.NoResult", FIRST, [FIRST], 1)
    assert why == "a start of this run was not told: its task was found, and was stopped"


def test_a_task_of_a_lost_answer_that_has_ended_already_is_judged_as_any() -> None:
    ours = ecs(LOST, lost=True, late=40.0)

    def end() -> None:
        ours.tasks[0] |= End(exit_code=5).task(FIRST, DesiredStatus="STOPPED")

    ours.before_look = end

    assert failure_of(execute(ours))[:2] == ("Batchwright.Exit5", FIRST)
    assert stopped(ours) == []


@pytest.mark.parametrize("overlap", OVERLAPS)
def test_a_task_that_could_not_be_stopped_after_a_lost_answer_is_named(overlap: Any) -> None:  # noqa: ANN401
    ours = ecs(LOST, lost=True, denied=["ecs:stopTask"])
    error, task, why = failure_of(execute(ours, sample_manifest(overlap=overlap)))

    assert (error, task) == ("Batchwright.NoResult", FIRST)
    assert "runs on: Ecs.AccessDeniedException" in why


def test_what_became_of_a_task_is_said_behind_any_error() -> None:
    ours = ecs(TaskError("ECS.ServerException", "x" * 30_000), lost=True)

    assert failure_of(execute(ours))[2].endswith("its task was found, and was stopped")


def test_a_task_of_an_earlier_attempt_is_not_taken_for_a_lost_one() -> None:
    ours = ecs(End(exit_code=75), LOST)

    assert failure_of(execute(ours, RETRYING))[:2] == ("Batchwright.NoResult", "")
    assert (stopped(ours), len(ours.starts)) == ([], 4)


def test_a_task_of_a_start_that_was_refused_is_seen_at_the_next_look() -> None:
    refused = TaskError("AmazonECS.Unknown", "Capacity is unavailable at this time")
    ours = ecs(refused, End(), lost=True)
    error, task, _ = failure_of(execute(ours, sample_manifest(overlap="forbid")))

    assert (error, task, ours.running, len(ours.starts)) == ("Batchwright.NoResult", FIRST, [], 1)


class InCamelCase(ScriptedEcs):
    """A Step Functions that gives the tasks of ``.sync`` as ECS's own API does, and not as it was recorded."""

    def _run(self, arguments: Any, timeout: float) -> Any:  # noqa: ANN401 - JSON
        try:
            return {"tasks": [lower(super()._run(arguments, timeout))], "failures": []}
        except TaskError as error:
            raise TaskError(error.error, json.dumps(lower(json.loads(error.cause or "{}")))) from error


@pytest.mark.parametrize(("expected", "end"), TABLE)
def test_a_task_of_another_form_is_looked_at(expected: str, end: End) -> None:
    ours = InCamelCase(ecs().clock, [end], essential=ESSENTIAL)

    assert called(execute(ours, sample_manifest(essential=ESSENTIAL))) == expected
    assert stopped(ours) == []


# A denial.


@pytest.mark.parametrize("action", ["ecs:RunTask", "iam:PassRole"])
def test_only_what_was_denied_before_the_start_means_that_nothing_was_started(action: str) -> None:
    ours = ecs(TaskError("ECS.AccessDeniedException", f"{ROLE}{action} on resource: x"))
    error, task, why = failure_of(execute(ours))

    assert (error, task, len(ours.starts)) == ("Batchwright.NeverStarted", "", 1)
    assert why.startswith(f"ECS.AccessDeniedException: {ROLE}{action}")
    assert "ecs:listTasks" not in dict(ours.calls)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("ECS.AccessDeniedException", f"{ROLE}ecs:DescribeTasks on resource: {FIRST}"),
        ("ECS.AccessDeniedException", f"{ROLE}ecs:DescribeTasks: allow it, as ecs:RunTask is"),
        ("ECS.AccessDeniedException", ""),
        ("States.Permissions", f"{ROLE}events:PutRule"),
        ("States.TaskFailed", "not authorized"),
    ],
)
def test_after_any_other_denial_its_task_is_looked_for(error: str, cause: str) -> None:
    ours = ecs(TaskError(error, cause), lost=True)

    assert failure_of(execute(ours))[:2] == ("Batchwright.NoResult", FIRST)
    assert ours.running == []


# A cut cause.

LONG = {"x" * 40_000: 0}
"""A container whose name alone is longer than a cause may be."""


@pytest.mark.parametrize("code", [0, 3, 75])
def test_a_cause_that_was_cut_is_none_and_the_task_itself_is_judged(code: int) -> None:
    ours = ecs(End(exit_code=code, others={**LONG, "router": 1}), End())

    assert called(execute(ours)) == f"Batchwright.Exit{code}"
    assert len(ours.starts) == 1


@pytest.mark.parametrize("cause", ["{", "{}", '{"TaskArn": "arn', '{"a": "}', "{x} is wrong", '{"TaskArn"}', "[1]"])
def test_a_cause_that_is_no_task_is_no_end_of_the_machine_itself(cause: str) -> None:
    ours = ecs(TaskError("States.TaskFailed", cause), lost=True)

    assert failure_of(execute(ours))[:2] == ("Batchwright.NoResult", FIRST)


def test_the_machine_has_time_for_all_of_its_looks() -> None:
    late = ecs(End(takes=1e6), stops=False, late=500.0)

    assert failure_of(execute(late, sample_manifest(timeout_seconds=60)))[0] == "Batchwright.Timeout"
