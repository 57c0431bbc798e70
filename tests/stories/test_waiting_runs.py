"""A run that waits for its turn is a run: it is found, shown, followed and stopped."""

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from batchwright_runner.contract.moments import utc
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.waiting import WaitingRun
from tests.fake_aws import AwsServer, Script, faults, lines
from tests.fake_aws.fixtures import aws as aws
from tests.kit.account import batchwright
from tests.kit.command import COMMAND, Done
from tests.stories.story import LONGEST, Running, Seen, scenario, start_task, stories, story
from tests.stories.test_wait import BRIEFLY, ENDLESS, MINE, WAIT, let_it_end, one_before

GIVES_WAY = (replace(ENDLESS, unlisted=LONGEST), Script(lines=lines("never"), runs=60.0, provisioning=20.0), MINE)
RECORD = StageNames("batches", "staging").waiting_run("daily-report", "night")
NIGHT = ["--run-id", "night"]


def waits(running: Running) -> None:
    running.until(lambda: running.aws.parameter(RECORD))


def verb(*words: str) -> tuple[str, ...]:
    return (*words, "-s", "staging")


# found and shown


def look_and_let_it_end(running: Running) -> None:
    waits(running)
    for words in (("runs", "--json"), ("runs",), ("describe", "night"), ("logs", "night")):
        running.another(*verb(*words))
    short = json.loads(running.others[0].out)[0]["id"]
    running.another(*verb("describe", short, "--json"))
    let_it_end(running)


@story(ENDLESS, MINE, manifest=WAIT, args=NIGHT, prepare=one_before, act=look_and_let_it_end)
def test_it_is_shown_as_waiting_until_its_turn_and_its_record_is_removed(seen: Seen) -> None:
    as_json, table, described, logs, by_short_id = seen.others
    first = json.loads(as_json.out)[0]

    assert (first["batch"], first["run_id"], first["word"], first["task"]) == ("daily-report", "night", "waiting", "")
    assert table.text.splitlines()[1].split()[-2:] == ["night", "waiting"]
    assert "in progress: waiting" in described.text
    assert "batchwright stop daily-report@night -s staging" in described.text
    assert json.loads(by_short_id.out)["run_id"] == "night"
    assert (logs.code, "night has no log yet: it waits for its turn" in logs.err) == (125, True)
    assert (seen.code, seen.lines, seen.aws.parameter(RECORD)) == (3, ["mine"], "")


# stopped


def stop_it(running: Running) -> None:
    """Stops it while another command follows it."""
    waits(running)
    with ThreadPoolExecutor(1) as pool:
        attached = pool.submit(running.another, *verb("attach", "daily-report@night"))
        running.until(lambda: len(running.aws.calls_of("GetParametersByPath")) > 1)
        running.another(*verb("stop", "night", "--reason", "wrong day"))
        attached.result()


@story(ENDLESS, manifest=WAIT, args=NIGHT, prepare=one_before, act=stop_it)
def test_a_stop_ends_the_wait_for_all_who_follow_it(seen: Seen) -> None:
    stopped, attached = seen.others

    assert (stopped.code, seen.code, attached.code) == (0, 122, 122)
    assert "stopping: run night, which waits for its turn" in stopped.err
    assert "it waited for its turn: batchwright stop: wrong day" in seen.err
    assert "wrong day" in attached.err
    assert seen.result["row"] == "stopped-by-others"
    assert (seen.aws.parameter(RECORD), "RunTask" in seen.calls) == ("", False)
    paths = {call.body["Path"] for call in seen.aws.calls_of("GetParametersByPath")}
    assert not [path for path in paths if "/manifests" in path]  # its record names its batch


def stop_it_while_it_is_started(running: Running) -> None:
    waits(running)
    running.aws.stop_task(running.aws.tasks[0])
    running.until(lambda: len(running.aws.calls_of("RunTask")) > 1)
    running.another(*verb("stop", "night"))


