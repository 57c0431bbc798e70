import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from batchwright_runner.host.runs.signals import SAME_REQUEST, STOP_SIGNALS, LeaveNow, SignalWaiter


def test_a_signal_ends_a_wait_at_once_and_is_remembered() -> None:
    with SignalWaiter() as waiter:
        os.kill(os.getpid(), signal.SIGTERM)
        begun = time.monotonic()
        waiter.wait(30)

        assert time.monotonic() - begun < 15
        assert waiter.signals == [signal.SIGTERM]


def test_the_wake_up_is_used_up() -> None:
    with SignalWaiter() as waiter:
        os.kill(os.getpid(), signal.SIGTERM)
        waiter.wait(30)
        begun = time.monotonic()
        waiter.wait(0.2)

        assert time.monotonic() - begun >= 0.15


def test_a_readable_descriptor_ends_a_wait() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"x")
    with SignalWaiter() as waiter:
        begun = time.monotonic()
        waiter.wait(30, read=[reader])
        waiter.wait(30, write=[writer])

        assert time.monotonic() - begun < 15
    os.close(reader)
    os.close(writer)


def test_a_second_signal_leaves_wherever_the_program_is() -> None:
    with SignalWaiter() as waiter:
        os.kill(os.getpid(), signal.SIGINT)
        waiter.wait(30)
        time.sleep(2 * SAME_REQUEST)
        with pytest.raises(LeaveNow) as caught:
            os.kill(os.getpid(), signal.SIGTERM)

        assert waiter.signals == [signal.SIGINT, signal.SIGTERM]
        assert caught.value.first == signal.SIGINT


@pytest.fixture
def handlers() -> Iterator[None]:
    """The handlers of before are there again afterwards."""
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_once_the_result_is_known_a_second_signal_changes_nothing() -> None:
    with SignalWaiter() as waiter:
        waiter.finish()
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGTERM)
            waiter.wait(30)
            time.sleep(2 * SAME_REQUEST)

        assert waiter.signals == [signal.SIGTERM, signal.SIGTERM]


@pytest.mark.usefixtures("handlers")
def test_a_signal_between_the_result_and_the_end_of_the_process_changes_nothing() -> None:
    with SignalWaiter() as waiter:
        waiter.finish()

    for number in STOP_SIGNALS:
        os.kill(os.getpid(), number)


def test_a_signal_sent_twice_at_once_is_one_request() -> None:
    with SignalWaiter() as waiter:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGTERM)

        assert waiter.signals == [signal.SIGTERM]


def test_a_signal_ignored_from_the_start_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with SignalWaiter() as waiter:
            os.kill(os.getpid(), signal.SIGHUP)
            waiter.wait(0.01)

            assert list(waiter.signals) == []
    finally:
        signal.signal(signal.SIGHUP, before)


def test_what_was_there_before_is_put_back() -> None:
    before = [signal.getsignal(number) for number in STOP_SIGNALS]
    with SignalWaiter():
        assert signal.getsignal(signal.SIGTERM) != before[2]

    assert [signal.getsignal(number) for number in STOP_SIGNALS] == before


def test_a_blocking_call_goes_on_after_a_first_signal() -> None:
    program = (
        "import os, signal, subprocess; from batchwright_runner.host.runs.signals import SignalWaiter\n"
        "with SignalWaiter() as waiter:\n"
        "    child = subprocess.Popen(['sh', '-c', f'kill -TERM {os.getpid()}; sleep 0.3; echo done'], stdout=-1)\n"
        "    print(child.stdout.read().decode().strip(), len(waiter.signals))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "done 1\n"


def test_a_second_waiter_is_refused_and_the_first_goes_on() -> None:
    with SignalWaiter() as waiter:
        with pytest.raises(RuntimeError, match="pass that one on"), SignalWaiter():
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        waiter.wait(5)

        assert waiter.signals == [signal.SIGTERM]
    with SignalWaiter():
        pass


@pytest.mark.parametrize("seconds", [1e10, float("inf")])
def test_a_wait_may_be_longer_than_the_system_can_wait(seconds: float) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"x")
    with SignalWaiter() as waiter:
        waiter.wait(seconds, read=[reader])
