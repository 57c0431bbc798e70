"""Each verb with exactly the rights that a grant gives: the library's statements, against the calls that are made."""

import time
from collections.abc import Callable
from dataclasses import replace

from batchwright.iam import run_policies
from batchwright.iam.run_policies import RunScope
from tests.fake_aws import AwsServer, Script, Term, lines, steady
from tests.fake_aws.fixtures import ACCOUNT, sample_manifest
from tests.kit.grants import NAMES, PLACE, RUNS
from tests.stories.story import RUN, Running, Seen, start_task, story

DEADLINE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/batches-staging-deadline"
ROLES = {
    f"batches-staging-{batch}": [
        PLACE.role(f"batches/staging/batches-staging-{batch}-{kind}") for kind in ("task", "exec")
    ]
    for batch in ("daily-report", "theirs")
}
PLAIN = Script(lines=steady(10), exit_code=3)
POLITE = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0, after=0.3))
WHOLE = [f"line {n}" for n in range(10)]


def limit(aws: AwsServer, runs: RunScope) -> None:
    runs = replace(runs, deadline_roles=[DEADLINE_ROLE])  # as the stand-in's manifests name it
    statements = run_policies.run(PLACE, NAMES, runs, cluster="batches-staging", deadlines=True)
    aws.limit([*statements, run_policies.read_history(PLACE, NAMES)], ROLES)


def one_batch(aws: AwsServer) -> None:
    """The caller has ``batch.grant_run`` of daily-report and nothing else; the stage has another batch."""
    aws.deploy(sample_manifest("theirs"), POLITE)
    family = "batches-staging-daily-report"
    logs = [PLACE.log_group("/batches/staging/daily-report")]
    given = {"roles": ROLES[family], "log_groups": logs, "deadline_roles": [DEADLINE_ROLE]}
    limit(aws, run_policies.runs_of_batches(PLACE, NAMES, ["daily-report"], **given))


def night(aws: AwsServer) -> None:
    start_task(aws, startedBy="night", tags=tags("daily-report"))


def tags(batch: str) -> list[dict[str, str]]:
    named = {"project": "batches", "stage": "staging", "batch": batch}
    return [{"key": f"batchwright:{key}", "value": value} for key, value in named.items()]


def running(aws: AwsServer) -> None:
    night(aws)
    one_batch(aws)


def ended(aws: AwsServer) -> None:
    running(aws)
    time.sleep(max(0.0, aws.tasks[0].times.stopped - time.time()) + 0.3)


def forgotten(aws: AwsServer) -> None:
    ended(aws)
    aws.forget(tasks=True)


def theirs(aws: AwsServer) -> None:
    one_batch(aws)
    start_task(aws, "theirs", startedBy="theirs", tags=tags("theirs"))


def refused(seen: Seen) -> set[str]:
    return {call.operation for call in seen.aws.calls if call.outcome == "AccessDeniedException"}


