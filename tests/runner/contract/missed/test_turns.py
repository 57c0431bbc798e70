"""Which run stands for a due time, by table: one for it; or the scheduled one just before, if still in progress."""

from dataclasses import replace
from typing import Any

import pytest

from batchwright_runner.contract.missed.judge import judge
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.missed.watched import Blind, Lapse, Watched
from batchwright_runner.contract.schedules.schedule import from_text
from batchwright_runner.contract.verdicts import Row
from tests.runner.contract.missed.nights import MISSED, NIGHTS, Night
from tests.runner.contract.missed.support import ALICE, DAY, DUE, HOUR, NIGHTLY, NOW, at, refused, run


def findings(batch: Watched, *runs: Seen, now: float = NOW, blind: Blind | None = None) -> list[Lapse]:
    return judge(replace(batch, runs=runs), blind or Blind(), now - DAY, now).findings


@pytest.mark.parametrize("overlap", ["allow", "forbid", "wait"])
@pytest.mark.parametrize("night", NIGHTS.values(), ids=NIGHTS.keys())
def test_which_run_stands_for_a_due_time(night: Night, overlap: str) -> None:
    batch = replace(NIGHTLY, **{"overlap": overlap, **night.batch})

    found = findings(batch, *night.runs)

    expected = night.found if overlap != "forbid" or night.forbid is None else night.forbid
    if replace(batch, runs=night.runs).starts_may_wait(NOW):
        expected = [kind for kind in expected if kind in ("twice", "long")]
    assert [(lapse.kind, lapse.is_trouble) for lapse in found] == [(kind, kind != "paused") for kind in expected]


@pytest.mark.parametrize(("until", "kinds"), [(None, []), (NOW - 599, []), (NOW - 601, ["missed"])])
def test_where_starts_wait_a_due_time_is_judged_ten_minutes_after_the_last_run_has_ended(
    until: float | None, kinds: list[str]
) -> None:
    found = findings(replace(NIGHTLY, overlap="wait"), run(DUE - 7 * DAY, until, scheduled=DUE - 7 * DAY))

    assert [lapse.kind for lapse in found] == kinds
    assert all("a start may still wait at its scheduler: look there" in lapse.why for lapse in found)


BY_ALICE = "another run was in progress (1a2b3c4d by alice@laptop)"
SAID = {
    "by hand": ([run(DUE - 600, by=ALICE), refused()], BY_ALICE),
    "for another day": (
        [run(DUE - 600, DUE + 600, scheduled=DUE - 7 * DAY), refused()],
        "another run was in progress (1a2b3c4d by Rundeck 4711, for 2026-11-17 17:30 UTC)",
    ),
    "it has waited in vain, and left no trace": ([run(DUE - 600, DUE + 600, by=ALICE)], BY_ALICE),
    "it is not seen": ([refused()], "another run was in progress (night-1)"),
    "nor named": ([replace(refused(), words="overlap")], "another run was in progress"),
    "it ended before": (
        [run(DUE - 600, DUE - 60, by=ALICE, scheduled=DUE)],
        "1a2b3c4d by alice@laptop, for 2026-11-24 17:30 UTC began before it was due",
    ),
    "nothing was": ([run(DUE - 600, DUE - 60, by=ALICE)], ""),
}


@pytest.mark.parametrize(("runs", "why"), SAID.values(), ids=SAID.keys())
def test_it_says_what_refused_it(runs: list[Seen], why: str) -> None:
    (missed,) = findings(NIGHTLY, *runs)

    assert (missed.kind, missed.what, missed.why) == ("missed", "did not run", why)


def test_what_refused_it_is_not_sought_where_runs_do_not_refuse_one_another() -> None:
    allows = replace(NIGHTLY, overlap="allow")
    (missed,) = findings(allows, run(DUE - 600, by=ALICE))
    (changed,) = findings(allows, run(DUE - 600, by=ALICE), refused())

    assert (missed.what, missed.why) == ("did not run", "")
    assert changed.why == BY_ALICE


@pytest.mark.parametrize("reason", ["CannotPullContainerError", ""])
def test_a_reason_of_its_own_is_said_rather(reason: str) -> None:
    words = f"never started: {reason}" if reason else "never started"
    never = run(DUE + 4, DUE + 40, began=False, row=Row.NEVER_STARTED, words=words)
    (missed,) = findings(NIGHTLY, run(DUE - 600, by=ALICE), never, refused(DUE + 60))

    assert (missed.what, missed.why) == ("never started", reason)


