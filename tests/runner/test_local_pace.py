from batchwright_runner.engine import LogLine, LogPage, TaskState
from batchwright_runner.local.containers.pace import ContainerPace

NOTHING = LogPage(())
LINES = LogPage([LogLine(b"x", 0.0)])


def pace(*, over_at: float | None = None, page: LogPage = NOTHING) -> ContainerPace:
    found = ContainerPace()
    found.saw_state(0.0, TaskState(status="DEPROVISIONING", ended=True))
    if over_at is not None:
        found.saw_state(over_at, TaskState(status="STOPPED", ended=True))
    found.saw_log(over_at or 0.0, page)
    return found


def test_while_other_containers_are_being_stopped_a_log_is_not_complete() -> None:
    assert not pace().drained(1e9)


def test_a_log_that_something_holds_open_is_given_up_soon_after_the_tasks_end() -> None:
    found = pace(over_at=100)

    assert not found.drained(100 + ContainerPace.HELD_OPEN - 0.1)
    assert found.drained(100 + ContainerPace.HELD_OPEN)


def test_one_that_still_brings_lines_is_read_on_but_not_for_ever() -> None:
    found = pace(over_at=100, page=LINES)

    assert not found.drained(100 + ContainerPace.DRAIN_LIMIT - 0.1)
    assert found.drained(100 + ContainerPace.DRAIN_LIMIT)


def test_news_comes_by_descriptors_so_pauses_are_long() -> None:
    assert pace().pause(0.0) >= 1
    assert pace(over_at=100).pause(100) < 1
