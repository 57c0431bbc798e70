"""How a backfill goes on beside the runs that are due, whatever happens to the command."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from batchwright_runner.contract.missed.judge import judge
from batchwright_runner.contract.schedules.schedule import from_text
from tests.kit.due_world import World

TOKYO = ZoneInfo("Asia/Tokyo")
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 3)


def at(text: str) -> float:
    return datetime.fromisoformat(f"{text}+09:00").timestamp()


def began(world: World) -> list[str]:
    """When each run began, and for which day."""
    return [
        f"{datetime.fromtimestamp(run.began, TOKYO):%d %H:%M} for {datetime.fromtimestamp(run.due, TOKYO):%d}"
        for run in world.runs
    ]


def test_a_due_run_that_meets_one_is_told_as_missed() -> None:
    world = World(at("2026-11-04T02:00:00"), takes=lambda: (3600.0, 0), nights=0.0)

    world.command(FIRST, FIRST)

    watched, blind = world.known()
    assert world.swallowed == [at("2026-11-04T02:30:00")]
    world.time += 1200
    lapses = judge(watched, blind, at("2026-11-04T02:00:00"), world.time).findings
    assert [(lapse.kind, lapse.due and lapse.due.timestamp()) for lapse in lapses] == [("missed", world.swallowed[0])]
    assert "another run was in progress" in lapses[0].why


def test_over_a_change_of_the_clock_each_day_has_one_run() -> None:
    berlin = from_text("30 2 * * * Europe/Berlin")
    world = World(datetime(2026, 10, 27, 12, tzinfo=UTC).timestamp(), schedule=berlin)

    world.command(date(2026, 10, 24), date(2026, 10, 26))
    spring = World(datetime(2026, 4, 1, 12, tzinfo=UTC).timestamp(), schedule=berlin)
    spring.command(date(2026, 3, 28), date(2026, 3, 30))

    due = [f"{datetime.fromtimestamp(run.due, UTC):%d %H:%M}" for run in [*world.runs, *spring.runs]]
    assert due == ["24 00:30", "25 00:30", "26 01:30", "28 01:30", "30 00:30"]


def test_what_another_command_has_done_meanwhile_is_left_out() -> None:
    world = World(at("2026-11-04T12:00:00"))
    world.begin("due-2026-11-02T0230-1", at("2026-11-02T02:30:00"), backfill="another")

    ends = world.command(FIRST, LAST)

    assert began(world) == ["04 12:00 for 02", "04 12:10 for 01", "04 12:20 for 03"]
    assert [end.word for end in ends] == ["succeeded", "left out: succeeded", "succeeded"]


def test_the_run_of_the_schedule_itself_is_waited_for_and_not_joined() -> None:
    world = World(at("2026-11-04T02:35:00"), signal=at("2026-11-04T02:38:00"))
    world.begin("rundeck/ops/1", at("2026-11-04T02:30:00"))

    world.command(date(2026, 11, 4), date(2026, 11, 4))

    assert [(run.id, run.code) for run in world.runs] == [("rundeck/ops/1", 0)]


def test_what_failed_runs_again_under_an_id_of_its_own() -> None:
    codes = iter([3, 0, 0, 0])
    world = World(at("2026-11-04T12:00:00"), takes=lambda: (60.0, next(codes)))

    first, again = ([end.word for end in world.command(FIRST, LAST)] for _ in range(2))

    assert (first, again) == (["exit 3", "not run", "not run"], ["succeeded"] * 3)
    assert [run.id for run in world.runs][:2] == ["due-2026-11-01T0230-1", "due-2026-11-01T0230-2"]


def test_with_all_what_has_succeeded_runs_once_more() -> None:
    world = World(at("2026-11-04T12:00:00"))
    world.command(FIRST, FIRST)
    world.time += timedelta(hours=1).total_seconds()

    assert [end.word for end in world.command(FIRST, FIRST)] == ["left out: succeeded"]
    assert [end.word for end in world.command(FIRST, FIRST, every=True)] == ["succeeded"]
    assert [run.id for run in world.runs] == ["due-2026-11-01T0230-1", "due-2026-11-01T0230-2"]
