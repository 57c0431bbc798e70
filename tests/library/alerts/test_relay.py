"""Once for a run, and not as long as a retry covers it."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchwright.automation.machine import machine
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.alerts_account import ARN, AlertsAccount
from tests.kit.scripted_ecs import End
from tests.kit.state_machine import Execution, TaskError
from tests.library.alerts.support import LAST, TASK, account, iso, last_of, task_event
from tests.library.automation.support import ecs
from tests.library.automation.support import facts as machine_facts

FAILED = End(exit_code=3)
RETRYING = sample_manifest(retries=2, retry_on=(3, "interruption"))
PULL = "CannotPullContainerError: pull image manifest has been retried 5 time(s): i/o timeout"
NO_IMAGE = "CannotPullContainerError: not found"
UNPULLED: dict[str, Any] = {"stop_code": "TaskFailedToStart", "exit_code": None, "began": False}
SPOT = End(exit_code=143, stop_code="SpotInterruption", reason="Your Spot Task was interrupted.")


def test_the_same_event_twice_is_told_once() -> None:
    ours = account()
    for _ in range(3):
        ours.given(task_event(FAILED))

    assert len(ours.messages) == 1
    assert last_of(ours).failures == 1
    assert len(ours.executions) == 1


def test_its_execution_has_a_name_that_is_a_hash_of_batch_and_run() -> None:
    ours = account()
    ours.given(task_event(FAILED))
    ours.given(task_event(FAILED, run="other"))

    names = [one["Name"] for one in ours.made("sfn:startExecution")]
    assert len(set(names)) == 2
    assert all(name.startswith("daily-report-") and len(name) == len("daily-report-") + 32 for name in names)


def test_several_tasks_of_one_run_are_told_once() -> None:
    ours = account()
    for number in range(4):
        ours.given(task_event(FAILED, task=f"{TASK[:-1]}{number}"))

    assert len(ours.messages) == 1


def test_a_task_that_nobody_named_is_its_own_run() -> None:
    ours = account()
    for number in range(2):
        event = task_event(FAILED, task=f"{TASK[:-1]}{number}", ours=False)
        del event["detail"]["startedBy"]
        ours.given(event)

    assert len(ours.messages) == 2


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_the_order_of_arrays_changes_nothing(data: st.DataObject) -> None:
    event = task_event(End(exit_code=0, others={"router": 143, "agent": 137}))
    shuffled = copy.deepcopy(event)
    for key in ("containers",):
        shuffled["detail"][key] = data.draw(st.permutations(event["detail"][key]))
    overrides = shuffled["detail"]["overrides"]
    overrides["containerOverrides"] = data.draw(st.permutations(overrides["containerOverrides"]))
    ours = account(sample_manifest(essential=("agent",)))
    ours.given(shuffled)

    assert last_of(ours).verdict == "Batchwright.Exit0"
    assert ours.messages == []


def later(ours: AlertsAccount, *, run: str = "9f1c", status: str = "STOPPED") -> None:
    """Has the run a task that was made after the first had ended."""
    ours.tasks.append(
        {"TaskArn": f"{TASK[:-1]}e", "StartedBy": run, "CreatedAt": iso(1_795_600_115), "DesiredStatus": status}
    )


RETRIED = [
    (FAILED, True),
    (SPOT, True),
    (End(reason=PULL, **UNPULLED), True),
    (End(reason=NO_IMAGE, **UNPULLED), False),
]


@pytest.mark.parametrize(("end", "may"), [*RETRIED, (End(exit_code=4), False), (End(), False)])
@pytest.mark.parametrize("status", ["RUNNING", "STOPPED"])
def test_an_attempt_that_a_retry_covers_is_silent(end: End, may: bool, status: str) -> None:
    ours = account(RETRYING)
    later(ours, status=status)
    ours.given(task_event(end))

    assert (LAST not in ours.parameters) == may
    assert bool(ours.made("ecs:listTasks")) == may


@pytest.mark.parametrize("end", [end for end, may in RETRIED if may])
def test_without_a_later_task_it_is_told(end: End) -> None:
    ours = account(RETRYING)
    # The run's own task, an older one of it, and one of another run.
    ours.tasks.append({"TaskArn": TASK, "StartedBy": "9f1c", "CreatedAt": iso(1_795_600_040)})
    ours.tasks.append({"TaskArn": f"{TASK[:-1]}d", "StartedBy": "9f1c", "CreatedAt": iso(1_795_599_000)})
    later(ours, run="other")
    ours.given(task_event(end))

    assert len(ours.messages) == 1


def test_a_run_of_three_attempts_is_told_with_the_last() -> None:
    ours = account(RETRYING)
    later(ours)
    ours.given(task_event(FAILED))
    ours.tasks.clear()
    ours.given(task_event(FAILED, at=1_795_600_200, task=f"{TASK[:-1]}e"))

    assert len(ours.messages) == 1
    assert last_of(ours).task == f"{TASK[:-1]}e"


@pytest.mark.parametrize("delay", [0, 86400])
def test_a_later_task_is_looked_for_after_the_declared_delay(delay: int) -> None:
    ours = account(replace(RETRYING, retry_delay_seconds=delay))
    began = ours.clock.now
    ended = ours.given(task_event(FAILED))

    assert ended.status == "SUCCEEDED"
    assert delay + 90 <= ours.clock.now - began < delay + 180


def test_what_cannot_be_looked_at_is_told() -> None:
    ours = account(RETRYING)
    ours.denied = {"ecs:listTasks", "ecs:describeTasks", "ssm:getParameters", "cloudwatchlogs:getLogEvents"}
    ours.given(task_event(FAILED))

    assert len(ours.messages) == 1


def test_a_run_that_cannot_be_handed_over_is_told_all_the_same() -> None:
    ours = account()
    ours.denied = {"sfn:startExecution"}
    ended = ours.given(task_event(FAILED))

    assert ended.status == "SUCCEEDED"
    assert len(ours.messages) == 1


def test_a_start_that_is_throttled_is_tried_again() -> None:
    ours = account()
    refused = iter([TaskError("Sfn.ThrottlingException", "Rate exceeded")])

    def throttled(resource: str) -> None:
        if resource == "sfn:startExecution" and (error := next(refused, None)):
            raise error

    ours.asked = throttled
    ours.given(task_event(FAILED))

    assert len(ours.messages) == 1


@pytest.mark.parametrize("what", [None, [], "x", {}, {"run": 3}, {"missed": {}}, {"detail-type": "x"}])
def test_another_input_is_refused(what: object) -> None:
    ended = account().given(what)

    assert (ended.status, ended.error) == ("FAILED", "Batchwright.Usage")


def test_a_batchs_machine_hands_its_failure_over_and_fails_all_the_same() -> None:
    ours = account(sample_manifest(machine="arn:aws:states:eu-west-1:111111111111:stateMachine:x"))
    script = ecs(End(exit_code=3))
    asked: list[Any] = []

    class Both:
        def call(self, resource: str, arguments: Any, timeout: float) -> Any:  # noqa: ANN401 - JSON
            if resource == "sfn:startExecution":
                asked.append(arguments)
                return {}
            return script.call(resource, arguments, timeout)

    ended = Execution(machine(machine_facts(alerts=ARN)), Both(), script.clock).run({})
    (sent,) = asked
    assert sent["StateMachineArn"] == ARN
    ours.clock = script.clock
    ours.given(json.loads(sent["Input"]))

    assert ended.error == "Batchwright.Exit3"
    (message,) = ours.messages
    assert message["email"].startswith("exit 3: daily-report in staging\n")
    assert "batchwright logs 00000000000000000000000000000001 -s staging" in message["email"]
    assert last_of(ours).seconds > 50


def test_a_machine_that_may_not_hand_over_fails_as_before() -> None:
    script = ecs(End(exit_code=3))

    class Refuses:
        def call(self, resource: str, arguments: Any, timeout: float) -> Any:  # noqa: ANN401 - JSON
            if resource == "sfn:startExecution":
                raise TaskError("Sfn.AccessDeniedException", "not authorized")
            return script.call(resource, arguments, timeout)

    ended = Execution(machine(machine_facts(alerts=ARN)), Refuses(), script.clock).run({})

    assert ended.error == "Batchwright.Exit3"
