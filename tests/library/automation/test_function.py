"""The function that machines ask: when it is gone, late, older or newer, and what it is asked of."""

import json
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest

from batchwright.automation.machine import machine
from batchwright_runner.alerting.clients import CallError
from batchwright_runner.contract.machines.figures import JUDGE_TRIES
from batchwright_runner.contract.machines.memo import Memo
from batchwright_runner.contract.machines.seen import SyncResult
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.task_request import as_api
from batchwright_runner.machines.handler import QuestionsFunction
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.scripted_ecs import End, ScriptedEcs
from tests.kit.state_machine import MOST_EVENTS, Clock, Ended, Execution, TaskError
from tests.library.automation.support import MACHINE, called, deployed, ecs, execute, facts

RETRYING = sample_manifest(retries=1, retry_on=(75,))
EXECUTION = f"{MACHINE.replace(':stateMachine:', ':execution:')}:9f1c"
HOUR, DAY = 3600, 86400
Question = Mapping[str, Any]


def why(ended: Ended) -> str:
    return str(json.loads(ended.cause)["why"])


def dead(ours: ScriptedEcs, when: Callable[[Question], bool]) -> None:
    """Has the function fail while a question is so."""

    def answer(question: Question) -> None:
        if when(question):
            raise TaskError("Lambda.ServiceException", "gone")

    ours.before_answer = answer


# It is gone.


def test_without_it_nothing_was_started_and_it_is_asked_for_an_hour() -> None:
    ours = ecs()
    dead(ours, lambda _: True)
    began = ours.clock.now
    ended = execute(ours)

    assert (called(ended), ours.starts) == ("Batchwright.NeverStarted", [])
    assert 0.9 * HOUR < ours.clock.now - began < 1.2 * HOUR


def test_gone_before_the_second_attempt_it_leaves_the_end_of_the_first() -> None:
    ours = ecs(End(exit_code=75), End())
    dead(ours, lambda question: question["ask"] == "gate" and question["memo"].get("attempt", 1) == 2)
    ended = execute(ours, RETRYING)

    assert (called(ended), len(ours.starts)) == ("Batchwright.Exit75", 1)
    assert json.loads(ended.cause)["task"].endswith("1")


def test_gone_after_a_start_for_longer_than_a_day_it_leaves_no_result_within_the_machines_own_limit() -> None:
    ours = ecs()
    dead(ours, lambda question: question["ask"] == "judge")
    began = ours.clock.now
    ended = execute(ours)

    assert called(ended) == "Batchwright.NoResult"
    assert why(ended) == "attempt 1 was started, and the function that judges its end could not be asked"
    assert 0.9 * DAY < ours.clock.now - began < 1.1 * DAY
    assert 3 * JUDGE_TRIES < ended.events < MOST_EVENTS


def test_a_function_that_is_mended_within_the_day_gives_the_true_verdict() -> None:
    ours = ecs(End(exit_code=3))
    until = ours.clock.now + 20 * HOUR
    dead(ours, lambda question: question["ask"] == "judge" and ours.clock.now < until)

    assert called(execute(ours)) == "Batchwright.Exit3"


