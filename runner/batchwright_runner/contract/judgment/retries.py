"""Whether a run that has ended is started again. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.ends import STARTS
from batchwright_runner.contract.judgment.verdict import Ending
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.verdicts import Row, Verdict

ATTEMPT_WITHIN = 300.0
"""Seconds after an attempt's end, and a declared pause, within which the next one is started at the latest, where AWS
takes the start."""


class Retrying(Protocol):
    """What a batch says of further attempts: its manifest, or the terms that a machine keeps."""

    @property
    def retries(self) -> int:
        """How often it is started again."""

    @property
    def retry_on(self) -> Sequence[int | str]:
        """After which ends."""


def why_again(batch: Retrying, verdict: Verdict, ending: Ending, *, failed_starts: int, retried: int) -> str:
    """Why another attempt is made; empty for none.

    Before the container has run, AWS's temporary refusals are tried again. Afterwards only what the batch's own
    ``retry_on`` names is, and never after a timeout or a stop.
    """
    if verdict.row is Row.NEVER_STARTED:
        return "AWS may start it now" if verdict.again == "safe" and failed_starts < STARTS else ""
    if retried >= batch.retries or ending.stop is not None:
        return ""
    if verdict.row is Row.OWN and verdict.code != 0 and verdict.code in batch.retry_on:
        return f"the batch retries on {verdict.code}"
    if verdict.row is Row.ENDED_BY_AWS and "interruption" in batch.retry_on:
        return "the batch retries on interruption"
    return ""


def pause_before_retry(manifest: BatchManifest, verdict: Verdict) -> int:
    """The declared pause between the end of an attempt and the next one, in seconds; 0 after a failed start."""
    return 0 if verdict.row is Row.NEVER_STARTED else manifest.retry_delay_seconds


def announced(attempt: int, before: str, why: str, pause: float) -> str:
    """What a person reads before another attempt.

    `pause`: the declared pause before it, in seconds; 0 for none.
    """
    paused = f", after a pause of {format_duration(pause)}" if pause else ""
    return f"attempt {attempt - 1}, {before}\nattempt {attempt}: {why}{paused}"


def after(earlier: int, verdict: Verdict) -> Verdict:
    """The verdict of a run, some earlier attempt of which had begun: to run it again is not safe.

    `earlier`: the last attempt that had begun; 0 for none.
    """
    if not earlier or verdict.again == "ask":
        return verdict
    again = "ask" if verdict.again == "safe" else verdict.again
    return replace(verdict, why=f"{verdict.why}; attempt {earlier} had begun", again=again)
