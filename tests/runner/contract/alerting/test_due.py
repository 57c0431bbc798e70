"""What the clock looks at, and what it tells of a due time."""

import itertools
from dataclasses import replace

import pytest

from batchwright_runner.contract.alerting.due import BLIND, SLACK, checks, look_at, needs_a_look
from batchwright_runner.contract.alerting.events import Check
from batchwright_runner.contract.alerting.known import Decision
from batchwright_runner.contract.alerting.record import AlertRecord
from batchwright_runner.contract.last import RecordedEnd
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.missed.watched import Blind
from batchwright_runner.contract.moments import moment, utc
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.watch import Watch
from tests.runner.contract.alerting.support import batch, known

WATCH = Watch(schedule="30 2 * * * UTC", scheduler="rundeck", expected_seconds=3600)
AT = moment("2026-11-24T02:30:00Z") or 0.0
START, FINAL = Check("daily-report", AT, False, AT + 600), Check("daily-report", AT, True, AT + 3660)


def end(code: int = 0, *, at: float = 600, took: int = 600, scheduled: str = "", **changes: object) -> RecordedEnd:
    data = {"ended": utc(AT + at), "started": utc(AT + at - took), "verdict": f"Batchwright.Exit{code}", "code": code}
    return RecordedEnd(**{**data, "task": "t/1", "scheduled": scheduled, **changes})  # type: ignore[arg-type]


def look(
    check: Check, *ends: RecordedEnd, current: tuple[Seen, ...] = (), watch: Watch = WATCH, overlap: str = "allow"
) -> list[Decision]:
    record = AlertRecord()
    for ended in ends:
        record = record.with_end(ended)
    return look_at(check, replace(known(batch(overlap=overlap), watch=watch), current=current), record, check.at)


def kinds(decisions: list[Decision]) -> list[str]:
    return [message.kind for decision in decisions for message in decision.messages]


def test_two_looks_for_each_due_time() -> None:
    day = list(checks("daily-report", WATCH, AT - 3600, AT + 7200))

    assert [(check.final, check.at - AT) for check in day] == [(False, 600), (True, 3660)]
    assert list(checks("daily-report", replace(WATCH, expected_seconds=0), AT - 3600, AT + 7200)) == []
    assert list(checks("daily-report", replace(WATCH, alerts={"off": True}), AT - 3600, AT + 7200)) == []
    short = list(checks("daily-report", replace(WATCH, expected_seconds=60), AT - 3600, AT + 7200))
    assert [(check.final, check.at - AT) for check in short] == [(True, 120)]


def test_a_scheduler_that_is_another_word_has_an_hour() -> None:
    by_jenkins = checks("daily-report", replace(WATCH, scheduler="jenkins"), AT - 3600, AT + 7200)

    assert [(check.final, check.at - AT) for check in by_jenkins] == [(False, 3600), (True, 3660)]


def test_looks_that_follow_one_another_see_each_time_once() -> None:
    every = replace(WATCH, schedule="*/5 * * * * UTC", expected_seconds=60)
    edges = [AT + 37 * at for at in range(200)]

    seen = [check for begin, to in itertools.pairwise(edges) for check in checks("a", every, begin, to)]

    assert len(seen) == len({(check.due, check.final) for check in seen})
    assert seen == list(checks("a", every, edges[0], edges[-1]))


def test_only_a_run_that_may_be_late_is_looked_at_again() -> None:
    running = Seen(id="a", by="cron", started=FINAL.at - 60)
    (again,) = look(FINAL, end(), current=(running,))
    (never,) = look(FINAL, end(), current=(replace(running, backfill="due", scheduled=AT - 86400),))

    assert (again.again_at, never.again_at) == (FINAL.at - 60 + 3600 + SLACK, 0.0)


def test_a_run_that_is_tried_again_after_hours_is_not_missed_and_was_begun_once() -> None:
    record = AlertRecord().with_attempt(end(3, at=60, took=50, run="run-1"))
    second = Seen(id="a", identity="run-1", by="rundeck", started=AT + 10)

    for current in ((), (second,)):
        assert kinds(look_at(FINAL, replace(known(watch=WATCH), current=current), record, FINAL.at - 60)) == []
    assert kinds(look_at(FINAL, known(watch=WATCH), AlertRecord(), FINAL.at)) == ["missed"]


STOPPED = end(122, verdict="Batchwright.Stopped")
STILL_SHOWN = Seen(id="1", identity="t/1", by="cron", started=AT, ended=AT + 600)
BY_HAND, FILLING = Seen(id="a", by="x", started=AT - 90), Seen(id="b", by="x", started=AT + 5, scheduled=AT - 86400)
OTHER_DAYS = end(scheduled="2026-11-20T02:30:00Z")
OVERLAP = "Batchwright.Overlap"
REFUSED = end(123, verdict=OVERLAP, began=False)
TWICE = (end(at=300, took=290, scheduled=utc(AT)), end(at=400, took=300, task="t/2"))


