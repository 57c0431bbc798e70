"""Retry with backoff."""

import math
import random
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, TypeVar

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.errors import DeniedError, InterruptedEarlyError, RunnerError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import UNUSABLE_SETTING, ApiError
from batchwright_runner.host.aws.trying import Trying
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.runs.task import TemporaryError
from batchwright_runner.host.terminal.console import Tell

T = TypeVar("T")
FIRST = 0.5
LONGEST = 4.0
"""Seconds. Throttling passes quickly: a longer pause makes one caller late and helps the others little."""
RUN_HINT = "The caller's role needs what platform.grant_run, or batch.grant_run, grants"
LIST_HINT = "The caller's role needs what platform.grant_run grants: batch.grant_run is for one batch, by its name"
OPERATE_HINT = "The caller's role needs what platform.grant_operate grants"
SOON = LONGEST / 3
"""The same where no quota is the reason, so that it is 2 s at most with jitter: asking does no harm then."""
PATIENCE = 90.0
"""Seconds for which a call is tried by default."""
FORBIDDEN_FOR = 15.0
"""Seconds for which a lack of permission is tried again where a run may be in progress: a permission that is new is not
known everywhere yet, and a role that has just been assumed neither (IAM user guide, "Changes that I make are not always
immediately visible"; 2026-11). Where nothing is in progress a command ends at once."""
READ_PATIENCE = 300.0
"""Seconds for which one call of many is tried, such as for one page of the history: a quota may be shared by many."""
CLOCK_HINT = "Set the clock: AWS takes no call that is off by more than five minutes"
FOREIGN_HINT = "Something on the way to AWS has answered: see the proxy, and AWS_ENDPOINT_URL"
CREDENTIALS_HINT = "Set a profile in batchwright.toml, or AWS_PROFILE, or the AWS_ variables"
EXPIRED_HINT = "Renew them, as with aws sso login or aws login: log in again"
LOGIN_HINT = "AWS does not take these credentials: log in again, as with aws sso login or aws login"
NETWORK_HINT = "See the region, and this machine's network, VPN and proxy; batchwright doctor looks at them"
SETUP_HINTS = {
    "NoCredentials": CREDENTIALS_HINT,
    "PartialCredentialsError": CREDENTIALS_HINT,
    "NoRegionError": "Set the stage's region in batchwright.toml, or AWS_REGION",
    "InvalidRegionError": "Set the stage's region in batchwright.toml, or AWS_REGION",
    UNUSABLE_SETTING: "See AWS's variables, such as AWS_ENDPOINT_URL and AWS_CA_BUNDLE, ~/.aws/config, and HTTPS_PROXY",
    "ProfileNotFound": "See profile in batchwright.toml, AWS_PROFILE, and the profiles in ~/.aws/config",
}
"""The SDK's own errors, before anything is asked of AWS, and what to do about them."""


def backoff(attempt: int, *, longest: float = LONGEST, chance: Callable[[], float] = random.random) -> float:
    """Seconds to pause after the attempt of that number, from 0: doubling, with jitter.

    `chance`: Gives a number from 0 to 1.
    """
    return grown(FIRST, 2, attempt, longest) * (0.5 + chance())


def grown(first: float, factor: float, times: int, longest: float) -> float:
    """A pause that grows by a factor so many times, and never beyond the longest. Pure.

    `factor`: By how much it grows each time; more than 1.
    `times`: how often; after hours without an answer many thousands.
    """
    enough = math.log(max(longest / first, 1), factor)
    return float(longest if times >= enough else first * factor**times)


def retry(
    attempt: Callable[[], T],
    waiter: Waiter,
    *,
    attempts: float = float("inf"),
    seconds: float = float("inf"),
    pause: Callable[[int], float] | None = None,
    trying: Trying | None = None,
    forbidden_for: float = 0.0,
    refused_for: float = 0.0,
) -> T:
    """Makes calls that may be repeated without harm, and repeats them while they fail in a way that passes.

    A signal that comes during an attempt or a pause ends the pause, not the attempts: what a signal means is the
    caller's decision, who can look for it in ``attempt``.

    `attempts`: how many attempts are made at most.
    `pause`: seconds to pause after so many failed attempts, counted from 0.
    """
    until = waiter.now() + seconds
    without_since: float | None = None
    failed = 0
    with ExitStack() as stack:
        if trying is not None:
            stack.enter_context(trying.during(seconds))
        while True:
            before = len(waiter.signals)
            try:
                return attempt()
            except (ApiError, TemporaryError) as error:
                passes, give_up = isinstance(error, TemporaryError) or error.temporary, until
                patience = _patience(error, forbidden_for, refused_for)
                if patience is not None:
                    without_since = waiter.now() if without_since is None else without_since
                    passes, give_up = patience > 0, min(until, without_since + patience)
                else:
                    without_since = None
                if isinstance(error, TemporaryError) and error.until is not None:
                    give_up = min(until, error.until)
                if not passes or failed + 1 >= attempts or waiter.now() >= give_up:
                    raise
                if trying is not None:
                    trying.failed(error, give_up)
                longest = LONGEST if error.throttled else SOON
                wanted = pause(failed) if pause is not None else backoff(failed, longest=longest)
            pause_until = waiter.now() + wanted
            failed += 1
            while waiter.now() < pause_until and len(waiter.signals) == before:
                waiter.wait(pause_until - waiter.now())