@story(PLAIN, prepare=one_batch)
def test_a_run(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (3, WHOLE)
    assert not refused(seen)
    assert {"CreateSchedule", "DeleteSchedule"} <= seen.calls.keys()


@story(PLAIN, args=["--run-id", "night"], prepare=forgotten)
def test_a_run_with_an_id_that_has_ended(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (3, WHOLE)
    assert not refused(seen)


@story(PLAIN, manifest=sample_manifest("daily-report", overlap="forbid"), prepare=one_batch)
def test_a_run_that_looks_for_others(seen: Seen) -> None:
    assert seen.code == 3
    assert not refused(seen)


@story(POLITE, args=["--timeout", "1s"], prepare=one_batch)
def test_a_run_that_is_stopped(seen: Seen) -> None:
    assert seen.code == 124
    assert not refused(seen)


@story(PLAIN, command=["attach", "daily-report@latest", "-s", "staging"], prepare=ended)
def test_attach_by_the_batchs_name(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (3, WHOLE)
    assert not refused(seen)
    assert "GetParametersByPath" not in seen.calls


@story(POLITE, command=["stop", "daily-report@latest", "-s", "staging"], prepare=running)
def test_stop_by_the_batchs_name(seen: Seen) -> None:
    assert seen.code == 0
    assert seen.calls["StopTask"] == 1
    assert not refused(seen)


@story(PLAIN, command=["logs", "daily-report", "-s", "staging"], prepare=ended)
def test_logs_of_the_batch(seen: Seen) -> None:
    assert seen.code == 0
    assert len(seen.lines) == 10
    assert not refused(seen)


@story(PLAIN, command=["logs", "daily-report@latest", "-s", "staging"], prepare=forgotten)
def test_logs_of_its_last_run(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (0, WHOLE)
    assert not refused(seen)


@story(PLAIN, command=["runs", "daily-report", "-s", "staging"], prepare=forgotten)
def test_runs_of_the_batch(seen: Seen) -> None:
    assert seen.code == 0
    assert [line.split()[-3:] for line in seen.lines[1:]] == [["night", "exit", "3"]]
    assert not refused(seen)


@story(PLAIN, command=["attach", "night", "-s", "staging"], prepare=ended)
def test_attach_by_a_run_id_that_names_no_batch(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (3, WHOLE)
    assert refused(seen) == {"GetParametersByPath"}


@story(PLAIN, command=["logs", "night", "-s", "staging"], prepare=forgotten)
def test_logs_of_a_run_id_in_the_history(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (0, WHOLE)


def by(identity: Callable[[AwsServer], str]) -> Callable[[Running], None]:
    return lambda process: process.another("stop", identity(process.aws), "-s", "staging")


@story(POLITE, command=["runs", "daily-report", "-s", "staging"], prepare=running, act=by(lambda aws: aws.tasks[0].arn))
def test_stop_by_an_arn(seen: Seen) -> None:
    assert seen.another.code == 0
    assert seen.calls["StopTask"] == 1


@story(POLITE, command=["stop", "theirs", "-s", "staging"], prepare=theirs)
def test_a_run_of_another_batch_is_not_stopped(seen: Seen) -> None:
    assert seen.code == 125
    assert "StopTask" not in seen.calls
    assert "batch.grant_run is for one batch, by its name" in seen.err


@story(PLAIN, command=["run", "theirs", "-s", "staging"], prepare=theirs)
def test_another_batch_is_not_run(seen: Seen) -> None:
    assert seen.code == 125
    assert "needs what platform.grant_run, or grant_run of the batch theirs, grants" in seen.err


@story(PLAIN, command=["list", "-s", "staging"], prepare=one_batch)
def test_who_may_run_one_batch_may_list_none(seen: Seen) -> None:
    assert seen.code == 125
    assert "needs what platform.grant_run grants: batch.grant_run is for one batch" in seen.err


@story(PLAIN, command=["params", "list", "-s", "staging"], prepare=one_batch)
def test_values_need_another_grant_and_the_hint_names_it(seen: Seen) -> None:
    assert seen.code == 125
    assert "needs what platform.grant_operate grants" in seen.err


def all_batches(aws: AwsServer) -> None:
    night(aws)
    limit(aws, RUNS)


@story(POLITE, command=["stop", "night", "-s", "staging"], prepare=all_batches)
def test_stop_with_the_rights_of_the_stage(seen: Seen) -> None:
    assert seen.code == 0
    assert not refused(seen)


@story(PLAIN, command=RUN, prepare=all_batches)
def test_a_run_with_the_rights_of_the_stage(seen: Seen) -> None:
    assert seen.code == 3
    assert not refused(seen)


WAIT = sample_manifest("daily-report", overlap="wait")


def wait_and_stop(process: Running) -> None:
    process.until(lambda: process.aws.calls_of("PutParameter"))
    process.another("runs", "daily-report", "-s", "staging")
    process.another("stop", "daily-report@mine", "-s", "staging")


@story(POLITE, manifest=WAIT, args=["--run-id", "mine"], prepare=running, act=wait_and_stop)
def test_a_run_that_waits_is_recorded_shown_and_stopped(seen: Seen) -> None:
    shown, stopped = seen.others

    assert (seen.code, stopped.code) == (122, 0)
    assert "waiting" in shown.text
    assert not refused(seen)
    assert {"PutParameter", "DeleteParameter"} <= seen.calls.keys()


def left_by_another(aws: AwsServer) -> None:
    aws.deploy(sample_manifest("theirs", overlap="wait"), POLITE)
    one_batch(aws)


@story(PLAIN, command=["stop", "theirs@night", "-s", "staging"], prepare=left_by_another)
def test_the_waiting_runs_of_another_batch_are_out_of_reach(seen: Seen) -> None:
    assert seen.code == 125
    assert "PutParameter" not in seen.calls
