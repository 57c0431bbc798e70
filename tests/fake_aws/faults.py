"""How an operation can misbehave, and the quotas of an account."""

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from tests.fake_aws.errors import AwsError

Kind = Literal["error", "cut", "reset", "lose", "delay", "empty", "failures", "missing", "page", "conflict"]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens to the next ``times`` calls of an operation instead of, or beside, a good answer.

    Attributes:
        kind: ``error`` answers an error and does nothing. ``cut`` closes the connection after ``keep`` bytes of the
            body, ``reset`` breaks it there. ``lose`` does what was asked and closes the connection without an answer.
            ``delay`` answers after ``seconds``. ``empty`` answers a page without events though there may be some.
            ``failures`` is RunTask's answer without a task. ``missing`` is DescribeTasks' answer that knows no task.
            ``page`` answers with the HTML page of something on the way, such as a proxy.
            ``conflict`` is DynamoDB's refusal of a write while a transaction has the item.
        times: How many calls; none for all that follow.
        skip: How many calls go well before.
        lasts: Seconds for which it lasts from its first call on, however many there are; 0 where ``times`` counts.
    """

    kind: Kind
    times: int | None = 1
    skip: int = 0
    lasts: float = 0.0
    code: str = ""
    message: str = ""
    status: int = 400
    seconds: float = 0.0
    keep: int = 0
    reason: str = ""
    detail: str = ""

    def error(self) -> AwsError:
        """The error that a fault of the kind ``error`` answers with."""
        return AwsError(self.code, self.message, self.status)


def error(code: str, message: str, *, status: int = 400, times: int | None = 1, skip: int = 0) -> Fault:
    """Any error."""
    return Fault(kind="error", code=code, message=message, status=status, times=times, skip=skip)


def throttled(times: int | None = 1, *, skip: int = 0) -> Fault:
    """ThrottlingException."""
    return error("ThrottlingException", "Rate exceeded", times=times, skip=skip)


def throttled_in_disguise(times: int | None = 1, *, skip: int = 0) -> Fault:
    """The throttling of another service, which ECS passes on as a mistake of the caller."""
    text = "Error retrieving network interface information: Rate exceeded (ErrorCode: Throttling)"
    return error("InvalidParameterException", text, times=times, skip=skip)


def throttled_by_ec2(times: int | None = 1, *, skip: int = 0) -> Fault:
    """EC2's other throttling, passed on by ECS in the same way."""
    text = (
        "Error retrieving security group information for [sg-0a1b2c3d]: "
        "Request limit exceeded. (ErrorCode: RequestLimitExceeded)"
    )
    return error("InvalidParameterException", text, times=times, skip=skip)


def html_page(message: str, *, status: int = 403, times: int | None = 1, skip: int = 0) -> Fault:
    """The page of something on the way to AWS: a proxy, a load balancer."""
    return Fault(kind="page", message=message, status=status, times=times, skip=skip)


def server_error(times: int | None = 1, *, status: int = 500, skip: int = 0) -> Fault:
    """An internal error of the service."""
    return error(
        "InternalFailure", "The request failed because of an internal error.", status=status, times=times, skip=skip
    )


def lasting(seconds: float, fault: Fault) -> Fault:
    """The fault for so many seconds from its first call on, however many calls there are."""
    return dataclasses.replace(fault, times=None, lasts=seconds)


def expired_token(times: int | None = 1, *, skip: int = 0) -> Fault:
    """Temporary credentials that have run out."""
    text = "The security token included in the request is expired"
    return error("ExpiredTokenException", text, times=times, skip=skip)


def access_denied(times: int | None = None, *, skip: int = 0, lasts: float = 0.0) -> Fault:
    """A permission that the caller does not have; with ``lasts``, not yet."""
    text = "User: arn:aws:sts::111111111111:assumed-role/batches-runner/test is not authorized to perform this action"
    refused = error("AccessDeniedException", text, times=times, skip=skip)
    return lasting(lasts, refused) if lasts else refused


def cut(times: int | None = 1, *, keep: int = 0, skip: int = 0) -> Fault:
    """The connection is closed in the middle of the answer, after ``keep`` bytes of its body.

    botocore does not compare what came with Content-Length and takes a body that is no JSON for an empty answer.
    """
    return Fault(kind="cut", times=times, keep=keep, skip=skip)


def reset(times: int | None = 1, *, keep: int = 0, skip: int = 0) -> Fault:
    """The connection is broken in the middle of the answer: the client's system reports a reset."""
    return Fault(kind="reset", times=times, keep=keep, skip=skip)


def lost_answer(times: int | None = 1, *, skip: int = 0) -> Fault:
    """The service does what was asked, and the answer never arrives."""
    return Fault(kind="lose", times=times, skip=skip)


def slow(seconds: float, times: int | None = 1, *, skip: int = 0) -> Fault:
    """A late answer. It says what was true when the request came."""
    return Fault(kind="delay", times=times, seconds=seconds, skip=skip)


def empty_page(times: int | None = 1, *, skip: int = 0) -> Fault:
    """A page without events, with a token that leads on."""
    return Fault(kind="empty", times=times, skip=skip)


def no_capacity(times: int | None = 1, *, skip: int = 0) -> Fault:
    """RunTask without a task: Fargate has no room."""
    reason = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
    return run_failure(reason, times=times, skip=skip)


def run_failure(reason: str, *, detail: str = "", times: int | None = 1, skip: int = 0) -> Fault:
    """RunTask without a task, for any reason: ``AGENT``, ``RESOURCE:MEMORY``."""
    return Fault(kind="failures", reason=reason, detail=detail, times=times, skip=skip)


def missing(times: int | None = 1, *, skip: int = 0) -> Fault:
    """DescribeTasks without the task."""
    return Fault(kind="missing", times=times, skip=skip)


def conflict(times: int | None = 1, *, skip: int = 0) -> Fault:
    """A write of DynamoDB while somebody else's transaction is at the item."""
    return Fault(kind="conflict", times=times, skip=skip)


def inactive_definition(times: int | None = 1, *, skip: int = 0) -> Fault:
    """RunTask with a revision that was deregistered."""
    return error("ClientException", "TaskDefinition is inactive", times=times, skip=skip)


class FaultQueue:
    """The faults of one operation, used up in their order."""

    def __init__(self, faults: Iterable[Fault], clock: Callable[[], float]) -> None:
        self._faults = list(faults)
        self._clock = clock
        self._until: float | None = None

    def next(self) -> Fault | None:
        """The fault of the call that comes in now."""
        if not self._faults:
            return None
        first = self._faults[0]
        if first.skip:
            self._faults[0] = dataclasses.replace(first, skip=first.skip - 1)
            return None
        if first.lasts:
            now = self._clock()
            self._until = now + first.lasts if self._until is None else self._until
            if now < self._until:
                return first
            del self._faults[0]
            self._until = None
            return self.next()
        if first.times is not None:
            self._faults[0] = dataclasses.replace(first, times=first.times - 1)
            if first.times <= 1:
                del self._faults[0]
        return first


class Quota:
    """A token bucket: ``per_second`` calls in the long run, ``burst`` at once."""

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float]) -> None:
        self._rate = per_second
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._seen = clock()

    def take(self) -> bool:
        """Whether one more call is within the quota; takes it if so."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._seen) * self._rate)
        self._seen = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