@dataclass
class Failing(ScriptedEcs):
    """An AWS of which one call fails."""

    fails: str = ""
    error: str = ""
    for_ever: bool = False
    failed: int = 0

    def call(self, resource: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401 - JSON
        if resource == self.fails and (self.for_ever or not self.failed):
            self.failed += 1
            raise TaskError(f"Any.{self.error}", "failed")
        return super().call(resource, arguments, timeout)


@pytest.mark.parametrize("for_ever", [True, False])
@pytest.mark.parametrize("call", ["ssm:getParameters", "sfn:listExecutions", "ecs:listTasks", "ecs:describeTasks"])
@pytest.mark.parametrize("error", ["ThrottlingException", "AccessDeniedException", "InternalServerException"])
def test_each_of_its_calls_may_fail_once_or_for_ever(call: str, error: str, for_ever: bool) -> None:
    ours = Failing(Clock(), fails=call, error=error, for_ever=for_ever)
    other = {"TaskArn": "arn:aws:ecs:eu-west-1:111111111111:task/x/1", "LastStatus": "STOPPED", "CreatedAt": 1}
    ours.tasks.append(other)
    ended = called(execute(ours, sample_manifest(overlap="forbid")))

    denied = error.startswith("AccessDenied")
    expected = "Batchwright.NoResult" if denied else "Batchwright.NeverStarted" if for_ever else "Batchwright.Exit0"
    assert (ended, len(ours.starts)) == (expected, 1 if expected.endswith("Exit0") else 0)
    assert ours.failed


# Another one.


@pytest.mark.parametrize("ask", ["gate", "judge"])
def test_a_question_of_another_protocol_is_no_result_and_says_what_to_do(ask: str) -> None:
    function = QuestionsFunction(ecs().api, StageNames("batches", "staging"))
    question = {"protocol": 2, "ask": ask, "execution": {"Id": EXECUTION}, "memo": {"lost": {"error": "x"}}}
    answer = function.answer(question)

    assert (answer["next"], answer["error"]) == ("fail", "Batchwright.NoResult")
    assert "deploy the platform first" in answer["cause"]


@dataclass
class Newer(ScriptedEcs):
    """An AWS whose function has an answer of its own to one question."""

    asked: str = ""

    def call(self, resource: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401 - JSON
        result = super().call(resource, arguments, timeout)
        if resource == "lambda:invoke" and arguments["Payload"]["ask"] == self.asked:
            result["Payload"]["next"] = "perhaps"
        return result


@pytest.mark.parametrize("state", ["Start?", "Next?"])
def test_an_answer_that_the_machine_does_not_know_is_no_result(state: str) -> None:
    ended = execute(Newer(Clock(), asked="gate" if state == "Start?" else "judge"))

    assert called(ended) == "Batchwright.NoResult"
    assert ended.path[-2:] == [state, "Fail"]


def test_fields_that_an_older_function_does_not_know_are_passed_over() -> None:
    memo = Memo.of(
        {
            "protocol": 1,
            "lost": {"error": "a", "more": 1},
            "newer": 1,
            "terms": {"cluster": "c", "container": "m", "x": 1},
        }
    )

    assert memo.terms is not None
    assert (memo.lost.error, memo.terms.container) == ("a", "m")


# What it is asked of.


@pytest.mark.parametrize(
    "arn",
    [
        EXECUTION.replace("batches-staging", "batches-production"),
        EXECUTION.replace("batches-staging-daily-report", "other"),
        EXECUTION.replace(":execution:", ":express:"),
    ],
)
def test_an_execution_of_another_machine_is_refused(arn: str) -> None:
    ours = ecs(manifest=deployed(sample_manifest()))
    function = QuestionsFunction(ours.api, StageNames("batches", "staging"))
    answer = function.answer(
        {"protocol": 1, "ask": "gate", "execution": {"Id": arn, "Input": {}}, "memo": {"lost": {"error": "x"}}}
    )

    assert (answer["error"], "is no execution of a machine" in answer["cause"]) == ("Batchwright.NoResult", True)
    assert ours.calls == []


@pytest.mark.parametrize(
    "other", ["", "arn:aws:states:eu-west-1:222222222222:stateMachine:batches-staging-daily-report"]
)
def test_a_batch_whose_manifest_names_another_machine_is_not_started(other: str) -> None:
    ended = execute(ecs(manifest=sample_manifest(machine=other)))

    assert (called(ended), "names another machine" in why(ended)) == ("Batchwright.NoResult", True)


def test_a_dry_question_is_answered_without_the_request() -> None:
    ours = ecs(manifest=deployed(sample_manifest(overlap="forbid")))
    execution = {"Id": EXECUTION, "Input": {}, "StartTime": ours.iso()}
    question = {"protocol": 1, "ask": "gate", "dry": True, "execution": execution, "memo": {"lost": {"error": "x"}}}
    answer = QuestionsFunction(ours.api, StageNames("batches", "staging"), lambda: ours.clock.now).answer(question)

    assert (answer["next"], "request" in answer) == ("start", False)
    assert {resource for resource, _ in ours.calls} == {"sfn:listExecutions", "ssm:getParameters", "ecs:listTasks"}


def test_its_log_has_what_it_was_answered_by_and_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    batch = sample_manifest(overlap="forbid", options=(RunOption(name="DAY", pattern="[a-z-]+"),))
    for value in ("hidden-value", "HIDDEN-VALUE"):
        execute(ecs(), batch, {"DAY": value, "scheduled": "2026-11-25T17:30:00Z"})
    lines = capsys.readouterr().out.splitlines()

    assert [json.loads(line)["ask"] for line in lines] == ["gate", "judge", "gate"]
    assert json.loads(lines[1])["task"]["stopCode"] == "EssentialContainerExited"
    assert "hidden-value" not in "".join(lines).lower()


# A deployment meanwhile.


def test_an_attempt_is_judged_by_what_was_declared_when_it_began() -> None:
    ours = ecs(End(exit_code=75), End(exit_code=75))
    before = deployed(sample_manifest(retries=1, retry_on=(75,)))
    after = replace(before, container="renamed", retries=0, essential=("agent",), timeout_seconds=5)
    ours.manifest = before

    def deploy(question: Question) -> None:
        if question["ask"] == "judge":
            ours.manifest = after

    ours.before_answer = deploy
    ended = execute(ours, before)

    # The second attempt is one of the new batch, whose main container is called otherwise.
    assert len(ours.starts) == 2
    assert ours.starts[1]["Overrides"]["ContainerOverrides"][0]["Name"] == "renamed"
    assert called(ended) == "Batchwright.NoResult"


def test_a_new_revision_is_what_the_next_attempt_starts() -> None:
    ours = ecs(End(exit_code=75), End())
    before = deployed(RETRYING)
    after = replace(before, task_definition=before.task_definition.replace(":7", ":8"))
    ours.before_answer = lambda question: setattr(ours, "manifest", after) if question["ask"] == "judge" else None
    ours.manifest = before

    assert called(execute(ours, before)) == "Batchwright.Exit0"
    assert [sent["TaskDefinition"][-2:] for sent in ours.starts] == [":7", ":8"]


def test_a_batch_that_was_destroyed_meanwhile_keeps_the_end_of_its_attempt() -> None:
    ours = ecs(End(exit_code=75), End())
    ours.manifest = deployed(RETRYING)
    ours.before_answer = lambda question: setattr(ours, "manifest", None) if question["ask"] == "judge" else None

    assert called(Execution(machine(facts(RETRYING)), ours, ours.clock).run()) == "Batchwright.Exit75"


# What `.sync` gives.


@pytest.mark.parametrize("form", [lambda task: task, as_api])
@pytest.mark.parametrize("inside", [lambda task: task, lambda task: {"Tasks": [task]}, lambda task: {"tasks": [task]}])
@pytest.mark.parametrize("at", [1_795_600_030, 1_795_600_030_000])
def test_a_task_of_any_form_is_made_as_describe_tasks_gives_it(form: Any, inside: Any, at: int) -> None:  # noqa: ANN401
    task = form({**End().task("arn"), "StartedAt": at})
    for given in (inside(task), {"Error": "States.TaskFailed", "Cause": json.dumps(inside(task))}):
        seen = SyncResult.of(given).task

        assert seen is not None
        assert (seen["taskArn"], seen["startedAt"]) == ("arn", 1_795_600_030)
        assert seen["containers"][0]["exitCode"] == 0


# Largest.

MANY = tuple(RunOption(name=f"OPTION_{number}", pattern="[a-z]{1,9}") for number in range(100))


def test_a_batch_of_a_hundred_options_starts() -> None:
    ours = ecs()
    ended = execute(ours, sample_manifest(options=MANY), {option.name: "abc" for option in MANY})

    assert called(ended) == "Batchwright.Exit0"
    assert len(ours.starts[0]["Overrides"]["ContainerOverrides"][0]["Environment"]) == 104


def test_more_variables_than_ecs_takes_are_refused_before_a_start() -> None:
    options = tuple(RunOption(name=f"OPTION_{number}") for number in range(100))
    ended = execute(ours := ecs(), sample_manifest(options=options), {option.name: "x" * 200 for option in options})

    assert (called(ended), ours.starts) == ("Batchwright.Usage", [])
    assert why(ended).startswith("the input is too long: ")


def test_a_memo_is_below_four_kilobytes() -> None:
    essential = tuple("s" * 60 + str(number) for number in range(8))
    batch = sample_manifest(retries=2, retry_on=(*range(1, 120), "interruption"), essential=essential)
    ours = ecs(End(exit_code=75, main_reason="あ" * 4000), End(exit_code=75, reason="x" * 9000), End(exit_code=3))
    asked: list[Any] = []
    ours.before_answer = lambda question: asked.append(question["memo"])
    execute(ours, batch)

    assert len(asked) == 6
    assert max(len(json.dumps(memo, separators=(",", ":"))) for memo in asked) < 4096


# Three hundred at once.


def test_three_hundred_machines_of_one_moment_get_through_a_new_accounts_quotas() -> None:
    chance, clock = random.Random(46), [0.0]
    buckets = {"list_executions": [100.0, 2.0], "get_parameters": [40.0, 40.0], "list_tasks": [100.0, 20.0]}
    filled = dict.fromkeys(buckets, 0.0)

    def call(service: str, operation: str, **given: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        most, rate = buckets[operation]
        level = min(most, buckets[operation][0] + (clock[0] - filled[operation]) * rate)
        tokens = level if operation not in left else min(most, left[operation] + (clock[0] - filled[operation]) * rate)
        filled[operation] = clock[0]
        if tokens < 1:
            left[operation] = tokens
            raise CallError(f"{service} {operation}: ThrottlingException", "ThrottlingException")
        left[operation] = tokens - 1
        names = given.get("Names", ())
        text = deployed(sample_manifest(overlap="forbid")).to_json()
        return {"Parameters": [{"Name": names[0], "Value": text}]} if names else {}

    left: dict[str, float] = {}
    function = QuestionsFunction(call, StageNames("batches", "staging"), lambda: 1_795_600_000.0 + clock[0])
    waiting = [(chance.uniform(3, 5), 0, number) for number in range(300)]
    started: dict[int, float] = {}
    busy: list[float] = []
    while waiting:
        waiting.sort()
        clock[0], tries, number = waiting.pop(0)
        busy = [until for until in busy if until > clock[0]]
        execution = {"Id": f"{EXECUTION}{number}", "Input": {}, "StartTime": "2026-11-25T09:46:40.000Z"}
        question = {
            "protocol": 1,
            "ask": "gate",
            "alone": True,
            "execution": execution,
            "memo": {"lost": {"error": "x"}},
        }
        answered = None
        if len(busy) < 10:  # a new account's calls side by side
            busy.append(clock[0] + chance.uniform(0.2, 0.6))
            with suppress(CallError):
                answered = function.answer(question)["next"]
        if answered:
            assert answered == "start"
            started[number] = clock[0]
            continue
        assert tries < 30, number
        waiting.append((clock[0] + chance.uniform(0, min(300, 2 * 2**tries)), tries + 1, number))

    assert len(started) == 300
    assert max(started.values()) < HOUR
