"""The calendar of a catalog: a week of starts, and what gets in each other's way."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from batchwright_runner.contract.last import Last
from batchwright_runner.workbench.page.batch import Batch
from batchwright_runner.workbench.page.site.calendar import Clash, week_of
from tests.runner.workbench.page.site.support import batch, catalog, flow, grant, pages

SALES = "arn:aws:s3:::sales/*"
READS, WRITES = grant("s3:GetObject", on=[SALES]), grant("s3:PutObject", on=[SALES])


def due(
    name: str, cron: str, zone: str = "Asia/Tokyo", takes: int = 0, grants: Sequence[Mapping[str, Any]] = ()
) -> Batch:
    """A batch that is due, and usually takes so many minutes."""
    return batch(name, schedule=f"{cron} {zone}", grants=grants, file={"watch": {"expected_seconds": takes * 60}})


def clashes(*batches: Batch) -> list[tuple[str, str, tuple[str, ...], int]]:
    """The clashes of the first day: kind, clock, batches, times."""
    return [shown(clash) for clash in week_of(catalog(*batches)).days[0].clashes]


def shown(clash: Clash) -> tuple[str, str, tuple[str, ...], int]:
    return clash.kind, f"{clash.at:%H:%M}", clash.batches, clash.times


def test_a_workflow_is_one_bar_and_meets_who_works_on_what_its_batches_do() -> None:
    writer, reader = batch("load", grants=[WRITES]), due("report", "0 3 * * *", takes=5, grants=[READS])
    nightly = flow("load", "tidy", schedule="30 2 * * * Asia/Tokyo", expected_seconds=3600)

    day = week_of(catalog(writer, reader, batch("tidy"), flows=[nightly])).days[1]

    assert [(lane.batch.name, [start.width for start in lane.starts]) for lane in day.lanes] == [
        ("nightly", [60]),
        ("report", [5]),
    ]
    assert [shown(clash) for clash in day.clashes] == [("resource", "03:00", ("nightly", "report"), 1)]


def test_a_week_begins_today_in_its_zone_and_has_every_start_once() -> None:
    week = week_of(catalog(due("nightly", "30 0 * * *"), due("monday", "0 6 * * MON"), due("last", "59 23 * * TUE")))

    days = ["Wed 25", "Thu 26", "Fri 27", "Sat 28", "Sun 29", "Mon 30", "Tue 01"]
    assert [f"{day.date:%a %d}" for day in week.days] == days
    assert [day.moments for day in week.days[:2]] == [[("00:30", ["nightly"])]] * 2
    assert week.days[5].moments == [("00:30", ["nightly"]), ("06:00", ["monday"])]
    assert week.days[6].moments == [("00:30", ["nightly"]), ("23:59", ["last"])]
    assert week.days[5].hours[:7] == [1, 0, 0, 0, 0, 0, 1]


def test_a_schedule_of_another_zone_is_shown_at_the_calendars_time() -> None:
    week = week_of(catalog(due("london", "30 20 * * WED", "Europe/London"), due("here", "30 5 * * THU")))

    assert week.days[1].moments == [("05:30", ["here", "london"])]


def test_a_day_on_which_the_clock_changes_shows_what_the_clock_shows() -> None:
    whole = catalog(due("early", "30 2 * * *", "Europe/Berlin"), due("utc", "30 1 * * *", "UTC"), zone="Europe/Berlin")
    spring = replace(whole, now=datetime(2026, 3, 28, 12, tzinfo=UTC))

    saturday, sunday = week_of(spring).days[:2]

    assert saturday.moments == [("02:30", ["early", "utc"])]
    assert sunday.moments == [("03:30", ["utc"])]  # 02:30 does not exist


def test_a_week_ends_with_the_hour_that_the_clock_shows_twice() -> None:
    whole = catalog(due("hourly", "0 * * * *", "UTC"), zone="Africa/Cairo", now=datetime(2026, 10, 23, 12, tzinfo=UTC))

    assert week_of(whole).days[6].hours[22:] == [1, 2]  # on Thursday, 24:00 becomes 23:00


@pytest.mark.parametrize(
    ("written", "write", "read", "expected"),
    [
        # 01:30 and 90 minutes are 04:00 where 02:00 becomes 03:00, and 02:00 where 03:00 becomes 02:00.
        ("2026-03-29T00:00:00+00:00", "30 1 * * *", "45 3 * * *", ["03:45"]),
        ("2026-10-25T00:00:00+00:00", "30 1 * * *", "30 2 * * *", ["02:30"]),
        ("2026-10-25T00:00:00+00:00", "30 1 * * *", "45 2 * * *", ["02:45"]),
        ("2026-10-25T00:00:00+00:00", "30 1 * * *", "0 3 * * *", []),
    ],
)
def test_how_long_a_run_takes_is_counted_across_a_change_of_the_clock(
    written: str, write: str, read: str, expected: list[str]
) -> None:
    zone = "Europe/Berlin"
    batches = [due("write", write, zone, takes=90, grants=[WRITES]), due("read", read, zone, grants=[READS])]

    (day, *_) = week_of(catalog(*batches, zone=zone, now=datetime.fromisoformat(written))).days

    assert [f"{clash.at:%H:%M}" for clash in day.clashes] == expected


def test_batches_that_start_at_the_same_reading_of_a_clock_and_an_hour_apart_do_not_clash() -> None:
    batches = [due("first", "30 0 * * *", "UTC"), due("again", "30 1 * * *", "UTC")]

    (day, *_) = week_of(catalog(*batches, zone="Europe/Berlin", now=datetime(2026, 10, 25, tzinfo=UTC))).days

    assert (day.clashes, day.hours[2]) == ((), 2)
    assert day.moments == [("02:30", ["first"]), ("02:30", ["again"])]


def test_batches_that_start_in_the_same_minute_clash() -> None:
    assert clashes(due("one", "0 2 * * *"), due("two", "0 2,3 * * *"), due("three", "5 2 * * *")) == [
        ("together", "02:00", ("one", "two"), 1)
    ]


def test_one_that_runs_all_day_clashes_with_none_by_starting() -> None:
    assert clashes(due("often", "*/15 * * * *"), due("one", "0 2 * * *")) == []


@pytest.mark.parametrize(
    ("takes", "expected"), [(29, []), (30, []), (31, [("resource", "02:30", ("read", "write"), 1)])]
)
def test_a_batch_that_reads_what_is_still_written_clashes(takes: int, expected: list[object]) -> None:
    assert (
        clashes(due("write", "0 2 * * *", takes=takes, grants=[WRITES]), due("read", "30 2 * * *", grants=[READS]))
        == expected
    )


@pytest.mark.parametrize(("takes", "expected"), [(59, []), (120, [("resource", "00:30", ("read", "write"), 1)])])
def test_a_batch_that_reads_after_midnight_what_was_begun_before_clashes(takes: int, expected: list[object]) -> None:
    write = due("write", "30 23 * * *", takes=takes, grants=[WRITES])

    assert clashes(write, due("read", "30 0 * * *", grants=[READS])) == expected


def test_a_batch_that_takes_longer_than_a_day_clashes_with_itself() -> None:
    assert clashes(due("slow", "0 2 * * *", takes=25 * 60)) == [("itself", "02:00", ("slow",), 1)]


def test_what_is_only_read_or_is_a_queue_is_no_reason() -> None:
    queue = grant("sqs:SendMessage", on=["arn:aws:sqs:ap-northeast-1:111111111111:mails"])

    for reader in (READS, queue):
        assert (
            clashes(due("one", "0 2 * * *", takes=60, grants=[reader]), due("two", "30 2 * * *", grants=[reader])) == []
        )


def test_a_batch_that_is_due_again_before_it_has_usually_ended_clashes_with_itself() -> None:
    assert clashes(due("slow", "*/30 * * * *", takes=40)) == [("itself", "00:00", ("slow",), 48)]


def test_what_past_runs_took_counts_more_than_what_was_declared() -> None:
    quick = replace(due("slow", "*/30 * * * *", takes=40), runs=(), last=Last(durations=(60, 60, 60)))

    (day, *_) = week_of(catalog(quick)).days

    assert day.clashes == ()
    assert {start.width for lane in day.lanes for start in lane.starts} == {1}


def test_the_starts_of_a_clash_are_marked_and_no_other() -> None:
    (day, *_) = week_of(catalog(due("one", "0 2,5 * * *"), due("two", "0 2 * * *"))).days

    assert {lane.batch.name: sorted(lane.clashing) for lane in day.lanes} == {"one": [120], "two": [120]}


def test_each_start_of_a_clash_that_comes_again_is_marked() -> None:
    write = due("write", "0 * * * *", takes=40, grants=[WRITES])

    (day, *_) = week_of(catalog(write, due("read", "30 1-3 * * *", grants=[READS]))).days

    assert [(clash.batches, clash.times) for clash in day.clashes] == [(("read", "write"), 3)]
    assert {lane.batch.name: sorted(lane.clashing) for lane in day.lanes} == {
        "write": [60, 120, 180],
        "read": [90, 150, 210],
    }


def test_a_clash_is_counted_once_for_each_time() -> None:
    two = [due(name, "*/30 * * * *", takes=40, grants=[WRITES]) for name in ("one", "two")]

    assert clashes(*two) == [
        ("itself", "00:00", ("one",), 48),
        ("itself", "00:00", ("two",), 48),
        ("resource", "00:00", ("one", "two"), 48),
    ]


@pytest.mark.parametrize(
    ("cron", "takes", "expected"),
    [
        ("0 23 * * *", 60, [0, 0, 0]),
        ("0 23 * * *", 150, [90, 90, 90]),
        ("0 23 * * TUE", 150, [90, 0, 0]),
        ("0 23 * * TUE", 26 * 60, [1440, 60, 0]),
    ],
)
def test_a_run_that_goes_on_after_midnight_is_shown_there_too(cron: str, takes: int, expected: list[int]) -> None:
    days = week_of(catalog(due("late", cron, takes=takes))).days[:3]

    assert [max((lane.until for lane in day.lanes), default=0) for day in days] == expected


def test_what_goes_on_after_midnight_is_not_due_then() -> None:
    page = pages(due("late", "0 23 * * TUE", takes=150))["calendar/wednesday.html"]

    assert "0 batches are due" in page
    assert "still runs until 01:30</span>" in page


def test_a_schedule_that_cannot_be_read_is_reported_and_the_others_are_shown() -> None:
    files = pages(due("lost", "0 0 * * *", "Mars/Olympus"), due("here", "0 0 * * *"))

    assert "is not shown: time zone" in files["calendar.html"]
    assert "here" in files["calendar/wednesday.html"]


def test_a_zone_of_the_project_that_is_not_known_here_is_utc() -> None:
    week = week_of(catalog(due("here", "0 9 * * *"), zone="Mars/Olympus"))

    assert (week.zone, week.days[0].moments) == ("UTC", [("00:00", ["here"])])
