"""A reader that is slow, stuck or gone."""

import os
import threading
import time

from batchwright_runner.host.terminal.outlet import NOTES, Outlet
from tests.kit.descriptors import Ends, pipe

ROOM = 65_536
"""Bytes that a pipe takes (Linux)."""


def read_slowly(ends: Ends, wanted: int, seen: bytearray, at_once: int = 2000) -> None:
    while len(seen) < wanted:
        time.sleep(0.01)
        seen += os.read(ends.reader, at_once)


def test_a_slow_reader_is_waited_for_at_the_end() -> None:
    with pipe() as ends:
        outlet = Outlet(ends.writer)
        outlet.tell(b"x" * 3 * ROOM)
        seen = bytearray()
        reading = threading.Thread(target=read_slowly, args=[ends, 3 * ROOM, seen])
        reading.start()
        outlet.flush(stuck=5.0)
        assert outlet.waiting == 0
        reading.join()
        assert len(seen) == 3 * ROOM


def test_a_stuck_reader_is_not() -> None:
    with pipe() as ends:
        outlet = Outlet(ends.writer)
        outlet.tell(b"x" * 2 * ROOM)
        began_at = time.monotonic()
        outlet.flush(stuck=0.2)
        assert time.monotonic() - began_at < 5
        assert outlet.waiting > 0


def test_a_reader_that_takes_less_than_a_page_counts_as_reading() -> None:
    with pipe() as ends:
        outlet = Outlet(ends.writer)
        outlet.put(b"x" * 2 * ROOM)
        before = outlet.taken
        os.read(ends.reader, 10)
        assert outlet.taken == before + 10
        os.read(ends.reader, 2 * ROOM)


def test_notes_that_nobody_reads_are_left_out_at_last_and_that_is_said() -> None:
    note = b"y" * 999 + b"\n"
    with pipe() as ends:
        outlet = Outlet(ends.writer)
        for _ in range(NOTES // len(note) + 200):
            outlet.tell(note)
        assert outlet.waiting <= NOTES
        seen = bytearray()
        while b"left out" not in seen:
            seen += os.read(ends.reader, ROOM)

    log, status = seen.split(b"batchwright: ")
    missing = NOTES // len(note) + 200 - log.count(b"\n")
    assert missing > 0
    assert status == b"%d messages were left out here: nobody was reading\n" % missing


def test_the_log_is_never_left_out() -> None:
    with pipe() as ends:
        outlet = Outlet(ends.writer)
        outlet.put(b"x" * 3 * NOTES)
        outlet.tell(b"note")
        seen = bytearray()
        reading = threading.Thread(target=read_slowly, args=[ends, 3 * NOTES + 4, seen, ROOM])
        reading.start()
        while len(seen) < 3 * NOTES + 4:
            outlet.pump()
        reading.join()

    assert seen == b"x" * 3 * NOTES + b"note"


def test_the_descriptor_that_others_share_stays_blocking() -> None:
    with pipe() as ends:
        Outlet(ends.writer).put(b"x")
        assert os.get_blocking(ends.writer)
