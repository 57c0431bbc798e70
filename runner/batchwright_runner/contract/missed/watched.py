"""A watched batch with all that is known of it, what could not be read, and what there is to report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from batchwright_runner.contract.manifests import Manifest
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.sizes import KNOWN_SCHEDULERS, Overlap
from batchwright_runner.contract.two_at_once import TwoAtOnce

Kind = Literal["missed", "long", "twice", "unknown", "paused"]
UNKNOWN = "cannot be known"
GRACE = 600.0
"""Seconds after its due time within which a run should have been started, whoever starts it."""
WAITS = 600.0
"""Seconds after the end of a run within which a start that has waited for it begins."""
LONGEST_GRACE = 3600.0
"""The same where something else than `SCHEDULERS` starts it: GitHub Actions may be late by as much."""


def grace_of(scheduler: str, usual: float = GRACE) -> float:
    """Seconds after its due time within which a scheduler starts a batch; `usual` of those that are known here."""
    return usual if scheduler in ("", *KNOWN_SCHEDULERS) else LONGEST_GRACE


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """What could not be read, each in words; empty where it could."""

    # Runs in progress, and those that ended within the hour
    tasks: str = ""
    machines: str = ""
    watch: str = ""
    pauses: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A batch, with all that is known of it."""

    batch: str
    # When it is due; none where it has no schedule, or one that cannot be read here
    schedule: CronSchedule | None = None
    # What about it cannot be known, in words; empty for nothing
    problem: str = ""
    # Who starts it; empty for no scheduler
    scheduler: str = ""
    # How long a run usually takes at most, in seconds; 0 where it is not declared
    expected: int = 0
    # Seconds after a due time within which AWS starts it at some moment
    window: int = 0
    # What a run does while another one is in progress
    overlap: Overlap = "allow"
    machine: bool = False
    # Since when its schedule holds, in seconds since 1970
    since: float = 0.0
    pause: Pause | None = None
    # Why ends of runs that ECS has forgotten cannot be seen, in words; empty where they can
    forgotten: str = ""
    runs: Sequence[Seen] = field(default_factory=tuple)

    @property
    def at_once(self) -> TwoAtOnce:
        """What a second run does while one is in progress."""
        return TwoAtOnce(self.overlap)

    def starts_may_wait(self, now: float) -> float:
        """Until when a start may wait for a run of the batch, in seconds since 1970; 0 where none does.

        Nobody but its own runner knows of a start that waits: it begins within some seconds of the end of that run.
        """
        if not self.at_once.waits:
            return 0.0
        until = max((now if run.ended is None else run.ended for run in self.runs if run.began), default=0.0) + WAITS
        return until if until > now else 0.0

    @property
    def grace(self) -> float:
        """Seconds after its due time within which a run should have been started."""
        return grace_of(self.scheduler) + self.window


def declared(manifest: Manifest | None) -> Mapping[str, Any]:
    """What a manifest says of itself as watched; nothing without one."""
    return {} if manifest is None else {"overlap": manifest.overlap, "machine": bool(manifest.machine)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """Something to know of a batch."""

    # Its name; empty for all of the stage
    batch: str
    # ``missed``: it was due and did not run. ``long``: a run is in progress for longer than expected. ``twice``: it was
    # begun twice for one time. ``unknown``: that cannot be known. ``paused``: it was paused.
    kind: Kind
    # The time for which it was due, in the schedule's zone; none where none is meant
    due: datetime | None = None
    # What it is, in a few words: ``did not run``
    what: str = UNKNOWN
    # More about it, in words; empty where there is no more
    why: str = ""
    # Who starts it; empty for no scheduler
    scheduler: str = ""
    runs: tuple[str, ...] = ()
    # The same runs, by what stays the same as long as they go on
    identities: tuple[str, ...] = ()

    @property
    def is_trouble(self) -> bool:
        """Whether somebody should look. A pause was asked for."""
        return self.kind != "paused"
