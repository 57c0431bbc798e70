"""What there is to know of a batch that was due."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["missed", "long", "twice", "unknown", "paused"]

UNKNOWN = "cannot be known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """Something to know of a batch.

    Attributes:
        batch: Its name; empty for all of the stage.
        kind: ``missed``: it was due and did not run. ``long``: a run is in progress for longer than expected.
            ``twice``: it was begun twice for one time. ``unknown``: that cannot be told. ``paused``: it was paused.
        due: The time for which it was due, in the schedule's zone; none where none is meant.
        what: What it is, in a few words: ``did not run``.
        why: More about it, in words; empty where there is no more.
        scheduler: Who starts it; empty for nobody.
        runs: The runs that it is about, as people name them.
        identities: The same runs, by what stays the same as long as they go on.
    """

    batch: str
    kind: Kind
    due: datetime | None = None
    what: str = UNKNOWN
    why: str = ""
    scheduler: str = ""
    runs: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()

    @property
    def is_trouble(self) -> bool:
        """Whether somebody should look. A pause was asked for."""
        return self.kind != "paused"
