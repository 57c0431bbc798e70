from contextlib import suppress

import pytest

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.moments import show_in
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.live_line import LiveLine, local_line, local_phase_of, phase_of
from tests.kit.descriptors import pipe, resize, terminal

XTERM = {"TERM": "xterm", "NO_COLOR": "1"}
HIDDEN = "\r\x1b[J"
PENDING = TaskState(status="PENDING", times={"createdAt": 0.0})
PULLING = TaskState(status="PENDING", times={"createdAt": 0.0, "pullStartedAt": 5.0})
RUNNING = TaskState(status="RUNNING", began=True, times={"createdAt": 0.0, "pullStartedAt": 5.0, "startedAt": 9.0})


def drawn(text: str) -> str:
    """How the line is drawn: the cursor rests at its beginning."""
    return f"\r{text}\x1b[J\r"


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        (PENDING, "provisioning"),
        (PULLING, "pulling the image"),
        (RUNNING, "running"),
        (TaskState(status="DEPROVISIONING", began=True), "stopping"),
        (TaskState(status="DEPROVISIONING", began=True, ended=True), "stopped"),
        (TaskState(status="STOPPED"), "stopped"),
    ],
)
def test_phases(state: TaskState, phase: str) -> None:
    assert phase_of(state) == phase


@pytest.mark.parametrize(
    ("state", "phase"),
    [(PENDING, "starting"), (RUNNING, "running"), (TaskState(status="STOPPED", began=True), "stopped")],
)
def test_phases_on_this_machine(state: TaskState, phase: str) -> None:
    assert local_phase_of(state) == phase


def test_elsewhere_one_line_for_each_change_of_phase() -> None:
    show_in(lambda: "Asia/Tokyo")
    with pipe() as err:
        with LiveLine(Console(err=err.writer), wall=lambda: 0.0) as line:
            for state in (PENDING, PENDING, PULLING, RUNNING, RUNNING):
                line.state(state)
                assert line.tick() == float("inf")
        lines = err.taken().splitlines()

    assert lines == [
        "batchwright: 09:00:00 JST provisioning",
        "batchwright: 09:00:00 JST pulling the image (provisioning 5.0s)",
        "batchwright: 09:00:00 JST running (provisioning 5.0s, image pull 4.0s)",
    ]
    assert "\x1b" not in "".join(lines)


def test_elsewhere_a_run_on_this_machine_says_nothing_of_its_phases() -> None:
    with pipe() as err:
        with local_line(Console(err=err.writer)) as line:
            line.state(RUNNING)
            line.tick()
        assert err.taken() == ""


def test_a_dumb_terminal_gets_lines_too() -> None:
    with terminal() as err:
        with LiveLine(Console(err=err.writer, environment={"TERM": "dumb"}), wall=lambda: 0.0) as line:
            line.state(RUNNING)
        text = err.taken()

    assert text.endswith("running (provisioning 5.0s, image pull 4.0s)\n")
    assert "\x1b" not in text
    assert "\r" not in text


def test_on_a_terminal_one_line_is_kept_up_to_date() -> None:
    now = [0.0]
    with terminal() as err:
        with LiveLine(Console(err=err.writer, environment=XTERM), wall=lambda: now[0]) as line:
            assert err.taken() == drawn("starting · 0.0s")
            line.state(RUNNING)
            err.taken()
            now[0] = 69.0

            assert line.tick() == 1.0
            assert err.taken() == drawn("running · 1m09s · provisioning 5.0s, image pull 4.0s, running 1m00s")
        assert err.taken() == HIDDEN
        line.tick()
        assert err.taken() == ""


def test_it_is_dim_where_colors_are_wanted() -> None:
    with terminal() as err, LiveLine(Console(err=err.writer, environment={"TERM": "xterm"}), wall=lambda: 0.0):
        assert err.taken() == drawn("\x1b[2mstarting · 0.0s\x1b[0m")


@pytest.mark.parametrize(
    ("columns", "text"), [(10, "running ·"), (12, "running · 0"), (1, ""), (25, "イメージを準備中 · 0.0s")]
)
def test_it_never_wraps_whatever_the_width_is_now(columns: int, text: str) -> None:
    phase = "イメージを準備中" if columns == 25 else "running"
    with terminal() as err, LiveLine(Console(err=err.writer, environment=XTERM), phase, wall=lambda: 0.0) as line:
        err.taken()
        resize(err.writer, columns)
        line.tick()

        assert err.taken() == drawn(text)


def test_wide_characters_count_as_two() -> None:
    with terminal(12) as err, LiveLine(Console(err=err.writer, environment=XTERM), "準備中です", wall=lambda: 0.0):
        assert err.taken() == drawn("準備中です ")


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_error_takes_it_away(error: type[BaseException]) -> None:
    with terminal() as err:
        console = Console(err=err.writer, environment=XTERM)
        with suppress(error), LiveLine(console, wall=lambda: 0.0):
            raise error
        console.note("what it was")

        assert err.taken() == drawn("starting · 0.0s") + HIDDEN + "batchwright: what it was\n"
