"""Repeats what fails for a moment."""

import random
from collections.abc import Callable
from typing import TypeVar

from batchwright_runner.aws.client import ApiError
from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.runs.signals import Waiter

T = TypeVar("T")
FIRST = 0.5
LONGEST = 4.0
"""Seconds. Throttling passes quickly: a longer pause makes one caller late and helps the others little."""


def backoff(attempt: int, *, longest: float = LONGEST, chance: Callable[[], float] = random.random) -> float:
    """Seconds to pause after the attempt of that number, from 0: doubling, with jitter.

    Args:
        attempt: How many attempts have failed before.
        longest: The longest pause, before jitter.
        chance: Gives a number from 0 to 1.
    """
    return float(min(FIRST * 2**attempt, longest) * (0.5 + chance()))


def patiently(attempt: Callable[[], T], what: str, waiter: Waiter, *, seconds: float = 90.0) -> T:
    """Makes calls that only read, again while they fail in a way that passes.

    Args:
        attempt: Makes the calls.
        what: What is done, for the message: "the manifest cannot be read".
        waiter: Time and signals.
        seconds: For how long.

    Raises:
        ApiError: It failed in a way that does not pass, and not for a lack of permission.
        RunnerError: It failed for a lack of permission or credentials, or for too long.
        InterruptedEarlyError: A signal came.
    """
    until = waiter.now() + seconds
    failed = 0
    while True:
        if waiter.signals:
            raise InterruptedEarlyError(waiter.signals[0])
        try:
            return attempt()
        except ApiError as error:
            if error.denied:
                raise denied(what, error) from error
            if not error.temporary:
                raise
            if waiter.now() >= until:
                raise RunnerError(f"{what}: {error}", hint="Try again later", again="safe") from error
        pause_until = waiter.now() + backoff(failed)
        failed += 1
        while waiter.now() < pause_until and not waiter.signals:
            waiter.wait(pause_until - waiter.now())


def denied(what: str, error: ApiError) -> RunnerError:
    """The error for a lack of permission or credentials."""
    if error.code == "NoCredentials":
        hint = "Set a profile in batchwright.toml, or AWS_PROFILE, or the AWS_ variables"
    else:
        hint = "The caller's role needs what platform.grant_run, or batch.grant_run, grants"
    return RunnerError(f"{what}: {error}", hint=hint)
