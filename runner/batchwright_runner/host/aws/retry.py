"""Calls that are repeated while they fail in a way that passes."""

import math
import random
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.errors import DeniedError, RunnerError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import UNUSABLE_SETTING, ApiError
from batchwright_runner.host.aws.trying import Trying
from batchwright_runner.host.runs.signals import Waiter, end_if_told
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
FORBIDDEN_FOR = 15.0
"""Seconds for which a lack of permission is tried again where a run may be in progress: a permission that is new is not
known everywhere yet, and a role that has just been assumed neither (IAM user guide, "Changes that I make are not always
immediately visible"; 2026-11). Where nothing is in progress a command ends at once."""
CLOCK_HINT = "Set the clock: AWS takes no call that is off by more than five minutes"
FOREIGN_HINT = "Something on the way to AWS has answered: see the proxy, and AWS_ENDPOINT_URL"
CREDENTIALS_HINT = "Set a profile in batchwright.toml, or AWS_PROFILE, or the AWS_ variables"
EXPIRED_HINT = "Renew them, as with aws sso login or aws login: log in again"
LOGIN_HINT = "AWS does not take these credentials: log in again, as with aws sso login or aws login"
NETWORK_HINT = "See the region, and this machine's network, VPN and proxy"
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


@dataclass(frozen=True, slots=True)
class Patience:
    """For how many seconds calls are repeated, and how often."""

    seconds: float = float("inf")
    # How many attempts are made at most
    attempts: float = float("inf")
    # Gives the seconds to pause after so many failed attempts, counted from 0; none for `backoff`
    pause: Callable[[int], float] | None = None
    # Seconds for which a lack of permission is tried again
    forbidden_for: float = 0.0
    # The same for credentials that are no good, and for what is on the way to AWS and answers in its place
    refused_for: float = 0.0
    # The same for credentials that may be there in a moment
    late_for: float = 0.0

    def waits_for(self, error: Exception) -> float | None:
        """Seconds for which a call is tried that lacks a permission or credentials; none for other failures."""
        if not isinstance(error, ApiError):
            return None
        if error.forbidden:
            return self.forbidden_for
        refused = self.refused_for if error.credentials or error.foreign else 0.0
        return max(refused, self.late_for if error.late else 0.0) or None


ENDLESS = Patience()
LATE_FOR = 10.0
"""Seconds for which credentials are waited for where nothing is in progress: their source may be late, or break."""
CALL = Patience(90.0)
"""What one call is tried with."""
FIRST_CALL = Patience(90.0, late_for=LATE_FOR)
"""The same for what a command asks first."""
READ = Patience(300.0, late_for=LATE_FOR)
"""The same for one call of many, such as for one page of the history: a quota may be shared by many."""


def repeat(
    attempt: Callable[[], T], waiter: Waiter, patience: Patience = ENDLESS, *, trying: Trying | None = None
) -> T:
    """Makes calls that may be repeated without harm, and repeats them while they fail in a way that passes.

    A signal that comes during an attempt or a pause ends the pause, not the attempts: what a signal means is the
    caller's decision, who can look for it in ``attempt``.
    """
    until = waiter.now() + patience.seconds
    without_since: float | None = None
    failed = 0
    with ExitStack() as stack:
        if trying is not None:
            stack.enter_context(trying.during(patience.seconds))
        while True:
            before = len(waiter.signals)
            try:
                return attempt()
            except (ApiError, TemporaryError) as error:
                passes, give_up = isinstance(error, TemporaryError) or error.temporary, until
                waits = patience.waits_for(error)
                if waits is not None:
                    without_since = waiter.now() if without_since is None else without_since
                    passes, give_up = waits > 0, min(until, without_since + waits)
                else:
                    without_since = None
                if isinstance(error, TemporaryError) and error.until is not None:
                    give_up = min(until, error.until)
                if not passes or failed + 1 >= patience.attempts or waiter.now() >= give_up:
                    raise
                if trying is not None:
                    trying.failed(error, give_up)
                longest = LONGEST if error.throttled else SOON
                if isinstance(error, TemporaryError) and error.longest:
                    longest = error.longest
                wanted = patience.pause(failed) if patience.pause else backoff(failed, longest=longest)
            pause_until = waiter.now() + wanted
            failed += 1
            while waiter.now() < pause_until and len(waiter.signals) == before:
                waiter.wait(pause_until - waiter.now())


def patiently(
    attempt: Callable[[], T],
    what: str,
    waiter: Waiter,
    *,
    hint: str = RUN_HINT,
    patience: Patience = CALL,
    trying: Trying | None = None,
    but: Collection[str] | None = (),
) -> T:
    """Makes calls that may be repeated without harm, and says what to do when they keep failing.

    When that takes long, a note says what is tried, and for how long.

    `what`: what fails with them, for the message: "the manifest cannot be read".
    `but`: the codes of failures that do not pass and come as they are; none for all of them.
    """

    def unless_told_to_stop() -> T:
        end_if_told(waiter)
        try:
            return attempt()
        except ApiError as error:
            if ends_at_once(error) and patience.waits_for(error) is None:
                raise denied(what, error, hint=hint) from error
            raise

    trying = trying or Trying(what, waiter)
    try:
        return repeat(unless_told_to_stop, waiter, patience, trying=trying)
    except ApiError as error:
        if ends_at_once(error):
            raise denied(what, error, hint=hint) from error
        if not error.temporary:
            if but is None or error.code in but:
                raise
            raise RunnerError(f"{what}: {error}") from error
        later = NETWORK_HINT if error.unanswered else "Try again later"
        raise RunnerError(f"{what}: {error}", hint=later, again="safe") from error


class PatientAws:
    """Calls AWS for what takes many calls. Each call is repeated by itself: what was read before is kept.

    `what`: what fails with the calls, for the message: "the runs cannot be seen".
    """

    def __init__(
        self, aws: Aws, what: str, waiter: Waiter, tell: Tell, *, hint: str = RUN_HINT, forbidden_for: float = 0.0
    ) -> None:
        self._patience = replace(READ, forbidden_for=forbidden_for)
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
            patience=self._patience,
            trying=self._trying,
            but=None,
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