def test_where_it_cannot_be_seen_whether_the_one_before_was_in_progress_it_cannot_be_known() -> None:
    (unknown,) = findings(NIGHTLY, refused(), blind=Blind(tasks="ecs:ListTasks"))

    assert (unknown.kind, unknown.why) == ("unknown", "ecs:ListTasks")


# A batch of every five minutes.
OFTEN = replace(NIGHTLY, schedule=from_text("*/5 * * * * UTC"))
NOON = at("2026-11-25T12:00:00+00:00")


def minutes(*runs: Seen, **fields: Any) -> list[str]:  # noqa: ANN401 - any field
    """The minutes of the hour of what was missed, of six due times."""
    batch = replace(OFTEN, since=NOON - 1, runs=runs, **fields)
    missed = judge(batch, Blind(), NOON, NOON + 1500 + batch.grace).findings
    assert {lapse.kind for lapse in missed} <= {"missed"}
    return [f"{lapse.due:%M}" for lapse in missed if lapse.due]


def turns(*lost: int) -> list[Seen]:
    return [run(NOON + n * 300 + 2, NOON + n * 300 + 60) for n in range(6) if n not in lost]


def test_of_a_batch_that_is_due_often_a_long_run_stands_for_the_next_time_alone() -> None:
    assert (minutes(*turns()), minutes(*turns(1), refused(NOON + 303))) == ([], ["05"])
    assert minutes(run(NOON + 2, NOON + 400), *turns(0, 1), refused(NOON + 303)) == []
    assert minutes(run(NOON + 2, NOON + 700), *turns(0, 1, 2), refused(NOON + 303), refused(NOON + 603)) == ["10"]
    assert minutes(run(NOON + 2, NOON + 400), *turns(0, 1), overlap="allow") == ["05"]


def test_of_a_batch_that_is_due_often_a_run_by_hand_stands_for_no_later_time() -> None:
    by_hand = run(NOON + 290, NOON + 330, ALICE)

    assert minutes(*turns(1), by_hand) == ["05"]
    assert minutes(*turns(0), by_hand) == []  # for the time before it, which had not come


# When clocks change: Berlin, 2026-10-25 03:00 becomes 02:00; 2026-03-29 02:00 becomes 03:00.
BERLIN = replace(NIGHTLY, schedule=from_text("30 2 * * * Europe/Berlin"), since=0.0)


def test_when_clocks_change_the_one_before_is_that_of_the_last_due_time() -> None:
    due, before = at("2026-10-26T02:30:00+01:00"), at("2026-10-25T02:30:00+02:00")

    assert due - before == 25 * HOUR
    for started, names in ((before + 4, None), (before + 4, before), (before + 900, before)):
        assert findings(BERLIN, run(started, scheduled=names), refused(due + 3), now=due + HOUR) == []
    second = run(before + HOUR + 4)  # the clock shows 02:30 once more, and nothing is due
    assert [lapse.kind for lapse in findings(BERLIN, second, refused(due + 3), now=due + HOUR)] == MISSED


def test_the_one_before_a_night_without_the_time_is_two_days_old() -> None:
    due, before = at("2026-03-30T02:30:00+02:00"), at("2026-03-28T02:30:00+01:00")

    assert findings(BERLIN, run(before + 4), refused(due + 3), now=due + HOUR) == []


def test_the_one_before_the_first_time_that_is_looked_at_counts_too() -> None:
    monthly = replace(NIGHTLY, schedule=from_text("0 4 1 * * UTC"), since=0.0)
    due = at("2026-11-01T04:00:00+00:00")

    assert findings(monthly, run(due - 31 * DAY + 3), refused(due + 3), now=due + HOUR) == []


def test_a_run_keeps_its_identity_while_its_attempts_change() -> None:
    first, third = (run(DUE + 4, identity="rundeck/ops/1", id=task) for task in ("1a2b3c4d", "77770000"))
    long, later = (findings(replace(NIGHTLY, expected=600), attempt)[0] for attempt in (first, third))

    assert (long.kind, long.runs, later.runs) == ("long", ("1a2b3c4d",), ("77770000",))
    assert long.identities == later.identities == ("rundeck/ops/1",)
    assert findings(replace(NIGHTLY, expected=600), replace(first, identity=""))[0].identities == ("1a2b3c4d",)
