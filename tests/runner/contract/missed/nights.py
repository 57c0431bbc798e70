"""Nights of a batch, by table: what ran, what is found of its due time, and what became of that."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from batchwright_runner.contract.ends import SAME_DUE
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.verdicts import Row
from tests.kit.rows import rows
from tests.runner.contract.missed import support
from tests.runner.contract.missed.support import ALICE, DAY, DUE, run

BEFORE, TWO_BEFORE, NEXT = DUE - DAY, DUE - 2 * DAY, DUE + DAY


class Night(NamedTuple):
    """What there was of a night, and what is found of its due time; what became of it, where that is said.

    Attributes:
        runs: The runs.
        found: The kinds of what is found.
        forbid: The same of a batch whose runs refuse one another or wait; none where that is no matter.
        batch: Fields of the batch.
        became: The state and the word of the due time.
    """

    runs: list[Seen]
    found: list[str]
    forbid: list[str] | None = None
    batch: Mapping[str, Any] = MappingProxyType({})
    became: tuple[str, str] | None = None


MISSED: list[str] = ["missed"]
CRON: dict[str, Any] = {"scheduler": "cron"}
BY_AWS: dict[str, Any] = {"scheduler": "aws", "machine": True}
SET: dict[str, Any] = {"by": ALICE, "scheduled": DUE, "backfill": "week"}
NO_SCHEDULE: dict[str, Any] = {"schedule": None, "since": 0.0}
FAILED: dict[str, Any] = {"good": False, "words": "exit 3"}
NEVER: dict[str, Any] = {"good": False, "began": False, "row": Row.NEVER_STARTED, "words": "never started: no image"}
GIVEN_WAY: dict[str, Any] = {**NEVER, "row": Row.OVERLAP, "words": f"overlap: run 1 was {SAME_DUE}"}
"""Of a run that gave way to a good one for the same due time."""


def once(started: float, by: str = "Rundeck 4711", **more: Any) -> Seen:  # noqa: ANN401 - any field
    """A run of a minute."""
    return run(started, started + 60, by, **more)


def pause(**changes: str) -> dict[str, Any]:
    return {"pause": Pause(**{"reason": "a move", "since": "2026-11-24T00:00:00Z", **changes})}


def _night(runs: str, found: str, *more: str) -> Night:
    """The night of a row: its runs, the kinds of what is found, and what is labeled."""
    known = {**vars(support), **globals()}
    labeled = dict(text.split(" ", 1) for text in more)
    state, _, word = labeled.get("became", "").partition(": ")
    return Night(
        runs=eval(f"[{runs}]", known),
        found=_kinds(found),
        forbid=_kinds(labeled["forbid"]) if "forbid" in labeled else None,
        batch=eval(labeled.get("batch", "{}"), known),
        became=(state, word) if state else None,
    )


def _kinds(text: str) -> list[str]:
    return [kind for kind in text.split() if kind != "nothing"]


NIGHTS = {
    title.removeprefix("# "): _night(runs, *said)
    for given, *said in rows(__file__, "nights")
    for title, _, runs in [given.partition("\n")]
    if said
}
