import os

import pytest

from batchwright_runner.runs.task import LogLine, TaskState
from batchwright_runner.terminal.console import Console, wants_colour
from batchwright_runner.terminal.live_line import BelowLog, Status, phase_of
from batchwright_runner.terminal.log_output import Output

PENDING = TaskState(status="PENDING", times={"createdAt": 0.0})
PULLING = TaskState(status="PENDING", times={"createdAt": 0.0, "pullStartedAt": 5.0})
RUNNING = TaskState(status="RUNNING", began=True, times={"createdAt": 0.0, "pullStartedAt": 5.0, "startedAt": 9.0})


class Pipe:
    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.reader, False)

    def taken(self) -> str:
        try:
            return os.read(self.reader, 100_000).decode()
        except BlockingIOError:
            return ""


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


def test_elsewhere_one_line_for_each_change_of_phase() -> None:
    pipe = Pipe()
    status = Status(Console(pipe.writer), live=False, wall=lambda: 0.0)
    for state in (PENDING, PENDING, PULLING, RUNNING, RUNNING):
        status.state(state)
        status.tick()
    said = pipe.taken().splitlines()

    assert [line.split(" ", 2)[2] for line in said] == [
        "provisioning",
        "pulling the image (provisioning 5.0s)",
        "running (provisioning 5.0s, image pull 4.0s)",
    ]
    assert all(line.startswith("batchwright: ") for line in said)
    assert "\x1b" not in "".join(said)


def test_on_a_terminal_one_line_is_kept_up_to_date() -> None:
    pipe = Pipe()
    now = [0.0]
    status = Status(Console(pipe.writer), live=True, wall=lambda: now[0])
    status.state(RUNNING)
    pipe.taken()
    now[0] = 69.0

    assert status.tick() == 1.0
    assert pipe.taken() == "\r\x1b[Krunning · 1m09s · provisioning 5.0s, image pull 4.0s, running 1m00s"
    status.close()
    assert pipe.taken() == "\r\x1b[K"
    assert status.tick() == float("inf")
    assert pipe.taken() == ""


def test_the_live_line_never_wraps() -> None:
    pipe = Pipe()
    Status(Console(pipe.writer), live=True, wall=lambda: 0.0, width=lambda: 10).state(RUNNING)

    assert pipe.taken() == "\r\x1b[Krunning ·"


def test_notes_and_log_lines_do_not_run_into_the_live_line() -> None:
    pipe = Pipe()
    status = Status(Console(pipe.writer), live=True, wall=lambda: 0.0)
    status.state(RUNNING)
    pipe.taken()
    status.note("something")
    assert pipe.taken().startswith("\r\x1b[Kbatchwright: something\n\r\x1b[K")

    BelowLog(Output(pipe.writer), status).put([LogLine(b"line", 0.0)])
    assert pipe.taken() == "\r\x1b[Kline\n"


def test_colours_only_on_a_terminal_and_not_with_no_color() -> None:
    pipe, (main, terminal) = Pipe(), os.openpty()

    assert not wants_colour(pipe.writer, {})
    assert wants_colour(terminal, {"TERM": "xterm"})
    assert not wants_colour(terminal, {"TERM": "xterm", "NO_COLOR": "1"})
    assert not wants_colour(terminal, {"TERM": "dumb"})
    os.close(main)
    os.close(terminal)


def test_nobody_reading_stderr_is_no_failure() -> None:
    pipe = Pipe()
    os.close(pipe.reader)

    Console(pipe.writer).note("x" * 100_000)
