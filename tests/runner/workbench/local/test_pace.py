from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.host.runs.task import LogLine, LogPage
from batchwright_runner.workbench.local.attempts import LocalPace, container_pace, process_pace

NOTHING = LogPage(())
LINES = LogPage([LogLine(b"x", 0.0)])


def pace(*, over_at: float | None = None, page: LogPage = NOTHING) -> LocalPace:
    found = LocalPace(idle=3.0, held_open=2.0, drain_limit=20.0)
    found.saw_state(0.0, TaskState(status="DEPROVISIONING", ended=True))
    if over_at is not None:
        found.saw_state(over_at, TaskState(status="STOPPED", ended=True))
    found.saw_log(over_at or 0.0, page)
    return found


def test_while_other_containers_are_being_stopped_a_log_is_not_complete() -> None:
    assert not pace().drained(1e9)


def test_a_log_that_something_holds_open_is_given_up_soon_after_the_runs_end() -> None:
    found = pace(over_at=100)

    assert not found.drained(101.9)
    assert found.drained(102)


def test_one_that_still_brings_lines_is_read_on_but_not_for_ever() -> None:
    found = pace(over_at=100, page=LINES)

    assert not found.drained(119.9)
    assert found.drained(120)


def test_turns_without_news_are_apart_until_only_the_end_of_the_log_is_to_come() -> None:
    assert pace().pause(0.0) == 3
    assert pace(over_at=100).pause(100) < 1


def test_a_process_is_looked_at_often_and_containers_tell_of_themselves() -> None:
    assert process_pace().pause(0.0) <= 0.5
    assert container_pace().pause(0.0) >= 1