@story(
    ENDLESS,
    replace(ENDLESS, provisioning=3.0),
    manifest=WAIT,
    args=NIGHT,
    prepare=one_before,
    act=stop_it_while_it_is_started,
    faults={"RunTask": [faults.no_capacity(2)]},
)
def test_a_stop_while_its_start_is_repeated_stops_its_task(seen: Seen) -> None:
    assert (seen.another.code, seen.code) == (0, 122)
    assert seen.aws.tasks[1].times.stop_code == "UserInitiated"


def show_the_first_late(running: Running) -> None:
    running.until(lambda: len(running.aws.tasks) > 1)
    running.aws.tasks[0].script = replace(running.aws.tasks[0].script, unlisted=0.0)


# followed


def attach_and_let_it_end(running: Running) -> None:
    waits(running)
    with ThreadPoolExecutor(2) as pool:
        pool.submit(running.another, *verb("attach", "night"))
        pool.submit(running.another, *verb("logs", "night", "-f"))
        running.until(lambda: sum(call.body["Name"] == RECORD for call in running.aws.calls_of("GetParameter")) > 8)
        running.aws.stop_task(running.aws.tasks[0])


@story(ENDLESS, MINE, manifest=WAIT, args=NIGHT, prepare=one_before, act=attach_and_let_it_end)
def test_who_attaches_follows_it_through_its_wait(seen: Seen) -> None:
    assert sorted((done.code, done.text) for done in seen.others) == [(0, "mine\n"), (3, "mine\n")]


def attach_beside_one_that_differs(running: Running) -> None:
    waits(running)

    def until_it_waits(said: bytes, *words: str) -> Running:
        """Starts another command, which says that it waits, too."""
        folder = running.folder / words[0]
        folder.mkdir()
        other = Running(folder, running.aws, [str(COMMAND), *verb(*words)], running.env, really=running.really)
        other.until(lambda: said in (folder / "err").read_bytes())
        return other

    attached = until_it_waits(b"waits for its turn: following it", "attach", "night")
    other = until_it_waits(b"waiting for run before", "run", "daily-report", *NIGHT, "-e", "DAY=2")
    running.aws.stop_task(running.aws.tasks[0])
    running.others += [Done(process.process.wait(LONGEST), process.out, "") for process in (attached, other)]


@story(
    ENDLESS, replace(MINE, runs=20.0), manifest=WAIT, args=NIGHT, prepare=one_before, act=attach_beside_one_that_differs
)
def test_who_cannot_join_ends_no_run_for_those_who_follow_it(seen: Seen) -> None:
    assert sorted([seen.code, *(done.code for done in seen.others)]) == [2, 3, 3]  # of the two either may be first


LISTS = 4
"""Calls of ListTasks for the id until another command has found the run: two of ours, and two for its one look."""


def until_found(running: Running) -> None:
    by_id = {"startedBy": "night"}
    running.until(
        lambda: sum(by_id.items() <= call.body.items() for call in running.aws.calls_of("ListTasks")) >= LISTS
    )


def beside_its_first_task(running: Running, *words: str) -> None:
    """Has another command see its first task, which then gives way."""
    running.until(lambda: len(running.aws.tasks) > 1)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(running.another, *verb(*words))
        until_found(running)
        show_the_first_late(running)
        waits(running)
        running.aws.stop_task(running.aws.tasks[0])


BESIDE = {
    command[0]: scenario(
        *GIVES_WAY,
        manifest=WAIT,
        args=NIGHT,
        prepare=one_before,
        act=partial(lambda words, running: beside_its_first_task(running, *words), command),
    )
    for command in (("attach", "night"), ("run", "daily-report", *NIGHT))
}


@stories(BESIDE)
def test_who_attaches_or_joins_follows_it_where_its_task_gives_way_and_it_waits_again(seen: Seen) -> None:
    assert (seen.code, seen.another.code, seen.another.text) == (3, 3, "mine\n")
    assert "waits for its turn again" in seen.another.err or "ours was stopped, and waits again" in seen.another.err
    assert len(seen.aws.tasks) == 3


