import struct

from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.host.runs.task import LogPage
from batchwright_runner.workbench.local.log_stream import PAGE, Demultiplexer, LineSplitter, LogStream

Frames = list[tuple[int, bytes]]
frames = st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=300)), max_size=20)


def packed(all_frames: Frames) -> bytes:
    return b"".join(struct.pack(">BxxxL", stream, len(data)) + data for stream, data in all_frames)


def joined(parts: Frames, stream: int) -> bytes:
    return b"".join(data for source, data in parts if source == stream)


@given(frames, st.integers(1, 40))
def test_each_stream_comes_out_whole_however_it_is_cut(all_frames: Frames, size: int) -> None:
    data = packed(all_frames)
    taken = Demultiplexer()
    found = [part for at in range(0, len(data), size) for part in taken.feed(data[at : at + size])]

    assert joined(found, 1) == joined(all_frames, 1)
    assert joined(found, 2) == joined(all_frames, 2)


def test_a_frame_that_has_only_begun_is_given_at_once() -> None:
    assert Demultiplexer().feed(packed([(1, b"x" * 100)])[:50]) == [(1, b"x" * 42)]


class Connection:
    """Gives what a test has put into it, then nothing yet, and at last the end."""

    def __init__(self, data: bytes, *, ends: bool = True) -> None:
        self.data = data
        self.ends = ends
        self.closed = False

    def recv(self, size: int, /) -> bytes:
        if not self.data and not self.ends:
            raise BlockingIOError
        part, self.data = self.data[:size], self.data[size:]
        return part

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        self.closed = True


def texts(page: LogPage) -> list[bytes]:
    return [line.text for line in page.lines]


def stream(all_frames: Frames, *, ends: bool = True) -> tuple[LogStream, Connection]:
    connection = Connection(packed(all_frames), ends=ends)
    return LogStream(connection, lambda: 0.0), connection


def test_a_line_of_one_stream_is_not_cut_by_the_other() -> None:
    log, _ = stream([(1, b"one "), (2, b"other\n"), (1, b"line\n")])

    assert texts(log.read()) == [b"other", b"one line"]


def test_the_last_line_needs_no_newline_and_the_end_closes_the_connection() -> None:
    log, connection = stream([(1, b"a\n\xff\x00b"), (2, b"c")])
    page = log.read()

    assert texts(page) == [b"a", b"\xff\x00b", b"c"]
    assert page.closed
    assert connection.closed
    assert log.read() == LogPage((), closed=True)


def test_what_has_not_come_is_not_waited_for() -> None:
    log, _ = stream([(1, b"a\nb")], ends=False)
    page = log.read()

    assert texts(page) == [b"a"]
    assert not page.closed
    assert [line.text for line in log.rest()] == [b"b"]


def test_a_fast_writer_is_read_in_pages() -> None:
    log, connection = stream([(1, b"x" * 999 + b"\n")] * 4000)
    page = log.read()

    assert page.more
    assert not page.closed
    assert sum(len(line.text) for line in page.lines) <= PAGE + 65536
    assert len(connection.data) > PAGE


@given(st.lists(st.binary(max_size=30)))
def test_lines_come_out_as_they_were_written_however_they_are_cut(pieces: list[bytes]) -> None:
    splitter = LineSplitter()
    lines = [line for piece in pieces for line in splitter.feed(piece)] + splitter.finish()
    whole = b"".join(pieces)
    expected = whole.split(b"\n")

    assert lines == (expected if expected[-1] else expected[:-1])


@given(st.lists(st.binary(max_size=30)), st.integers(1, 8))
def test_a_line_over_the_limit_is_cut_and_nothing_is_lost(pieces: list[bytes], limit: int) -> None:
    splitter = LineSplitter(limit)
    lines = [line for piece in pieces for line in splitter.feed(piece)] + splitter.finish()

    assert all(len(line) <= limit for line in lines)
    assert b"".join(lines) == b"".join(pieces).replace(b"\n", b"")


def test_a_line_over_the_limit_is_cut_between_characters() -> None:
    text = "a日本語😀é".encode()

    for limit in range(4, len(text) + 1):
        splitter = LineSplitter(limit)
        pieces = [*splitter.feed(text), *splitter.finish()]

        assert "".join(piece.decode() for piece in pieces).encode() == text
        assert len(pieces[0]) > limit - 4


def test_a_line_of_exactly_the_limit_is_one_line() -> None:
    splitter = LineSplitter(3)

    assert splitter.feed(b"abc\n\nd\n") == [b"abc", b"", b"d"]