@pytest.mark.parametrize(
    ("case", "ends", "current", "start", "final"),
    [
        ("nothing", (), (), ["missed"], ["missed"]),
        ("it ended well", (end(),), (), [], []),
        ("it failed, and was reported", (end(3, told=True),), (), [], []),
        ("somebody stopped it, and that was not reported", (STOPPED,), (), [], ["missed"]),
        ("somebody stopped it, and ECS still shows its task", (STOPPED,), (STILL_SHOWN,), [], ["missed"]),
        ("it runs", (), (Seen(id="a", by="cron", started=AT + 1),), [], ["late"]),
        ("it began late, and runs", (), (Seen(id="a", by="cron", started=AT + 500),), [], []),
        ("a run by hand before it ended well", (end(at=-60),), (), ["missed"], ["missed"]),
        ("a run by hand before it goes on", (), (BY_HAND,), ["missed"], ["missed", "late"]),
        ("a backfill of another day", (OTHER_DAYS,), (FILLING,), ["missed"], ["missed", "late"]),
        ("made up for by hand", (end(at=3000),), (), [], []),
        ("begun twice, of which runs --missed tells", TWICE, (), [], []),
        ("refused for another day's", (REFUSED,), (), ["missed"], ["missed"]),
    ],
)
def test_what_is_told(
    case: str, ends: tuple[RecordedEnd, ...], current: tuple[Seen, ...], start: list[str], final: list[str]
) -> None:
    assert sorted(kinds(look(START, *ends, current=current))) == sorted(start), case
    assert sorted(kinds(look(FINAL, *ends, current=current))) == sorted(final), case


def test_a_start_that_failed_and_was_told_is_not_told_again() -> None:
    never = end(126, verdict="Batchwright.NeverStarted", began=False, told=True)

    assert kinds(look(START, never)) == kinds(look(FINAL, never)) == []
    assert kinds(look(START, replace(never, told=False))) == ["missed"]


def test_a_run_that_the_record_has_is_known_by_its_id_also_where_its_task_is_not() -> None:
    stopped = end(122, verdict="Batchwright.Stopped", task="", run="nightly", at=200, took=190)
    in_ecs = Seen(id="0a1b2c3d", identity="nightly", by="AWS", started=AT + 10, ended=AT + 200)

    assert kinds(look(START, stopped, current=(in_ecs,))) == []
    assert kinds(look(FINAL, stopped, current=(in_ecs,))) == ["missed"]


def test_a_run_that_began_late_is_looked_at_again() -> None:
    (decision,) = look(FINAL, current=(Seen(id="a", by="cron", started=AT + 500),))
    assert decision.again_at == AT + 500 + 3660


def test_a_pause_and_a_new_schedule_are_no_lapse() -> None:
    for changes in ({"pause": Pause(reason="x", since=utc(AT - 60))}, {"since": AT + 1}):
        assert look_at(START, replace(known(watch=WATCH), **changes), AlertRecord(), START.at) == []


def test_a_look_at_which_nothing_can_be_seen_is_repeated_and_only_the_last_one_is_told() -> None:
    of = replace(known(watch=WATCH), blind=Blind(tasks="ListTasks was refused"))

    (first,) = look_at(START, of, AlertRecord(), START.at)
    (before_the_end,) = look_at(START, of, AlertRecord(), FINAL.at - 30)
    (second,) = look_at(FINAL, of, AlertRecord(), FINAL.at)
    (last,) = look_at(FINAL, of, AlertRecord(), FINAL.at + BLIND)

    assert [decision.messages for decision in (first, before_the_end, second)] == [()] * 3
    assert [first.again_at, before_the_end.again_at, second.again_at] == [START.at + 60, 0.0, FINAL.at + 60]
    (message,) = last.messages
    assert message.kind == "missed"
    assert message.sentences[0].endswith("and whether it has run cannot be known: ListTasks was refused")


def test_each_is_told_once() -> None:
    (first,), (last,) = look(START), look(FINAL)

    assert first.claim == last.claim == "daily-report#missed#2026-11-24T02:30:00Z"
    (message,) = first.messages
    (why,) = message.sentences
    assert why == "It was due at 2026-11-24 02:30 UTC and usually ends within 1h00m: no run of it has ended well."
    made_up_for = "batchwright run daily-report -s production --scheduled 2026-11-24T02:30:00+00:00"
    assert message.commands[-1] == made_up_for


def test_the_record_alone_may_do() -> None:
    assert not needs_a_look(START, AlertRecord().with_end(end(scheduled="2026-11-24T02:30:00Z")))
    assert needs_a_look(START, AlertRecord())
    assert needs_a_look(START, AlertRecord().with_end(end(at=60, scheduled="2026-11-24T02:30:00Z", by="alice@laptop")))


@pytest.mark.parametrize("expected", [60, 3600])
@pytest.mark.parametrize(("by", "told"), [("Rundeck 9", ["late"]), ("alice@laptop", ["late", "missed"])])
def test_the_scheduled_run_just_before_stands_for_it_and_one_by_hand_never(
    expected: int, by: str, told: list[str]
) -> None:
    watch, refused = replace(WATCH, expected_seconds=expected), end(verdict=OVERLAP, at=9, took=5, began=False)
    in_progress = Seen(id="a", by=by, started=AT - 86400 + 4)

    looks = list(checks("daily-report", watch, AT, AT + 7200))
    looked = [kinds(look(check, refused, current=(in_progress,), watch=watch, overlap="forbid")) for check in looks]
    assert [sorted(reported) for reported in looked] == [told] * len(looks)


def test_a_run_of_a_backfill_stands_for_no_due_run_and_is_never_late() -> None:
    filled = Seen(id="1a2b3c4d", by="alice@laptop", started=AT + 300, scheduled=AT, backfill="week")

    for check in (START, FINAL):
        assert kinds(look(check, current=(filled,))) == ["missed"]
        assert look(check, end(at=300), current=(filled,)) == look(check, end(at=300))
