"""What was due and did not come, of one batch, by table: due times held against runs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from batchwright_runner.contract.ends import SAME_DUE
from batchwright_runner.contract.missed.judge import Judgment, judge
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.missed.watched import Blind, Lapse, Watched
from batchwright_runner.contract.schedules.schedule import from_text
from batchwright_runner.contract.verdicts import Row
from tests.runner.contract.missed.support import DAY, at

NIGHTLY = from_text("30 2 * * * Asia/Tokyo")


NOW = at("2026-11-25T09:00:00+09:00")
DUE = at("2026-11-25T02:30:00+09:00")
BEFORE = at("2026-11-24T02:30:00+09:00")


def run(started: float, took: float | None = 60.0, **more: Any) -> Seen:  # noqa: ANN401 - any field
    ended = None if took is None else started + took
    row, good = (None, False) if took is None else (Row.OWN, True)
    usual = {"id": "1a2b3c4d", "by": "Rundeck 4711", "row": row, "good": good}
    fields: dict[str, Any] = {**usual, **more}
    return Seen(started=started, ended=ended, **fields)


def never(started: float, **more: Any) -> Seen:  # noqa: ANN401 - any field
    failed = {"row": Row.NEVER_STARTED, "words": "never started: CannotPullContainerError", "began": False}
    return run(started, **{**failed, "good": False, **more})


def twin(started: float, **more: Any) -> Seen:  # noqa: ANN401 - any field
    """A run that gave way to a good one for the same due time."""
    return run(started, row=Row.OVERLAP, began=False, good=False, words=f"overlap: run 1 was {SAME_DUE}", **more)


BATCH = Watched(batch="daily-report", schedule=NIGHTLY, scheduler="rundeck", expected=1200)


def judged(
    runs: Sequence[Seen] = (),
    *,
    blind: Blind | None = None,
    days: float = 1,
    now: float = NOW,
    **of: Any,  # noqa: ANN401 - any field
) -> Judgment:
    return judge(replace(BATCH, runs=tuple(runs), **of), blind or Blind(), now - days * DAY, now)


def kinds(judgment: Judgment) -> list[tuple[str, str]]:
    return [(lapse.kind, f"{lapse.due:%m-%d %H:%M}" if lapse.due else "") for lapse in judgment.findings]


def test_what_is_said() -> None:
    (missed,) = judged().findings
    due = datetime.fromisoformat("2026-11-25T02:30:00+09:00")
    assert missed == Lapse(batch="daily-report", kind="missed", due=due, what="did not run", scheduler="rundeck")
    assert missed.due is not None
    assert missed.due.isoformat() == "2026-11-25T02:30:00+09:00"
    (stopped,) = judged([never(DUE)]).findings
    assert (stopped.what, stopped.why) == ("never started", "CannotPullContainerError")
    assert judged([run(DUE, None)]).findings[0].what == "takes 6h30m, expected 20m00s"
    (twice,) = judged([run(DUE, by="aws", id="9f1c"), run(DUE + 2)]).findings
    assert (twice.what, twice.why) == ("begun twice", "begun by aws (9f1c) and by Rundeck 4711 (1a2b3c4d)")
    assert twice.runs == ("9f1c", "1a2b3c4d")


def test_a_start_is_given_some_time() -> None:
    assert kinds(judged(now=DUE + 599)) == [("missed", "11-24 02:30")]
    assert kinds(judged(now=DUE + 600)) == [("missed", "11-25 02:30")]
    assert judged(now=DUE + 3599, scheduler="jenkins").findings[-1].due != datetime.fromtimestamp(DUE).astimezone()
    assert kinds(judged(now=DUE + 3600, scheduler="jenkins")) == [("missed", "11-25 02:30")]


def test_a_window_gives_a_start_more_time() -> None:
    assert kinds(judged(now=DUE + 1499, window=900)) == [("missed", "11-24 02:30")]
    assert kinds(judged(now=DUE + 1500, window=900)) == [("missed", "11-25 02:30")]


@pytest.mark.parametrize("scheduler", ["rundeck", "jenkins", ""])
def test_looks_that_follow_one_another_judge_each_time_once(scheduler: str) -> None:
    looks = [NOW + n * 3600 for n in range(100)]
    lapses = [
        lapse.due
        for now in looks
        for lapse in judge(replace(BATCH, scheduler=scheduler, expected=0), Blind(), now - 3600, now).findings
    ]

    assert len(lapses) == len(set(lapses)) == 4


def test_several_days() -> None:
    judgment = judged([run(BEFORE + 4)], days=3)

    assert kinds(judgment) == [("missed", "11-23 02:30"), ("missed", "11-25 02:30")]
    assert judgment.due == 3


def test_nothing_is_missed_before_the_schedule_held() -> None:
    assert kinds(judged(days=3, since=BEFORE + 1)) == [("missed", "11-25 02:30")]
    assert judged(days=3, since=DUE + 60) == Judgment([], 0)


def test_a_batch_that_nobody_starts_is_due_all_the_same() -> None:
    assert [(lapse.kind, lapse.scheduler) for lapse in judged(scheduler="").findings] == [("missed", "")]


def test_without_an_expectation_nothing_takes_too_long() -> None:
    assert judged([run(DUE, None)], expected=0).findings == []


def test_a_batch_without_a_schedule_may_take_too_long() -> None:
    judgment = judged([run(NOW - 1201, None), run(NOW - 1199, None)], schedule=None)

    assert (kinds(judgment), judgment.due) == ([("long", "")], 0)


BLIND: dict[str, tuple[Blind, dict[str, Any], list[str]]] = {
    "tasks": (Blind(tasks="ecs:ListTasks"), {}, ["unknown"]),
    "machines, of a batch that AWS starts": (Blind(machines="no"), {"machine": True}, ["unknown"]),
    "machines, of another": (Blind(machines="no"), {}, ["missed"]),
    "pauses": (Blind(pauses="no"), {}, ["missed"]),
    "history": (Blind(), {"forgotten": "no log group"}, ["unknown"]),
    "a problem": (Blind(), {"schedule": None, "problem": "the zone is not known"}, ["unknown"]),
}


@pytest.mark.parametrize(("blind", "of", "expected"), BLIND.values(), ids=BLIND.keys())
def test_what_cannot_be_looked_at_is_never_fine(blind: Blind, of: dict[str, Any], expected: list[str]) -> None:
    assert [lapse.kind for lapse in judged(blind=blind, **of).findings] == expected


def test_what_can_be_seen_is_known_all_the_same() -> None:
    assert judged([run(DUE)], blind=Blind(tasks="no"), forgotten="no").findings == []
    # ECS knows it for an hour, without any history.
    assert [lapse.kind for lapse in judged(now=DUE + 900, days=0.1, forgotten="no").findings] == ["missed"]
    (whether,) = judged(blind=Blind(pauses="no")).findings
    assert (whether.what, whether.why) == ("did not run", "whether it is paused cannot be seen: no")


def test_a_batch_without_a_schedule_of_which_no_run_can_be_seen() -> None:
    assert [lapse.kind for lapse in judged(blind=Blind(tasks="no"), schedule=None).findings] == ["unknown"]
    assert judged(blind=Blind(tasks="no"), schedule=None, expected=0).findings == []


# When clocks change: Berlin, 2026-03-29 02:00 becomes 03:00; 2026-10-25 03:00 becomes 02:00.
BERLIN = from_text("30 2 * * * Europe/Berlin")


def test_a_time_that_comes_twice_is_due_once() -> None:
    now = at("2026-10-25T12:00:00+01:00")
    first, second = at("2026-10-25T02:30:00+02:00"), at("2026-10-25T02:30:00+01:00")

    assert judged(now=now, schedule=BERLIN).due == 1
    assert judged([run(first + 2)], now=now, schedule=BERLIN).findings == []
    assert judged([run(second + 2)], now=now, schedule=BERLIN).findings == []
    (missed,) = judged(now=now, schedule=BERLIN).findings
    assert missed.due is not None
    assert missed.due.isoformat() == "2026-10-25T02:30:00+02:00"


def test_a_time_that_the_clock_leaves_out_is_no_second_run_of_the_time_before() -> None:
    night, left_out = at("2026-03-28T02:30:00+01:00"), at("2026-03-29T02:30:00+01:00")
    runs = [run(night + 1, scheduled=night), run(left_out - 1799, scheduled=left_out)]  # as cron does it, at 03:00

    assert judged(runs, days=2, now=at("2026-03-29T08:00:00+02:00"), schedule=BERLIN).findings == []


def test_of_a_batch_that_is_due_often_each_time_counts() -> None:
    often = from_text("*/5 * * * * UTC")
    begin = at("2026-11-25T08:00:00+00:00")
    runs = [run(begin + n * 300 + 2, 20.0) for n in range(13) if n not in (4, 5)]
    judgment = judge(replace(BATCH, schedule=often, runs=tuple(runs)), Blind(), begin + 601, begin + 3900)

    assert kinds(judgment) == [("missed", "11-25 08:20"), ("missed", "11-25 08:25")]
