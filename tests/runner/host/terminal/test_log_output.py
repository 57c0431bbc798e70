import os
import select
import socket
from collections.abc import Iterator

import pytest

from batchwright_runner.contract.moments import show_in
from batchwright_runner.host.runs.task import LogLine
from batchwright_runner.host.terminal.log_output import BACKLOG, Output, shown
from batchwright_runner.host.terminal.outlet import Outlet


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    for descriptor in (reader, writer):
        try:
            os.close(descriptor)
        except OSError:
            continue


def lines(*texts: bytes) -> list[LogLine]:
    return [LogLine(text, 0.0) for text in texts]


def test_bytes_go_out_as_they_are_and_at_once(pipe: tuple[int, int]) -> None:
    output = Output(Outlet(pipe[1]))

    output.put(lines(b"\xff\x00\x1b[2J", b"", "日本".encode()))

    assert os.read(pipe[0], 100) == b"\xff\x00\x1b[2J\n\n" + "日本\n".encode()
    assert output.empty


def test_a_slow_reader_never_blocks_a_write_and_loses_nothing(pipe: tuple[int, int]) -> None:
    output = Output(Outlet(pipe[1]))
    written = [b"%07d" % number for number in range(200_000)]

    output.put(lines(*written))

    assert output.full
    assert select.select([], output.watch(), [], 0)[1] == []
    taken = b""
    while not output.empty:
        taken += os.read(pipe[0], 1 << 20)
        output.pump()
    os.set_blocking(pipe[0], False)
    while len(taken) < 8 * len(written):
        taken += os.read(pipe[0], 1 << 20)
    assert (taken, output.watch()) == (b"\n".join(written) + b"\n", ())


def test_it_is_full_only_with_a_backlog(pipe: tuple[int, int]) -> None:
    output = Output(Outlet(pipe[1]))

    output.put(lines(b"x" * (BACKLOG // 2)))

    assert not output.full
    assert not output.empty


def test_a_reader_that_is_gone_is_no_failure(pipe: tuple[int, int]) -> None:
    output = Output(Outlet(pipe[1]))
    os.close(pipe[0])

    output.put(lines(b"a", b"b"))

    assert output.closed
    assert output.empty
    assert not output.full
    assert output.problem == ""  # it has read all that it wanted


def test_a_full_disk_is_no_failure_and_is_said() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    output = Output(Outlet(full))

    output.put(lines(b"a"))
    output.put(lines(b"b"))
    os.close(full)

    assert output.closed
    assert output.empty
    assert output.problem == "stdout cannot be written: No space left on device"


def test_a_terminal_that_is_gone_is_said() -> None:
    main, terminal = os.openpty()
    output = Output(Outlet(terminal))
    output.put(lines(b"a"))
    os.close(main)

    output.put(lines(b"b"))
    os.close(terminal)

    assert output.closed
    assert output.problem == "stdout cannot be written: Input/output error"


def test_a_connection_that_was_reset_is_no_failure() -> None:
    ours, theirs = socket.socketpair()
    output = Output(Outlet(ours.fileno()))
    output.put(lines(b"never read"))
    theirs.close()

    output.put(lines(b"b"))
    ours.close()

    assert output.closed
    assert output.empty


def test_a_stdout_closed_from_the_start_takes_everything() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    os.close(writer)
    output = Output(Outlet(writer))

    output.put(lines(b"x" * (2 * BACKLOG)))

    assert output.empty
    assert not output.full


def test_timestamps_have_a_zone(pipe: tuple[int, int]) -> None:
    Output(Outlet(pipe[1]), timestamps=True).put([LogLine(b"y", 1.5)], b"main | ")
    show_in(lambda: "Asia/Tokyo")
    Output(Outlet(pipe[1]), timestamps=True).put([LogLine(b"x", 1.5)])

    assert os.read(pipe[0], 200) == b"1970-01-01T00:00:01.500+00:00 main | y\n1970-01-01T09:00:01.500+09:00 x\n"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (b"plain \t tab", b"plain \t tab"),
        (b"\x1b[31mred\x1b[0m", b"\x1b[31mred\x1b[0m"),
        (b"\x1b[31mred\x1b[m", b"\x1b[31mred\x1b[m"),
        (b"\x1b[1;31mred", b"\x1b[1;31mred\x1b[0m"),
        (b"\x1b[31mred\x1b[0m \x1b[32mgreen", b"\x1b[31mred\x1b[0m \x1b[32mgreen\x1b[0m"),
        (b"\x1b[38;5;0mblack", b"\x1b[38;5;0mblack\x1b[0m"),
        ("a\u202eb\u2069\u200f\u061c 日本".encode(), "a<U+202E>b<U+2069><U+200F><U+061C> 日本".encode()),
        (b"\x1b[2J\x1b]0;title\x07", b"^[[2J^[]0;title^G"),
        (b"\x9b", b"\x9b"),
        ("\x9b2J é".encode(), "^[2J é".encode()),
        (b"50%\r100%\r", b"50%^M100%"),
        (b"\x7f\x00", b"^?^@"),
    ],
)
def test_a_terminal_is_shown_controls_but_not_sent_them(text: bytes, seen: bytes) -> None:
    assert shown(text) == seen


def test_only_a_terminal_is_protected(pipe: tuple[int, int]) -> None:
    Output(Outlet(pipe[1]), terminal=True).put(lines(b"\x1b[2J"))

    assert os.read(pipe[0], 100) == b"^[[2J\n"
