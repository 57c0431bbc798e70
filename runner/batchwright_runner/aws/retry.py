"""Retry with backoff."""

import math
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from batchwright_runner.aws.client import ApiError, Aws
from batchwright_runner.errors import DeniedError, InterruptedEarlyError, RunnerError
from batchwright_runner.runs.duration import format_duration
from batchwright_runner.runs.signals import Waiter
from batchwright_runner.runs.task import TemporaryError
from batchwright_runner.terminal.console import Tell

T = TypeVar("T")
FIRST = 0.5
LONGEST = 4.0
"""Seconds. Throttling passes quickly: a longer pause makes one caller late and helps the others little."""
RUN_HINT = "The caller's role needs what platform.grant_run, or batch.grant_run, grants"
LIST_HINT = "The caller's role needs what platform.grant_run grants: batch.grant_run is for one batch, by its name"
OPERATE_HINT = "The caller's role needs what platform.grant_operate grants"
SAID_AFTER = 3.0
"""Seconds of trying after which a person is told."""
READ_PATIENCE = 300.0
"""Seconds for which one call of many is tried, such as for one page of the history: a quota may be shared by many."""
CLOCK_HINT = "Set the clock: AWS takes no call that is off by more than five minutes"
FOREIGN_HINT = "Something on the way to AWS has answered: see the proxy, and AWS_ENDPOINT_URL"
CREDENTIALS_HINT = "Set a profile in batchwright.toml, or AWS_PROFILE, or the AWS_ variables"
EXPIRED_HINT = "Renew them, as with aws sso login or aws login"
NETWORK_HINT = "See this machine's network, VPN and proxy; batchwright doctor looks at them"


def backoff(attempt: int, *, longest: float = LONGEST, chance: Callable[[], float] = random.random) -> float:
    """Seconds to pause after the attempt of that number, from 0: doubling, with jitter.

    Args:
        attempt: How many attempts have failed before.
        longest: The longest pause, before jitter.
        chance: Gives a number from 0 to 1.
    """
    return grown(FIRST, 2, attempt, longest) * (0.5 + chance())


def grown(first: float, factor: float, times: int, longest: float) -> float:
    """A pause that grows by a factor so many times, and never beyond the longest. Pure.

    Args:
        first: The pause at first.
        factor: By how much it grows each time; more than 1.
        times: How often; after hours without an answer many thousands.
        longest: The longest pause.
    """
    enough = math.log(max(longest / first, 1), factor)
    return float(longest if times >= enough else first * factor**times)


def retry(
    attempt: Callable[[], T],
    waiter: Waiter,
    *,
    attempts: float = float("inf"),
    seconds: float = float("inf"),
    pause: Callable[[int], float] = backoff,
) -> T:
    """Makes calls that may be repeated without harm, and repeats them while they fail in a way that passes.

    A signal that comes during an attempt or a pause ends the pause, not the attempts: what a signal means is the
    caller's decision, who can look for it in ``attempt``.

    Args:
        attempt: Makes the calls.
        waiter: Time and signals.
        attempts: How many attempts are made at most.
        seconds: Seconds after which no further attempt is made.
        pause: Seconds to pause after so many failed attempts, counted from 0.

    Raises:
        ApiError: The last attempt failed, or one failed in a way that does not pass.
        TemporaryError: The last attempt failed.
    """
    until = waiter.now() + seconds
    failed = 0
    while True:
        before = len(waiter.signals)
        try:
            return attempt()
        except (ApiError, TemporaryError) as error:
            passes = isinstance(error, TemporaryError) or error.temporary
            if not passes or failed + 1 >= attempts or waiter.now() >= until:
                raise
        pause_until = waiter.now() + pause(failed)
        failed += 1
        while waiter.now() < pause_until and len(waiter.signals) == before:
            waiter.wait(pause_until - waiter.now())


