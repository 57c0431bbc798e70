"""Signals, closed pipes, and leaving."""

import signal
import time

from batchwright_runner.host.runs.signals import PASSED_BY
from tests.fake_aws import Line, Script, Term, faults, lines, steady
from tests.stories.story import Running, Seen, sends, story

POLITE = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0, after=0.3))
SLOW_TO_STOP = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0, after=25.0))


def twice(running: Running) -> None:
    running.until_line(b"ready")
    running.send(signal.SIGTERM)
    running.until(lambda: running.aws.calls_of("StopTask"))
    time.sleep(0.5)
    running.send(signal.SIGTERM)


@story(SLOW_TO_STOP, act=twice)
def test_a_second_signal_leaves_at_once_and_says_what_still_runs(seen: Seen) -> None:
    assert (seen.code, len(seen.aws.schedules)) == (143, 1)
    assert seen.ended_at < seen.aws.tasks[0].times.ended - 5
    assert f"the run may still go on: {seen.run}" in seen.err
    assert f"follow it: batchwright attach {seen.run} -s staging" in seen.err
    assert "its end was not waited for" in seen.last


def twice_while_the_stop_is_asked_for(running: Running) -> None:
    running.until_line(b"ready")
    running.aws.faults("StopTask", faults.slow(5.0))
    running.send(signal.SIGINT)
    running.until(lambda: running.aws.calls_of("StopTask"))
    time.sleep(0.3)
    running.send(signal.SIGTERM)


@story(SLOW_TO_STOP, act=twice_while_the_stop_is_asked_for)
def test_of_a_stop_without_an_answer_nothing_is_known(seen: Seen) -> None:
    assert seen.code == 125
    assert f"the run may still go on: {seen.run}" in seen.err
    assert seen.last.endswith("(it could not be stopped: the request is not known to have got through)")


def signal_it(running: Running) -> None:
    running.until_line(b"line 3")
    for number in PASSED_BY:
        running.send(number)
        time.sleep(0.05)


@story(Script(lines=steady(40, per_second=10), exit_code=3), act=signal_it)
def test_a_signal_that_asks_for_nothing_changes_nothing(seen: Seen) -> None:
    assert {signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM} < set(PASSED_BY)
    assert (seen.code, len(seen.lines)) == (3, 40)


def while_pulling(running: Running) -> None:
    running.until_task()
    running.send(signal.SIGTERM)


@story(Script(lines=lines("never"), provisioning=1.0, pull=20.0), act=while_pulling)
def test_a_signal_while_it_is_starting_stops_it(seen: Seen) -> None:
    assert (seen.code, seen.out, seen.calls["StopTask"], seen.result["retry"]) == (143, b"", 1, "safe")


@story(Script(lines=lines("never"), missing=4.0, provisioning=2.0, runs=60.0, pull=20.0), act=while_pulling)
def test_a_signal_before_ecs_knows_the_task_stops_it(seen: Seen) -> None:
    assert (seen.code, seen.aws.tasks[0].times.stop_code, seen.result["retry"]) == (143, "UserInitiated", "safe")
    assert seen.aws.calls_of("StopTask")[-1].outcome == ""


@story(Script(lines=steady(10, per_second=4), exit_code=3), act=sends(signal.SIGHUP, b"line 2"), prefix=["nohup"])
def test_nohup_is_respected(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (3, [f"line {n}" for n in range(10)])


@story(Script(lines=steady(50), exit_code=3), prefix=["sh", "-c", '"$0" "$@" >&-'])
def test_a_stdout_closed_from_the_start(seen: Seen) -> None:
    assert (seen.code, seen.out) == (3, b"")


@story(
    Script(lines=(*steady(100, per_second=50), Line(3.0, "late")), exit_code=3),
    prefix=["bash", "-c", 'exec "$0" "$@" > >(head -n 1)'],
)
def test_a_reader_that_goes_away(seen: Seen) -> None:
    assert (seen.code, seen.calls["StopTask"]) == (3, 0)


PASSES_ON = ["bash", "-c", '"$0" "$@" & trap "kill -TERM $!" TERM; wait $!; wait $!']


@story(POLITE, act=sends(signal.SIGTERM), prefix=PASSES_ON)
def test_a_shell_around_it_that_passes_the_signal_on(seen: Seen) -> None:
    assert (seen.code, seen.calls["StopTask"]) == (143, 1)


def twice_while_the_result_is_written(running: Running) -> None:
    running.until(lambda: "GetParametersByPath" in {call.operation for call in running.aws.calls})
    time.sleep(2)
    for _ in range(2):
        running.send(signal.SIGTERM)
        time.sleep(0.5)
    (running.folder / "result.pipe").read_bytes()


@story(
    POLITE,
    command=["run", "dayly-report", "-s", "staging", "--result", "result.pipe"],
    act=twice_while_the_result_is_written,
    prefix=["sh", "-c", 'mkfifo result.pipe && exec "$0" "$@"'],
)
def test_a_signal_after_an_error_changes_nothing_either(seen: Seen) -> None:
    assert seen.code == 2
    assert seen.last == "batchwright: exit 2: usage (nothing was started)"
