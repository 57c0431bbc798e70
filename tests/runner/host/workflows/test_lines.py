"""The live lines of a workflow's steps, on a screen that is read back."""

import fcntl
import struct
import termios

import pyte

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.workflows.lines import StepLines
from tests.kit.descriptors import Ends, terminal

XTERM = {"TERM": "xterm", "NO_COLOR": "1"}
RUNNING = TaskState(status="RUNNING", began=True, times={"createdAt": 0.0, "startedAt": 2.0})


class Shown:
    """What a terminal shows."""

    def __init__(self, err: Ends, rows: int = 24) -> None:
        fcntl.ioctl(err.writer, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 60, 0, 0))
        self._err, self._screen = err, pyte.Screen(60, rows)
        self._stream = pyte.Stream(self._screen)

    def lines(self) -> list[str]:
        self._stream.feed(self._err.taken().replace("\n", "\r\n"))
        return [line.rstrip() for line in self._screen.display if line.strip()]


def test_each_step_in_progress_has_a_line_below_all_that_is_said() -> None:
    with terminal() as err:
        shown, now = Shown(err), [0.0]
        with StepLines(Console(err=err.writer, environment=XTERM), wall=lambda: now[0]) as lines:
            assert shown.lines() == ["waiting for the first step · 0.0s"]
            lines.begin("extract", 0.0)
            lines.begin("load", 0.0)
            now[0] = 8.0
            lines.of("load", RUNNING)
            extract, load = shown.lines()[-2:]
            lines.note("load: something")
            lines.end("extract", "succeeded, 8.0s", 8.0)
            *above, last = shown.lines()

            assert (extract, load) == (
                "extract  starting · 8.0s",
                "load     running · 8.0s · provisioning 2.0s, running 6.0s",
            )
            assert [line.partition("UTC ")[2] or line for line in above] == [
                "extract: started",
                "load: started",
                "batchwright: load: something",
                "extract: succeeded, 8.0s",
            ]
            assert last.startswith("load  running · 8.0s")
        assert shown.lines() == above


def test_no_more_lines_than_the_terminal_has() -> None:
    with terminal() as err:
        shown = Shown(err, rows=4)
        with StepLines(Console(err=err.writer, environment=XTERM), wall=lambda: 0.0) as lines:
            for number in range(9):
                lines.begin(f"step-{number}", 0.0)
            lines.tick()
            *_, first, second, third = shown.lines()

    assert [line.split()[0] for line in (first, second, third)] == ["step-0", "step-1", "step-2"]


def test_between_two_steps_and_after_the_last_it_says_so() -> None:
    with terminal() as err:
        shown = Shown(err)
        with StepLines(Console(err=err.writer, environment=XTERM), wall=lambda: 0.0) as lines:
            lines.begin("extract", 0.0)
            lines.end("extract", "succeeded", 0.0)
            assert shown.lines()[-1] == "waiting for the next step · 0.0s"
            lines.over()
            lines.tick()
            assert shown.lines()[-1] == "ended, showing the rest of the log · 0.0s"