class SlowCalls:
    """Tells a person that calls take long: once.

    Args:
        tell: Who is told.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._said = False

    def failed(self, what: str, error: ApiError, seconds: float) -> None:
        """Says so if calls that pass have failed for long.

        Args:
            what: What fails with them.
            error: The last failure.
            seconds: For how long they have been tried.
        """
        if error.temporary and not self._said and seconds >= SAID_AFTER:
            self._said = True
            self._tell.note(f"{what} yet: {error}\ntrying again")


def patiently(
    attempt: Callable[[], T],
    what: str,
    waiter: Waiter,
    *,
    hint: str = RUN_HINT,
    seconds: float = 90.0,
    slow: SlowCalls | None = None,
) -> T:
    """Makes calls that may be repeated without harm, and says what to do when they keep failing.

    Args:
        attempt: Makes the calls.
        what: What fails with them, for the message: "the manifest cannot be read".
        waiter: Time and signals.
        hint: What to do where a permission is missing.
        seconds: Seconds after which no further attempt is made.
        slow: Is told of each failure that may pass.

    Raises:
        ApiError: It failed in a way that does not pass, and not for a lack of permission.
        DeniedError: It failed for a lack of permission.
        RunnerError: It failed for a lack of credentials, for a clock that is off, or for too long.
        InterruptedEarlyError: A signal came.
    """
    began = waiter.now()

    def unless_told_to_stop() -> T:
        if waiter.signals:
            raise InterruptedEarlyError(waiter.signals[0])
        try:
            return attempt()
        except ApiError as error:
            if error.expired:  # they have been looked up anew already
                raise RunnerError(f"{what}: the credentials have expired: {error}", hint=EXPIRED_HINT) from error
            if slow is not None:
                slow.failed(what, error, waiter.now() - began)
            raise

    try:
        return retry(unless_told_to_stop, waiter, seconds=seconds)
    except ApiError as error:
        if error.denied:
            raise denied(what, error, hint=hint) from error
        if not error.temporary:
            raise
        hint = NETWORK_HINT if error.unanswered else "Try again later"
        raise RunnerError(f"{what}: {error}", hint=hint, again="safe") from error


class PatientAws:
    """Calls AWS for what takes many calls. Each call is repeated by itself: what was read before is kept.

    Args:
        aws: Calls AWS.
        what: What fails with the calls, for the message: "the runs cannot be seen".
        waiter: Time and signals.
        tell: Who is told when a call takes long.
        hint: What to do where a permission is missing.
    """

    def __init__(self, aws: Aws, what: str, waiter: Waiter, tell: Tell, *, hint: str = RUN_HINT) -> None:
        self._aws = aws
        self._what = what
        self._waiter = waiter
        self._slow = SlowCalls(tell)
        self._hint = hint

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        """Makes a call that may be repeated without harm.

        Raises:
            ApiError: It failed in a way that does not pass, and not for a lack of permission.
            RunnerError: It failed for a lack of permission or credentials, or for too long.
            InterruptedEarlyError: A signal came.
        """

        def attempt() -> Mapping[str, Any]:
            return self._aws.call(service, operation, **parameters)

        return patiently(attempt, self._what, self._waiter, hint=self._hint, seconds=READ_PATIENCE, slow=self._slow)


def denied(what: str, error: ApiError, *, hint: str = RUN_HINT, wall: Callable[[], float] = time.time) -> RunnerError:
    """The error for a lack of permission or credentials, or for a clock that is off.

    Args:
        what: What fails for it.
        error: AWS's answer.
        hint: What to do where a permission is missing.
        wall: This host's clock, in seconds since 1970.
    """
    if error.skewed:
        return RunnerError(f"{what}: {_clock(error.clock_ahead(wall()))}: {error}", hint=CLOCK_HINT)
    if error.code == "NoCredentials":
        return RunnerError(f"{what}: {error}", hint=CREDENTIALS_HINT)
    return DeniedError(f"{what}: {error}", hint=hint)


def _clock(ahead: float | None) -> str:
    if ahead is None:
        return "this host's clock is not AWS's"
    return f"this host's clock is {format_duration(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} AWS's"
