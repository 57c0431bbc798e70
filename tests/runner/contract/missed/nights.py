"""Nights of a batch, by table: what ran, what is found of its due time, and what became of that."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from batchwright_runner.contract.ends import SAME_DUE
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.verdicts import Row
from tests.runner.contract.missed.support import ALICE, AWS, DAY, DUE, HOUR, NOW, refused, run

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
GIVEN_WAY: dict[str, Any] = {
    "row": Row.OVERLAP,
    "good": False,
    "began": False,
    "words": f"overlap: run 1 was {SAME_DUE}",
}
"""Of a run that gave way to a good one for the same due time."""
PAUSED = Pause(reason="a move", since="2026-11-24T00:00:00Z")


def once(started: float, by: str = "Rundeck 4711", **more: Any) -> Seen:  # noqa: ANN401 - any field
    """A run of a minute."""
    return run(started, started + 60, by, **more)


def pause(**changes: str) -> dict[str, Any]:
    return {"pause": Pause(**{"reason": "a move", "since": "2026-11-24T00:00:00Z", **changes})}


SUCCEEDED, NOT_RUN, IN_PROGRESS = ("succeeded", "succeeded"), ("missed", "did not run"), ("in progress", "in progress")
NIGHTS = {
    # Runs by hand.
    "by hand before, ended before": Night([run(DUE - 600, DUE - 60, ALICE)], MISSED),
    "by hand before, in progress then": Night([run(DUE - 600, DUE + 600, ALICE)], MISSED),
    "by hand half a minute before": Night([run(DUE - 30, DUE + 600, ALICE)], MISSED),
    "by hand half a minute before, for it": Night([run(DUE - 30, DUE + 600, ALICE, scheduled=DUE)], MISSED),
    "by hand hours before, for it": Night([run(DUE - 3 * HOUR, by=ALICE, scheduled=DUE)], MISSED),
    "by hand at the second": Night([run(DUE, DUE + 60, ALICE)], []),
    "by hand later": Night([run(DUE + 3 * HOUR, by=ALICE)], []),
    "by hand later, for it": Night([run(DUE + 3 * HOUR, by=ALICE, scheduled=DUE)], []),
    "by hand, and refused the scheduled one": Night([run(DUE - 600, DUE + 600, ALICE), refused()], MISSED),
    "refused, and made up for by hand": Night(
        [run(DUE - 600, DUE + 600, ALICE), refused(), run(DUE + 900, by=ALICE)], []
    ),
    "by hand at the time of the one before, in progress": Night([run(BEFORE + 9, by=ALICE), refused()], MISSED),
    "by hand for the time before, in progress": Night([run(DUE - HOUR, by=ALICE, scheduled=BEFORE), refused()], MISSED),
    "by a person's execution, in progress": Night([run(BEFORE + 9, by=AWS), refused(by=AWS)], MISSED, batch=BY_AWS),
    # Backfills, and other days.
    "for a week ago, in progress": Night([run(DUE - HOUR, scheduled=DUE - 7 * DAY), refused()], MISSED),
    "for the time before, begun late": Night([run(DUE - HOUR, scheduled=BEFORE), refused()], MISSED),
    "a backfill of the time before": Night([run(BEFORE + 9, scheduled=BEFORE, backfill="week"), refused()], MISSED),
    "for another day, begun later": Night([run(DUE + HOUR, scheduled=BEFORE)], MISSED),
    "for tomorrow, begun later": Night([run(DUE + HOUR, scheduled=NEXT)], MISSED),
    "for the day before by AWS, begun late": Night(
        [run(DUE - HOUR, by=AWS, scheduled=BEFORE), refused(by=AWS, scheduled=DUE)], MISSED, batch=BY_AWS
    ),
    # The scheduled run just before.
    "the one before is in progress, and says so": Night([run(BEFORE + 4, scheduled=BEFORE), refused()], MISSED, []),
    "the one before is in progress, and says nothing": Night([run(BEFORE + 4)], MISSED, []),
    "the one before ended a second too early": Night([run(BEFORE + 4, DUE - 1)], MISSED),
    "the one before began minutes late": Night([run(BEFORE + 290), refused()], MISSED, []),
    "one for another time, not due, is in progress": Night(
        [run(BEFORE + 1800, scheduled=BEFORE + 1800), refused()], MISSED
    ),
    "one of the hours between is in progress": Night([run(BEFORE + 310), refused()], MISSED),
    "the one before never started": Night([run(BEFORE + 4, DUE + 9, began=False), refused()], MISSED),
    "the one before tries again": Night([run(BEFORE + 4, identity="rundeck/ops/1", id="of-the-third")], MISSED, []),
    "the one before, by GitHub an hour late": Night(
        [run(BEFORE + 3500, by="GitHub reports report"), refused()], MISSED, [], {"scheduler": "github-actions"}
    ),
    "the one before, by cron at its second": Night([run(BEFORE, by="batch@cron-01"), refused()], MISSED, [], CRON),
    "the one before, by systemd": Night([run(BEFORE + 1, by="root@host")], MISSED, [], {"scheduler": "systemd"}),
    "the one before, of a machine": Night(
        [run(BEFORE + 1, by=AWS, scheduled=BEFORE), refused(by=AWS, scheduled=DUE)], MISSED, [], BY_AWS
    ),
    "the one before, of a machine, late by an hour": Night(
        [run(BEFORE + 3590, by=AWS, scheduled=BEFORE)], MISSED, [], BY_AWS
    ),
    "the one before, of a machine with a window": Night(
        [run(BEFORE + 5 * HOUR, by=AWS, scheduled=BEFORE)], MISSED, [], {**BY_AWS, "window": 18000}
    ),
    "the one before the one before": Night([run(TWO_BEFORE + 4), refused(BEFORE + 3), refused()], MISSED),
    # What refused it is not there any more, or was never seen.
    "refused, and nothing is seen": Night([refused()], MISSED),
    "refused while its own starter's twin runs": Night([run(DUE + 1, DUE + 60), refused()], ["twice"]),
    # Runs by cron have no time, and are named as those by hand are.
    "by cron, whose clock is ahead": Night([run(DUE - 2, DUE + 60, "batch@cron-01")], [], batch=CRON),
    "by a scheduler minutes ahead that says when": Night([run(DUE - 180, DUE + 60, scheduled=DUE)], []),
    "by a scheduler hours ahead that says when": Night([run(DUE - HOUR, DUE + 60, scheduled=DUE)], MISSED),
    "paused": Night([run(DUE - 600, by=ALICE)], ["paused"], batch={"pause": Pause(reason="a move")}),
    "paused, and run all the same": Night([run(DUE + 4, DUE + 60)], [], batch={"pause": Pause(reason="a move")}),
    "its machine found it paused": Night([run(DUE + 4, DUE + 9, row=Row.PAUSED, began=False)], ["paused"]),
    # One run or several, and what became of the due time.
    "it succeeded": Night([once(DUE + 4)], [], became=SUCCEEDED),
    "it succeeded, and says when it was due": Night([once(DUE + 4, scheduled=DUE)], [], became=SUCCEEDED),
    "it failed": Night([once(DUE + 4, **FAILED)], [], became=("failed", "exit 3")),
    "it runs": Night([run(DUE + 4)], [], became=IN_PROGRESS),
    "it runs for longer than expected": Night([run(DUE + 4)], ["long"], batch={"expected": 1200}, became=IN_PROGRESS),
    "it failed, and runs again": Night([once(DUE + 4, **FAILED), run(DUE + 90)], [], became=IN_PROGRESS),
    "it succeeded, and another one runs": Night([once(DUE + 4), run(DUE + HOUR)], [], became=SUCCEEDED),
    "it succeeded, and a later one failed": Night([once(DUE + 4), once(DUE + HOUR, **FAILED)], [], became=SUCCEEDED),
    "it never started": Night([once(DUE + 4, **NEVER)], MISSED, became=("missed", "never started")),
    "it never started, and then it did": Night([once(DUE + 4, **NEVER), once(DUE + 900)], [], became=SUCCEEDED),
    "nothing ran": Night([], MISSED, became=NOT_RUN),
    "by hand for it": Night([once(DUE + HOUR, ALICE, scheduled=DUE)], [], became=SUCCEEDED),
    "for the time before": Night([once(DUE + HOUR, scheduled=BEFORE)], MISSED, became=NOT_RUN),
    "for a time before all": Night([once(NOW - 60, scheduled=DUE - 40 * DAY)], MISSED),
    "for a time at which nothing is due, by its start": Night([once(NOW - 60, scheduled=NOW - 90)], []),
    "a scheduler whose clock is ahead": Night([once(DUE - 45)], []),
    "minutes before": Night([once(DUE - 300)], MISSED),
    "the one before stood for it": Night([run(BEFORE + 4), refused()], MISSED, [], became=("not run", "did not run")),
    # Two of a night.
    "two starters": Night([once(DUE + 1, AWS), once(DUE + 3)], ["twice"]),
    "a schedule that started twice": Night([once(DUE + 1, AWS), once(DUE + 200, AWS, **GIVEN_WAY)], []),
    "two starters, one of which had done its work": Night(
        [once(DUE + 1), once(DUE + 90, AWS, scheduled=DUE, **GIVEN_WAY)], ["twice"]
    ),
    "two starters that say for when": Night([once(DUE + 1, scheduled=DUE), once(DUE + 9000, scheduled=DUE)], ["twice"]),
    "again after a failure": Night([once(DUE + 1, **FAILED), once(DUE + 90)], []),
    "again after a failure, for its time": Night(
        [once(DUE + 1, scheduled=DUE, **FAILED), once(DUE + 9000, scheduled=DUE)], []
    ),
    "again by hand, hours later": Night([once(DUE + 1), once(DUE + 9000)], []),
    "again by hand, for its time": Night([once(DUE + 1), once(DUE + 9000, ALICE, scheduled=DUE)], []),
    "by hand, for its time, beside it": Night(
        [run(DUE + 1, DUE + 9001), once(DUE + 900, ALICE, scheduled=DUE)], ["twice"]
    ),
    "once by two, and neither started": Night([once(DUE + 1, **NEVER), once(DUE + 3, **NEVER)], MISSED),
    # A pause.
    "nothing ran, as it is paused": Night([], ["paused"], batch=pause(), became=("paused", "paused")),
    "a pause that a person wrote": Night([], ["paused"], batch={"pause": Pause(reason="see the wiki")}),
    "a pause that has ended by itself": Night([], ["paused"], batch=pause(until="2026-11-24T20:00:00Z")),
    "a pause that had ended by then": Night([], MISSED, batch=pause(until="2026-11-24T17:30:00Z")),
    "a pause that began afterwards": Night([], MISSED, batch=pause(since="2026-11-24T17:30:01Z")),
    "a pause that began just then": Night([], ["paused"], batch=pause(since="2026-11-24T17:30:00Z")),
    # A run of a backfill never stands for a due one.
    "a backfill did it": Night([run(DUE + HOUR, DUE + 2 * HOUR, **SET)], MISSED, became=SUCCEEDED),
    "a backfill did it, in a pause": Night(
        [run(DUE + HOUR, DUE + 2 * HOUR, **SET)], ["paused"], batch=pause(), became=SUCCEEDED
    ),
    "a backfill failed at it": Night([once(DUE + HOUR, **{**SET, **FAILED})], MISSED, became=("failed", "exit 3")),
    "a backfill is at it": Night([run(DUE + HOUR, **SET)], MISSED, became=IN_PROGRESS),
    "it failed, and a backfill did it": Night([once(DUE + 4, **FAILED), once(DUE + HOUR, **SET)], [], became=SUCCEEDED),
    "a backfill's run for the time before is in its way": Night(
        [run(BEFORE + 4, **{**SET, "scheduled": BEFORE}), refused()], MISSED, became=NOT_RUN
    ),
    # A batch without a schedule is due at 00:00.
    "no schedule, and it ran on that day": Night([once(DUE + HOUR, ALICE)], [], batch=NO_SCHEDULE, became=SUCCEEDED),
    "no schedule, and it ran the day after": Night(
        [once(DUE + DAY, ALICE)], [], batch=NO_SCHEDULE, became=("not run", "did not run")
    ),
    "no schedule, for that day": Night(
        [once(DUE + 9 * DAY, **{**SET, "scheduled": DUE - 2.5 * HOUR})], [], batch=NO_SCHEDULE, became=SUCCEEDED
    ),
}
