"""`Retry`: after which ends a batch is started again, how often, and after which pause."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration

from batchwright.arguments import checked_fields
from batchwright.errors import DeclarationError, wrong
from batchwright.task.checks import seconds, whole_seconds
from batchwright_runner.contract.checks import EXIT_CODES, INTERRUPTION, RETRY_DELAYS

TIMES = range(1, 11)

_CODES = f"exit codes from {EXIT_CODES[0]} to {EXIT_CODES[-1]}"


@checked_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """When a batch is started again: ``retry=Retry(times=2, on=[1, "interruption"], delay=Duration.minutes(5))``.

    Attributes:
        times: How often it is started again, 1 to 10. The batch's ``timeout`` holds for each attempt, so a run may take
            ``times + 1`` times as long, and the pauses.
        on: The ends after which it is: exit codes from 1 to 255, and ``"interruption"`` for an end by AWS. One at
            least.
        delay: How long to wait after such an end before the next attempt, from a second to 24 hours. Starts that AWS
            refuses are repeated with pauses of their own. Default: the next attempt is made at once.
    """

    times: int
    on: Sequence[int | str]
    delay: Duration | None = None

    def _check(self, subject: str) -> None:
        """Raises unless it can be kept.

        Raises:
            DeclarationError: Naming the argument, what was given and what is allowed.
        """
        if isinstance(self.times, bool) or self.times not in TIMES:
            allowed = f"{TIMES[0]} to {TIMES[-1]}; without retry= the batch is never started again"
            raise wrong(subject, "retry.times", self.times, allowed)
        if isinstance(self.on, str) or not isinstance(self.on, Sequence):
            raise wrong(subject, "retry.on", self.on, f"a list of {_CODES}, and {INTERRUPTION!r}")
        if not self.on:
            problem = f"it is empty, so that nothing is tried again; allowed: {_CODES}, and {INTERRUPTION!r}"
            raise DeclarationError(subject, "retry.on", problem)
        for cause in self.on:
            is_code = isinstance(cause, int) and not isinstance(cause, bool) and cause in EXIT_CODES
            if cause != INTERRUPTION and not is_code:
                raise wrong(subject, "retry.on", cause, f"{_CODES}, and {INTERRUPTION!r}")
        if self.delay is not None:
            whole_seconds(subject, "retry.delay", self.delay, RETRY_DELAYS, "1 second to 24 hours, in whole seconds")

    def _manifest_fields(self) -> dict[str, Any]:
        """The manifest's fields about it."""
        return {
            "retries": self.times,
            "retry_on": list(self.on),
            "retry_delay_seconds": 0 if self.delay is None else seconds(self.delay),
        }
