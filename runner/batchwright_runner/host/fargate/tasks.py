"""Lists and describes tasks; calls AWS for one of them, and says what a failed call means."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from heapq import nlargest
from typing import Any

from batchwright_runner.contract import names
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import answered_at
from batchwright_runner.contract.pages import pages
from batchwright_runner.contract.tasks import created_at
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import SETUP_HINTS
from batchwright_runner.host.runs.task import RefusedError, TemporaryError

HEARD = 50
"""Answers from which the time is taken: a few minutes of following, and wrong dates are forgotten after them."""
DESCRIBED_AT_ONCE = 100
"""Tasks that DescribeTasks takes in one call (ECS API reference, 2026-11)."""


def tasks_of_run(aws: Aws, manifest: BatchManifest, started_by: str) -> list[Mapping[str, Any]]:
    """The tasks of a batch that a run id has started, and that ECS still knows; the newest first."""
    tasks = describe(aws, manifest.cluster, list_tasks(aws, manifest.cluster, startedBy=started_by))
    own = [task for task in tasks if (family_of(task), task.get("startedBy")) == (family(manifest), started_by)]
    return sorted(own, key=created_at, reverse=True)


def list_tasks(aws: Aws, cluster: str, **filters: str) -> list[str]:
    """The ARNs of a cluster's tasks that fit: those in progress, then those that have ended."""
    call = partial(aws.call, "ecs", "list_tasks", cluster=cluster, **filters)
    return [arn for status in ("RUNNING", "STOPPED") for arn in pages(partial(call, desiredStatus=status), "taskArns")]


def describe(aws: Aws, cluster: str, arns: Sequence[str]) -> list[Mapping[str, Any]]:
    """What ECS knows of tasks, with their tags. Those it does not know any more are left out."""
    tasks: list[Mapping[str, Any]] = []
    for begin in range(0, len(arns), DESCRIBED_AT_ONCE):
        part = list(arns[begin : begin + DESCRIBED_AT_ONCE])
        answer = aws.call("ecs", "describe_tasks", cluster=cluster, tasks=part, include=["TAGS"])
        tasks += answer.get("tasks", [])
    return tasks


def age_of(aws: Aws, cluster: str, arn: str) -> float:
    """How long ago a task was created, in seconds, by AWS's own clock; 0 for one that ECS does not know yet."""
    answer = aws.call("ecs", "describe_tasks", cluster=cluster, tasks=[arn])
    now = answered_at(answer)
    tasks = answer.get("tasks", [])
    return max(0.0, now - created_at(tasks[0])) if tasks and now is not None else 0.0


def family(manifest: BatchManifest) -> str:
    """The task definition's family."""
    return names.family_of(manifest.task_definition)


def family_of(task: Mapping[str, Any]) -> str:
    """The family of a task's task definition."""
    return names.family_of(str(task.get("taskDefinitionArn", "")))


class AwsClock:
    """What time it is at AWS.

    An answer's date is cut to the second, so one alone is up to a second behind. Of many answers, those that are least
    behind are behind by much less, and none is ahead: a date is older than its arrival. The one that is furthest ahead
    is left out all the same where there are others, since a single wrong date would be that one.

    `clock`: a clock of this host that never goes back, in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ahead: deque[float] = deque(maxlen=HEARD)

    def hear(self, answer: Mapping[str, Any]) -> None:
        """Learns from an answer that has just come."""
        date = answered_at(answer)
        if date is not None:
            self._ahead.append(date - self._clock())

    def now(self) -> float | None:
        """AWS's time in seconds since 1970, never later than it is there; none before an answer had a date."""
        if not self._ahead:
            return None
        return self._clock() + nlargest(2, self._ahead)[-1]


class ForbiddenError(RefusedError):
    """A permission is missing, or is not known everywhere yet."""


class NotFoundError(RefusedError):
    """A log stream, or its group, is not there."""


class InvalidError(RefusedError):
    """AWS does not take an argument, such as a token that is too old."""


class TaskCalls:
    """Calls AWS, and learns its time from the answers.

    `clock`: a clock that never goes back, in seconds.
    """

    def __init__(self, aws: Aws, clock: Callable[[], float]) -> None:
        self._aws = aws
        self._aws_clock = AwsClock(clock)

    def now(self) -> float | None:
        """AWS's time, in seconds since 1970; none where it is not known."""
        return self._aws_clock.now()

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        """Makes one call."""
        try:
            answer = self._aws.call(service, operation, **parameters)
        except ApiError as error:
            raise meaning_of(error) from error
        self._aws_clock.hear(answer)
        return answer


def meaning_of(error: ApiError) -> TemporaryError | RefusedError:
    """What a failed call means to the follower of a task. Pure.

    Credentials that are no good, and what answers in AWS's place, pass as an outage does: the task goes on meanwhile.
    """
    by_hand = error.credentials or error.foreign or error.code in SETUP_HINTS
    if error.temporary or by_hand:
        return TemporaryError(str(error), throttled=error.throttled, by_hand=by_hand)
    if error.code == "ResourceNotFoundException":
        return NotFoundError(str(error))
    if error.code == "InvalidParameterException":
        return InvalidError(str(error))
    return (ForbiddenError if error.forbidden else RefusedError)(str(error))
