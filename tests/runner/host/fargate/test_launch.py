import re
import signal
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from batchwright_runner.errors import InterruptedEarlyError, RunnerError, StartError
from batchwright_runner.host.aws.errors import UNREACHABLE, ApiError
from batchwright_runner.host.aws.trying import SAID_AGAIN
from batchwright_runner.host.fargate.launch import PATIENCE, Launcher
from batchwright_runner.host.fargate.request import RunPlan
from batchwright_runner.host.runs.run_id import RunId
from batchwright_runner.host.runs.signals import LeaveNow
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.fakes import FakeWaiter, Notes

TASK = {"taskArn": "arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/1"}
OLD = sample_manifest()
NEW = sample_manifest(task_definition=OLD.task_definition.replace(":7", ":8"))
STARTED = {"tasks": [TASK], "failures": []}
LIMIT = "You've reached the limit on the number of vCPUs you can run concurrently"
BUSY = {"tasks": [], "failures": [{"reason": LIMIT}]}
BUSY_ERROR = ApiError("ClientException", LIMIT.replace("vCPUs", "tasks"))
EC2_FAILED = ApiError("InvalidParameterException", "An internal error has occurred (ErrorCode: InternalError)")
FULL = {"tasks": [], "failures": [{"reason": "Capacity is unavailable at this time."}]}
LOST = ApiError("ReadTimeoutError", "", lost=True)
THROTTLED = ApiError("ThrottlingException", "Rate exceeded")
INACTIVE = ApiError("ClientException", "TaskDefinition is inactive")


class FakeAws:
    """Gives the answers in their order; the last one again and again."""

    def __init__(self, *answers: Mapping[str, Any] | ApiError) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        assert (service, operation) == ("ecs", "run_task")
        self.requests.append(parameters)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, ApiError):
            raise answer
        return answer


def plan() -> RunPlan:
    return RunPlan(manifest=OLD, run=RunId("r", given=False), nonce="n", timeout=60)


def launcher(aws: FakeAws, waiter: FakeWaiter | None = None) -> Launcher:
    return Launcher(aws, waiter or FakeWaiter(), Notes(), {NEW.batch: NEW}.__getitem__)


def test_it_is_started_with_the_plans_request() -> None:
    aws = FakeAws(STARTED)
    started = launcher(aws).start(plan())

    assert (started.arn, started.joined, aws.requests) == (TASK["taskArn"], False, [plan().request()])


def test_a_task_that_was_started_is_not_left_for_a_failure_beside_it() -> None:
    aws = FakeAws({"tasks": [TASK], "failures": [{"reason": "RESOURCE:MEMORY"}]})

    assert launcher(aws).start(plan()).arn == TASK["taskArn"]


@pytest.mark.parametrize(
    "trouble",
    [
        *(THROTTLED, LOST, FULL, {}, BUSY, BUSY_ERROR, EC2_FAILED, ApiError("ServerException", "", status=500)),
        {"tasks": [], "failures": [{"reason": "AGENT"}]},
    ],
)
def test_what_passes_is_asked_again_with_the_same_request(trouble: Mapping[str, Any] | ApiError) -> None:
    aws = FakeAws(trouble, trouble, STARTED)

    assert launcher(aws).start(plan()).arn == TASK["taskArn"]
    assert aws.requests == [plan().request()] * 3


def test_an_inactive_revision_is_looked_up_once() -> None:
    aws = FakeAws(INACTIVE, STARTED)
    started = launcher(aws).start(plan())

    assert [request["taskDefinition"] for request in aws.requests] == [OLD.task_definition, NEW.task_definition]
    assert started.plan.manifest == NEW

    with pytest.raises(StartError, match="inactive"):
        launcher(FakeAws(INACTIVE)).start(plan())


def test_a_conflict_joins_the_task_it_names() -> None:
    conflict = ApiError("ConflictException", "", response={"resourceIds": [TASK["taskArn"]]})
    started = launcher(FakeAws(conflict)).start(plan())

    assert (started.arn, started.joined) == (TASK["taskArn"], True)