def _patience(error: Exception, forbidden_for: float, refused_for: float) -> float | None:
    """Seconds for which a call is tried that lacks a permission or credentials; none for other failures."""
    if not isinstance(error, ApiError):
        return None
    if error.forbidden:
        return forbidden_for
    return refused_for if refused_for > 0 and (error.credentials or error.foreign) else None


def patiently(
    attempt: Callable[[], T],
    what: str,
    waiter: Waiter,
    *,
    hint: str = RUN_HINT,
    seconds: float = PATIENCE,
    trying: Trying | None = None,
    forbidden_for: float = 0.0,
    refused_for: float = 0.0,
) -> T:
    """Makes calls that may be repeated without harm, and says what to do when they keep failing.

    When that takes long, a note says what is tried, and for how long.

    `what`: what fails with them, for the message: "the manifest cannot be read".
    """

    def unless_told_to_stop() -> T:
        if waiter.signals:
            raise InterruptedEarlyError(waiter.signals[0])
        try:
            return attempt()
        except ApiError as error:
            waits = error.forbidden or (refused_for > 0 and (error.credentials or error.foreign))
            if ends_at_once(error) and not waits:
                raise denied(what, error, hint=hint) from error
            raise

    trying = trying or Trying(what, waiter)
    try:
        return retry(
            unless_told_to_stop,
            waiter,
            seconds=seconds,
            trying=trying,
            forbidden_for=forbidden_for,
            refused_for=refused_for,
        )
    except ApiError as error:
        if ends_at_once(error):
            raise denied(what, error, hint=hint) from error
        if not error.temporary:
            raise
        later = NETWORK_HINT if error.unanswered else "Try again later"
        raise RunnerError(f"{what}: {error}", hint=later, again="safe") from error


class PatientAws:
    """Calls AWS for what takes many calls. Each call is repeated by itself: what was read before is kept.

    `what`: what fails with the calls, for the message: "the runs cannot be seen".
    """

    def __init__(
        self, aws: Aws, what: str, waiter: Waiter, tell: Tell, *, hint: str = RUN_HINT, forbidden_for: float = 0.0
    ) -> None:
        self._forbidden_for = forbidden_for
        self._aws = aws
        self._what = what
        self._waiter = waiter
        self._hint = hint
        self._trying = Trying(what, waiter, tell.note)

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        """Makes a call that may be repeated without harm."""
        return patiently(
            lambda: self._aws.call(service, operation, **parameters),
            self._what,
            self._waiter,
            hint=self._hint,
            seconds=READ_PATIENCE,
            trying=self._trying,
            forbidden_for=self._forbidden_for,
        )


def ends_at_once(error: ApiError) -> bool:
    """Whether something must be done before a call can work: permission, credentials, a setting, the clock, a proxy."""
    on_the_way = error.foreign and not error.temporary
    return error.denied or error.credentials or error.code in SETUP_HINTS or on_the_way


def denied(what: str, error: ApiError, *, hint: str = RUN_HINT) -> RunnerError:
    """The error for what ends at once (`ends_at_once`)."""
    if error.skewed:
        return RunnerError(f"{what}: {_clock(error.clock_ahead(time.time()))}: {error}", hint=CLOCK_HINT)
    if error.code in SETUP_HINTS:
        return RunnerError(f"{what}: {error}", hint=SETUP_HINTS[error.code])
    if error.expired:  # they have been looked up again already
        return RunnerError(f"{what}: the credentials have expired: {error}", hint=EXPIRED_HINT)
    if error.credentials or error.foreign:
        return RunnerError(f"{what}: {error}", hint=FOREIGN_HINT if error.foreign else LOGIN_HINT)
    return DeniedError(f"{what}: {error}", hint=hint)


def _clock(ahead: float | None) -> str:
    if ahead is None:
        return "this host's clock is not AWS's"
    return f"this host's clock is {format_duration(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} AWS's"