def another_between_its_attempts(running: Running) -> None:
    """Follows it from its first attempt on; the second one has to wait for another run."""
    running.until_line(b"first")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(running.another, *verb("attach", "night"))
        until_found(running)
        running.aws.script(WAIT, ENDLESS, replace(MINE, unlisted=6.0))
        start_task(running.aws, startedBy="between")
        running.aws.end_task(running.aws.tasks[0])
        waits(running)
        time.sleep(5.0)  # who attaches looks each second whether it waits, and then each two
        running.aws.stop_task(running.aws.tasks[1])


@story(
    Script(lines=lines("first"), runs=LONGEST, exit_code=5),
    manifest=replace(WAIT, retries=1, retry_on=(5,)),
    args=NIGHT,
    act=another_between_its_attempts,
)
def test_who_attaches_sees_no_attempt_twice_where_the_next_one_waits(seen: Seen) -> None:
    assert (seen.code, seen.another.code) == (3, 3)
    assert (seen.lines, seen.another.text) == (["first", "mine"], "first\nmine\n")


def attach(running: Running) -> None:
    waits(running)
    running.another(*verb("attach", "night"))


@story(
    ENDLESS,
    manifest=replace(BRIEFLY, overlap_wait_seconds=15),
    args=NIGHT,
    prepare=one_before,
    act=attach,
)
def test_who_attaches_is_told_that_it_has_waited_for_too_long(seen: Seen) -> None:
    assert (seen.code, seen.another.code) == (123, 123)
    assert "ours has waited for 15s" in seen.another.err


def it_waits(aws: AwsServer) -> None:
    now = time.time()
    aws.put_parameter(RECORD, WaitingRun(run="night", since=utc(now), until=utc(now + 600)).to_json())


def leave(running: Running) -> None:
    running.until(lambda: b"waits for its turn: following it" in (running.folder / "err").read_bytes())
    running.send(signal.SIGINT)


SIGNALS = {
    on_signal: (
        scenario(
            MINE,
            manifest=WAIT,
            command=verb("attach", "night"),
            args=["--on-signal", on_signal],
            prepare=it_waits,
            act=leave,
        ),
        expected,
    )
    for on_signal, expected in (("leave", (125, "")), ("stop", (130, "batchwright stop: a signal of who followed it")))
}


@stories(SIGNALS)
def test_a_signal_leaves_it_waiting_or_stops_it(seen: Seen, expected: tuple[int, str]) -> None:
    record = WaitingRun.from_text(seen.aws.parameter(RECORD))

    assert record is not None
    assert (seen.code, record.stop) == expected
    assert ("stop it: batchwright stop daily-report@night -s staging" in seen.err) == (seen.code == 125)


# what goes wrong


def pause_it(running: Running) -> None:
    waits(running)
    running.aws.put_parameter("/batches/staging/paused/daily-report", Pause(reason="new schema").to_json())
    let_it_end(running)


@story(ENDLESS, MINE, manifest=WAIT, args=NIGHT, prepare=one_before, act=pause_it)
def test_a_pause_that_came_while_it_waited_holds_when_its_turn_comes(seen: Seen) -> None:
    assert (seen.code, seen.result["row"], len(seen.aws.tasks)) == (123, "paused", 1)
    assert "daily-report is paused" in seen.err
    assert seen.aws.parameter(RECORD) == ""


@pytest.mark.parametrize(("left", "shown"), [(3600.0, ["night"]), (-1.0, [])])
def test_a_record_that_a_killed_runner_has_left_ends_by_itself(
    aws: AwsServer, tmp_path: Path, left: float, shown: list[str]
) -> None:
    aws.deploy(WAIT, MINE)
    now = time.time()
    aws.put_parameter(RECORD, WaitingRun(run="night", since=utc(now - 60), until=utc(now + left)).to_json())
    aws.put_parameter(RECORD.replace("waiting/", "waiting/x"), "{")

    found = json.loads(batchwright(aws, tmp_path, *verb("runs", "--json")).out)
    ran = batchwright(aws, tmp_path, "run", "daily-report", "-s", "staging", "--run-id", "night")

    assert [entry["run_id"] for entry in found] == shown
    assert (ran.code, ran.text) == (3, "mine\n")
