"""How a run has ended, whoever is asked: run, attach, run with the same id, runs; also when ECS has forgotten it."""

import json
import signal
from collections.abc import Callable
from dataclasses import replace

from tests.fake_aws import AwsServer, Script, Sidecar, Term, faults, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.command import Done
from tests.stories.story import (
    ATTACH,
    LONGEST,
    Running,
    Seen,
    afterwards,
    ended_at_night,
    start_task,
    story,
    until_past,
)

POLITE = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0, after=0.3))
NIGHT = ("--run-id", "night")


def ask_twice(*commands: str) -> Callable[[Running], None]:
    """After the end: while ECS knows the run, and when it has forgotten it."""

    def act(running: Running) -> None:
        running.process.wait(LONGEST)
        until_past(running.aws.tasks[-1].times.stopped)
        for _ in ("known", "forgotten"):
            afterwards(*commands)(running)
            running.aws.forget(tasks=True, tokens=True)

    return act


ASK_EVERYBODY = ask_twice("runs --json", "attach daily-report@night", "run daily-report --run-id night")


def words(last: str) -> str:
    """The last line without the name of the program."""
    return last.partition(": exit ")[2]


def of_night(done: Done) -> dict[str, object]:
    (found,) = [run for run in json.loads(done.out) if run["run_id"] == "night"]
    return dict(found)


def check(seen: Seen, code: int) -> None:
    said = (code, words(seen.last))
    assert seen.code == code
    for runs, attach, run in (seen.others[:3], seen.others[3:]):
        shown = of_night(runs)
        assert (shown["code"], f"{shown['code']}: {shown['result']}") == said
        assert (attach.code, words(attach.last)) == (run.code, words(run.last)) == said


FAILS = Sidecar(name="agent", ends=2.0, exit_code=1, essential=True)


@story(
    Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0), sidecars=(FAILS,)),
    manifest=replace(sample_manifest("daily-report"), essential=("agent",)),
    args=NIGHT,
    act=ASK_EVERYBODY,
)
def test_an_essential_sidecar_that_failed_first_is_never_a_0(seen: Seen) -> None:
    check(seen, 125)


def stop_and_ask(running: Running) -> None:
    running.until_line(b"ready")
    running.send(signal.SIGTERM)
    ASK_EVERYBODY(running)


@story(POLITE, args=NIGHT, act=stop_and_ask)
def test_a_signal_is_143_for_everybody(seen: Seen) -> None:
    check(seen, 143)


@story(
    Script(lines=lines("ready"), runs=LONGEST),
    Script(lines=lines("never"), runs=60.0, provisioning=20.0),
    manifest=sample_manifest("daily-report", overlap="forbid"),
    prepare=start_task,
    args=NIGHT,
    act=ASK_EVERYBODY,
)
def test_a_run_that_gave_way_is_123_for_everybody(seen: Seen) -> None:
    check(seen, 123)


def without_a_log(aws: AwsServer) -> None:
    ended_at_night(aws)
    aws.forget(tasks=True)
    aws.delete_group(sample_manifest("daily-report").log_group)


@story(Script(lines=lines("a"), exit_code=3), command=ATTACH, prepare=without_a_log)
def test_a_log_that_is_gone_does_not_cost_the_code(seen: Seen) -> None:
    assert (seen.code, seen.out) == (3, b"")
    assert "lines may be missing" in seen.err


def attach_and_let_it_time_out(running: Running) -> None:
    running.until_line(b"ready")
    running.another(*ATTACH)


@story(POLITE, args=[*NIGHT, "--timeout", "6s"], act=attach_and_let_it_time_out)
def test_whoever_watches_a_timeout_says_124_too(seen: Seen) -> None:
    assert (seen.code, seen.another.code) == (124, 124)


def outage_over_the_end(running: Running) -> None:
    running.until_line(b"ready")
    running.aws.faults("DescribeTasks", faults.server_error(None))
    task = running.aws.tasks[0]
    until_past(task.times.stopped)
    running.aws.forget(tasks=True)
    running.aws.faults("DescribeTasks")


@story(Script(lines=lines("ready"), runs=3.0, exit_code=5), act=outage_over_the_end)
def test_an_end_that_ecs_has_forgotten_during_an_outage_is_in_the_history(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (5, ["ready"])
    assert seen.last == "batchwright: exit 5: the container's own code (main ended by itself)"


def stopped_twice(running: Running) -> None:
    running.until_line(b"ready")
    running.another("stop", "daily-report@latest", "-s", "staging")
    running.send(signal.SIGTERM)
    afterwards("attach daily-report@latest", "runs daily-report --json")(running)


@story(Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0, after=5.0)), act=stopped_twice)
def test_a_stop_by_a_person_is_that_also_for_who_asks_for_one_afterwards(seen: Seen) -> None:
    _, attached, runs = seen.others

    assert (seen.code, attached.code) == (122, 122)
    assert [run["code"] for run in json.loads(runs.text)] == [122]


@story(
    Script(lines=lines("ready"), exit_code=3),
    Script(lines=lines("ready")),
    manifest=sample_manifest("daily-report", retries=1, retry_on=(3,)),
    args=NIGHT,
    act=ask_twice(
        *("runs", "runs --failed", "runs --json", "describe daily-report --json", "describe daily-report@night")
    ),
)
def test_a_run_that_succeeded_by_a_retry_is_one_success_for_everybody(seen: Seen) -> None:
    assert seen.code == 0
    for table, failed, listed, batch, run in (seen.others[:5], seen.others[5:]):
        (line,) = table.text.splitlines()[1:]
        assert line.endswith("night  succeeded, 2 attempts")
        assert "no such runs" in failed.err
        entry = of_night(listed)
        attempts = entry.pop("attempts")
        assert isinstance(attempts, list)
        assert (entry["code"], [(attempt["number"], attempt["code"]) for attempt in attempts]) == (0, [(1, 3), (2, 0)])
        assert (entry["started"], entry["task"]) == (attempts[0]["started"], attempts[1]["task"])
        assert entry["seconds"] > sum(attempt["seconds"] for attempt in attempts) - 0.1
        assert [run["code"] for run in json.loads(batch.text)["runs"]] == [0]
        rows = [row.split()[0] for row in run.text.splitlines() if row.endswith(("exit 3", "  succeeded"))]
        assert rows == ["1", "2"]
