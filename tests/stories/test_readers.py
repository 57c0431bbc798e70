"""Who reads stdout and stderr, and does not: nothing that is said delays what is done."""

import signal
import sys
import time

from tests.fake_aws import Script, Term, lines, steady
from tests.stories.story import TO_A_FULL_DISK, Running, Seen, story

STUCK = """
import os, sys
names, command = sys.argv[1].split(","), sys.argv[2:]
reader, writer = os.pipe()
os.set_inheritable(reader, True)  # it stays open, and no one reads it
os.set_blocking(writer, False)
try:
    while True:
        os.write(writer, b"x" * 4096)
except BlockingIOError:
    os.set_blocking(writer, True)
for name in names:
    os.dup2(writer, int(name))
os.close(writer)
os.execv(command[0], command)
"""
LOUD = Script(lines=steady(100), runs=60.0, term=Term(exit_code=0, after=0.3))
SOON = 25.0
"""Seconds in which a stop must have come and gone, on a machine that has much else to do."""


def stuck(*descriptors: int) -> list[str]:
    """A command that runs another with a full pipe that no one reads."""
    return [sys.executable, "-c", STUCK, ",".join(map(str, descriptors))]


def terminated(running: Running) -> None:
    running.until(lambda: running.aws.tasks and time.time() > running.aws.tasks[0].times.started + 3)
    running.send(signal.SIGTERM)


def stopped_soon(seen: Seen) -> None:
    assert (seen.code, seen.calls["StopTask"]) == (143, 1)
    assert seen.ended_at - seen.aws.tasks[0].times.ended < SOON


@story(LOUD, act=terminated, prefix=stuck(2))
def test_a_signal_stops_it_though_nobody_takes_what_stderr_says(seen: Seen) -> None:
    stopped_soon(seen)


@story(LOUD, act=terminated, prefix=stuck(1))
def test_a_signal_stops_it_though_nobody_takes_the_log(seen: Seen) -> None:
    stopped_soon(seen)
    assert "lines may be missing: nobody takes what is written to stdout" in seen.err
    assert seen.result["log_complete"] is False


@story(Script(lines=steady(20), exit_code=3), prefix=stuck(2))
def test_a_run_that_ends_by_itself_has_its_code_and_its_log(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (3, [f"line {n}" for n in range(20)])


@story(Script(lines=steady(400, per_second=200, size=100), exit_code=3), prefix=TO_A_FULL_DISK)
def test_a_full_disk_does_not_end_the_following(seen: Seen) -> None:
    assert (seen.code, seen.calls["StopTask"], seen.result["log_complete"]) == (3, 0, False)
    assert f"all of them: batchwright logs {seen.run} -s staging" in seen.err
    assert "lines may be missing: stdout cannot be written: No space left on device" in seen.err


# Python would write bytecode that ends in the middle, and all later commands would fail (CPython 3.11).


@story(Script(lines=lines("a")), command=["list", "-s", "staging"], prefix=TO_A_FULL_DISK)
def test_a_list_that_cannot_be_written_is_an_error(seen: Seen) -> None:
    assert seen.code == 125
    assert "stdout cannot be written: No space left on device" in seen.err
    assert "defect" not in seen.err
