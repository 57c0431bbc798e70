"""What a second run of a batch, or of a workflow, does while one is in progress. Pure."""

from dataclasses import dataclass

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.sizes import Overlap

REFUSING, WAITING = "overlap='forbid'", "overlap='wait'"
"""How a declaration says it."""


@dataclass(frozen=True, slots=True)
class TwoAtOnce:
    """What is declared of two runs at once."""

    overlap: Overlap = "allow"
    # Seconds that a run waits at most; 0 where that is not told
    longest: int = 0

    @property
    def allowed(self) -> bool:
        """Whether the second one runs beside the first."""
        return self.overlap == "allow"

    @property
    def refused(self) -> bool:
        """Whether the second one is not started, or gives way."""
        return self.overlap == "forbid"

    @property
    def waits(self) -> bool:
        """Whether the second one waits for its turn."""
        return self.overlap == "wait"

    @property
    def words(self) -> str:
        """It as people read it."""
        most = f", {format_duration(self.longest)} at most" if self.longest else ""
        words = {"allow": "allowed", "forbid": "forbidden: the second exits with 123"}
        return words.get(self.overlap, f"the second waits for the first{most}")


ALLOWED = TwoAtOnce()
