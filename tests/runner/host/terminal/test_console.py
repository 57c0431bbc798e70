import os
import termios
from threading import Thread

import pytest

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.runs.task import LogLine
from batchwright_runner.host.terminal.console import QUIET, ClosedStdoutError, Console, wants_color
from batchwright_runner.host.terminal.log_output import Output, standard_output
from tests.kit.descriptors import Ends, pipe, terminal

XTERM = {"TERM": "xterm", "NO_COLOR": "1"}
HIDDEN, DRAWN = "\r\x1b[J", "\rline\x1b[J\r"


def keeping(out: int, err: Ends, now: list[float] | None = None) -> Console:
    """A console with a live line, which has been drawn."""
    clock = now or [0.0]
    console = Console(out, err.writer, environment=XTERM, clock=lambda: clock[0])
    console.keep(lambda: "line")
    assert err.taken() == DRAWN
    return console


def put_often(output: Output) -> None:
    for _ in range(100):
        output.put([LogLine(b"x" * 1000, 0.0)])


def test_further_lines_of_a_note_are_indented() -> None:
    with pipe() as err:
        Console(err=err.writer).note("one\ntwo")
        assert err.taken() == "batchwright: one\n             two\n"


def test_notes_and_the_live_line_do_not_run_into_each_other() -> None:
    with terminal() as err, pipe() as out:
        keeping(out.writer, err).note("something")
        assert err.taken() == f"{HIDDEN}batchwright: something\n{DRAWN}"


def test_what_was_asked_for_does_not_run_into_the_live_line() -> None:
    with terminal() as screen:
        keeping(screen.writer, screen).print("value")
        assert screen.taken() == f"{HIDDEN}value\n{DRAWN}"


def test_the_log_does_not_run_into_the_live_line() -> None:
    with terminal() as screen:
        standard_output(keeping(screen.writer, screen)).put([LogLine(b"text", 0.0)])
        assert screen.taken() == f"{HIDDEN}text\n{DRAWN}"


def test_a_question_is_asked_without_the_live_line() -> None:
    with terminal() as screen:
        with keeping(screen.writer, screen).above():
            assert screen.taken() == HIDDEN
        assert screen.taken() == DRAWN


def test_closed_for_good() -> None:
    with terminal() as err, pipe() as out:
        console = keeping(out.writer, err)
        console.close()
        console.draw()
        assert err.taken() == HIDDEN


def test_where_log_and_notes_go_to_one_place_they_stay_in_order() -> None:
    with terminal() as screen:
        console = keeping(screen.writer, screen)
        output = standard_output(console)
        output.put([LogLine(b"x" * 200_000, 0.0), LogLine(b"second", 0.0)])
        assert not output.empty  # no one has read the terminal, and yet nothing waits for it
        console.note("note")
        seen = ""
        while "note\n" not in seen:
            seen += screen.some()

    assert "x\nsecond\nbatchwright: note\n" in seen
    assert "line" not in seen.removeprefix(HIDDEN)  # it returns when the log has been written


def test_a_note_waits_for_no_reader_and_loses_nothing() -> None:
    with pipe() as err:
        console = Console(err=err.writer)
        for number in range(2000):
            console.note(f"{number} {'x' * 90}")
        assert console.behind
        seen = ""
        while "1999" not in seen:
            seen += err.some()
        flushing = Thread(target=console.flush)
        flushing.start()
        flushing.join(10)
        assert not flushing.is_alive()

    assert [line.split()[1] for line in seen.splitlines()] == [str(number) for number in range(2000)]


def test_a_terminal_that_was_stopped_keeps_no_note_back() -> None:
    with terminal() as screen:
        console = Console(screen.writer, screen.writer, environment=XTERM)
        termios.tcflow(screen.writer, termios.TCOOFF)
        console.note("while it is stopped")
        standard_output(console).put([LogLine(b"text", 0.0)])
        assert console.behind
        termios.tcflow(screen.writer, termios.TCOON)
        console.flush()
        assert screen.taken() == "batchwright: while it is stopped\ntext\n"


def test_what_was_asked_for_and_cannot_be_written_is_an_error() -> None:
    full = os.open("/dev/full", os.O_WRONLY)

    with pytest.raises(RunnerError, match="stdout cannot be written: No space left on device"):
        Console(full).print("value")
    os.close(full)


def test_a_terminal_that_nobody_reads_does_not_stop_the_runner() -> None:
    with terminal() as screen:
        output = standard_output(keeping(screen.writer, screen))
        putting = Thread(target=lambda: put_often(output), daemon=True)
        putting.start()
        putting.join(10)

        assert not putting.is_alive()
        assert not output.empty


def test_a_terminal_that_was_stopped_does_not_stop_the_runner() -> None:
    with terminal() as screen:
        console = keeping(screen.writer, screen)
        output = standard_output(console)
        termios.tcflow(screen.writer, termios.TCOOFF)
        output.put([LogLine(b"text", 0.0)])
        assert not output.empty
        termios.tcflow(screen.writer, termios.TCOON)
        while not output.empty:
            output.pump()
        console.draw()
        assert screen.taken().replace(DRAWN * 2, DRAWN) == f"{HIDDEN}text\n{DRAWN}"


def test_where_stdout_is_a_pipe_the_line_waits_for_the_log_to_be_quiet() -> None:
    now = [0.0]
    with terminal() as err, pipe() as out:
        console = keeping(out.writer, err, now)
        standard_output(console).put([LogLine(b"text", 0.0)])
        assert (out.taken(), err.taken()) == ("text\n", HIDDEN)
        console.draw()
        assert err.taken() == ""
        now[0] = QUIET
        console.draw()
        assert err.taken() == DRAWN


def test_a_log_that_goes_into_a_file_does_not_touch_the_line() -> None:
    with terminal() as err:
        null = os.open(os.devnull, os.O_WRONLY)
        standard_output(keeping(null, err)).put([LogLine(b"text", 0.0)])
        os.close(null)
        assert err.taken() == ""


def test_what_others_wrote_does_nothing_to_the_terminal() -> None:
    with pipe() as err:
        Console(err=err.writer).note("reason: \x1b[2J\x9b\u202eoops\r\n\ttab")
        assert err.taken() == "batchwright: reason: ^[[2J^[<U+202E>oops^M\n             \ttab\n"


def test_a_terminal_is_shown_controls_and_a_pipe_gets_every_byte() -> None:
    value = "\x1b]0;title\x07\u2066\nsecond"
    with pipe() as out, terminal() as screen:
        Console(out.writer).print(value)
        Console(screen.writer).print(value)
        assert (out.taken(), screen.taken()) == (f"{value}\n", "^[]0;title^G<U+2066>\nsecond\n")


def test_colors_only_on_a_terminal_and_not_with_no_color() -> None:
    with pipe() as out, terminal() as screen:
        assert not wants_color(out.writer, {})
        assert wants_color(screen.writer, {"TERM": "xterm"})
        assert not wants_color(screen.writer, {"TERM": "xterm", "NO_COLOR": "1"})
        assert not wants_color(screen.writer, {"TERM": "dumb"})


def test_nobody_reading_stderr_is_no_failure() -> None:
    reader, writer = os.pipe()
    os.close(reader)

    Console(err=writer).note("x" * 100_000)
    os.close(writer)


def test_nobody_reading_what_was_asked_for_ends_what_would_go_on_for_ever_alone() -> None:
    reader, writer = os.pipe()
    os.close(reader)

    console = Console(writer)
    console.print("x" * 100_000)
    console.print("more")
    with pytest.raises(ClosedStdoutError):
        console.page("x")
    os.close(writer)