@pytest.mark.parametrize(
    ("answer", "code", "again"),
    [
        (FULL, 126, "safe"),
        (THROTTLED, 125, "safe"),
        (LOST, 125, "ask"),
        (ApiError("EndpointConnectionError", "Connection refused", status=UNREACHABLE), 125, "safe"),
        (ApiError("InvalidParameterException", "The subnet ID 'subnet-1' does not exist"), 126, "useless"),
        (ApiError("AccessDeniedException", "no"), 125, "useless"),
        ({"tasks": [], "failures": [{"reason": "RESOURCE:MEMORY"}]}, 126, "useless"),
    ],
)
def test_what_does_not_pass(answer: Mapping[str, Any] | ApiError, code: int, again: str) -> None:
    waiter = FakeWaiter()

    with pytest.raises(RunnerError) as caught:
        launcher(FakeAws(answer), waiter).start(plan())
    assert (caught.value.exit_code, caught.value.again) == (code, again)
    assert waiter.time < PATIENCE + 60


def test_what_does_not_pass_in_time_says_what_to_do_about_it() -> None:
    with pytest.raises(StartError, match=r"The account runs as many tasks as it may: .*, or have the quota raised"):
        launcher(FakeAws(BUSY)).start(plan())
    with pytest.raises(StartError, match="AWS has no Fargate capacity there now"):
        launcher(FakeAws(FULL)).start(plan())


def test_what_a_proxy_answers_is_no_verdict_on_the_batch() -> None:
    page = ApiError("403", "<html><title>Proxy: blocked</title></html>", status=403)

    with pytest.raises(RunnerError, match=r"an HTML page \(Proxy: blocked\).*on the way to AWS") as caught:
        launcher(FakeAws(page)).start(plan())

    assert (caught.value.exit_code, caught.value.again) == (125, "useless")


class LeavingAws(FakeAws):
    """A second signal comes in the middle of a call."""

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        if not self.answers:
            raise LeaveNow(signal.SIGTERM)
        return super().call(service, operation, **parameters)


def test_who_leaves_in_the_middle_of_a_start_says_that_a_task_may_run() -> None:
    with pytest.raises(RunnerError, match="may have been started all the same") as caught:
        launcher(LeavingAws()).start(plan())

    assert (caught.value.exit_code, caught.value.again) == (125, "ask")


class LeavingWaiter(FakeWaiter):
    """A second signal comes in a pause."""

    def wait(self, seconds: float, read: Sequence[int] = (), write: Sequence[int] = ()) -> None:
        del seconds, read, write
        raise LeaveNow(signal.SIGTERM)


def test_who_leaves_before_anything_can_have_been_started_just_leaves() -> None:
    with pytest.raises(LeaveNow):
        launcher(FakeAws(THROTTLED), LeavingWaiter()).start(plan())
    with pytest.raises(RunnerError, match="may have been started"):
        launcher(FakeAws(LOST), LeavingWaiter()).start(plan())


def test_a_signal_before_anything_was_started() -> None:
    with pytest.raises(InterruptedEarlyError) as caught:
        launcher(FakeAws(FULL), FakeWaiter(at={1.0: signal.SIGTERM})).start(plan())
    assert caught.value.exit_code == 143


def test_a_signal_when_a_task_may_have_been_started_waits_for_its_name() -> None:
    aws = FakeAws(LOST, THROTTLED, STARTED)

    assert launcher(aws, FakeWaiter(at={0.1: signal.SIGTERM})).start(plan()).arn == TASK["taskArn"]


def test_what_is_tried_is_said_again_every_fifteen_seconds_and_not_at_each_attempt() -> None:
    aws, notes = FakeAws(ApiError("EndpointConnectionError", "Connection refused", status=UNREACHABLE)), Notes()

    with pytest.raises(RunnerError):
        Launcher(aws, FakeWaiter(), notes, {NEW.batch: NEW}.__getitem__).start(plan())
    assert len(aws.requests) > len(notes.texts) * 2
    assert len(notes.texts) <= PATIENCE / SAID_AGAIN + 1
    said = r"the task could not be started yet: .*Connection refused\ntrying again for 4m5\ds at most"
    assert re.match(said, notes.texts[0])
