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

    def error(self) -> AwsError:
        """The error that a fault of the kind ``error`` answers with."""
        return AwsError(self.code, self.message, self.status)


@dataclass(frozen=True)
class Named:
    """A fault that has a name; called with how many calls it meets, none for all, and how many go well before."""

    fault: Fault

    def __call__(self, times: int | None = 1, *, skip: int = 0) -> Fault:
        """The fault of so many calls."""
        return dataclasses.replace(self.fault, times=times, skip=skip)


def error(code: str, message: str, *, status: int = 400, times: int | None = 1, skip: int = 0) -> Fault:
    """Any error."""
    return Fault(kind="error", code=code, message=message, status=status, times=times, skip=skip)


throttled = Named(error("ThrottlingException", "Rate exceeded"))
_OTHERS = "Error retrieving network interface information: Rate exceeded (ErrorCode: Throttling)"
throttled_in_disguise = Named(error("InvalidParameterException", _OTHERS))
"""The throttling of another service, which ECS passes on as a mistake of the caller."""
_OF_EC2 = "Error retrieving security group information for [sg-0a1b2c3d]: Request limit exceeded."
throttled_by_ec2 = Named(error("InvalidParameterException", f"{_OF_EC2} (ErrorCode: RequestLimitExceeded)"))
"""EC2's other throttling, passed on by ECS in the same way."""
expired_token = Named(error("ExpiredTokenException", "The security token included in the request is expired"))
lost_answer = Named(Fault(kind="lose"))
"""The service does what was asked, and the answer never arrives."""
empty_page = Named(Fault(kind="empty"))
"""A page without events, with a token that leads on."""
missing = Named(Fault(kind="missing"))
"""DescribeTasks without the task."""
conflict = Named(Fault(kind="conflict"))
"""A write of DynamoDB while somebody else's transaction is at the item."""
inactive_definition = Named(error("ClientException", "TaskDefinition is inactive"))
"""RunTask with a revision that was deregistered."""
_FULL = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
no_capacity = Named(Fault(kind="failures", reason=_FULL))
"""RunTask without a task: Fargate has no room."""


def run_failure(reason: str, *, times: int | None = 1) -> Fault:
    """RunTask without a task, for any reason: ``AGENT``, ``RESOURCE:MEMORY``."""
    return Fault(kind="failures", reason=reason, times=times)


def html_page(message: str, *, status: int = 403, times: int | None = 1) -> Fault:
    """The page of something on the way to AWS: a proxy, a load balancer."""
    return Fault(kind="page", message=message, status=status, times=times)


def server_error(times: int | None = 1, *, status: int = 500, skip: int = 0) -> Fault:
    """An internal error of the service."""
    text = "The request failed because of an internal error."
    return error("InternalFailure", text, status=status, times=times, skip=skip)


def lasting(seconds: float, fault: Fault) -> Fault:
    """The fault for so many seconds from its first call on, however many calls there are."""
    return dataclasses.replace(fault, times=None, lasts=seconds)


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


def slow(seconds: float, times: int | None = 1, *, skip: int = 0) -> Fault:
    """A late answer. It says what was true when the request came."""
    return Fault(kind="delay", times=times, seconds=seconds, skip=skip)


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
