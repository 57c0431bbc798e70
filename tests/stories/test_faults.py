"""Ordinary trouble, and what must come of it: every line once, and the true code."""

import signal
from dataclasses import replace

from tests.fake_aws import (
    AwsServer,
    Interruption,
    Line,
    Script,
    Sidecar,
    StartFailure,
    Term,
    burst,
    faults,
    lines,
    steady,
)
from tests.fake_aws.fixtures import sample_manifest
from tests.stories.story import ATTACH, LONGEST, Running, Seen, scenario, sends, stories, story, until_past

PLAIN = Script(lines=steady(40), exit_code=3)
POLITE_ONE = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0))
WHOLE = [f"line {n}" for n in range(40)]


def very_many_lines(aws: AwsServer) -> None:
    aws.script(sample_manifest("daily-report"), Script(lines=burst(50_000, seconds=2.0, size=120)))


@story(prepare=very_many_lines)
def test_50_000_lines_in_two_seconds_all_come(seen: Seen) -> None:
    assert seen.code == 0
    assert [int(line.split()[1]) for line in seen.lines] == list(range(50_000))


TROUBLE = {
    "the log throttled, cut, failed, expired, lost and empty for a while": scenario(
        PLAIN,
        faults={
            "GetLogEvents": [
                *(faults.throttled(5), faults.cut(1), faults.server_error(2), faults.expired_token(1)),
                *(faults.lost_answer(2), faults.empty_page(5), faults.cut(2, keep=2000)),
            ]
        },
    ),
    "all other calls": scenario(
        PLAIN,
        faults={
            "GetParameter": [faults.cut(1), faults.throttled(2), faults.server_error(1)],
            "RunTask": [faults.throttled_in_disguise(1), faults.cut(1), faults.throttled_by_ec2(2)],
            "DescribeTasks": [
                *(faults.missing(3), faults.cut(2), faults.throttled(3), faults.expired_token(1)),
                faults.lost_answer(2),
            ],
        },
    ),
}


@stories(TROUBLE)
def test_it_passes_and_neither_a_line_nor_the_code_is_lost(seen: Seen) -> None:
    assert (seen.code, seen.lines, len(seen.aws.tasks)) == (3, WHOLE, 1)


@story(PLAIN, faults={"RunTask": [faults.lost_answer(2)]})
def test_a_lost_answer_never_starts_a_second_task(seen: Seen) -> None:
    assert (seen.code, seen.lines, len(seen.aws.tasks)) == (3, WHOLE, 1)
    token, *others = [call.body["clientToken"] for call in seen.aws.calls_of("RunTask")]
    assert others == [token, token]


@story(Script(lines=(*lines("begun"), Line(2.0, "Traceback: why", late=7.0)), runs=2.0, exit_code=1))
def test_the_last_lines_of_a_failure_come_however_late(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (1, ["begun", "Traceback: why"])


def tokens_live_two_seconds(aws: AwsServer) -> None:
    aws.world.token_life = 2.0


PAUSES = (*steady(30), Line(9.0, "after a pause"), Line(9.0, "at once"), Line(16.0, "again"), *steady(30, start=16.0))


@story(Script(lines=PAUSES, exit_code=3), prepare=tokens_live_two_seconds)
def test_a_token_that_is_too_old_doubles_no_line_and_loses_none(seen: Seen) -> None:
    assert "InvalidParameterException" in {call.outcome for call in seen.aws.calls_of("GetLogEvents")}
    assert (seen.code, seen.result["log_complete"]) == (3, True)
    assert seen.lines == [line.text for line in PAUSES]


def delete_the_group(running: Running) -> None:
    running.until_line(b"line 20")
    running.aws.delete_group(sample_manifest("daily-report").log_group)


@story(Script(lines=steady(100), exit_code=3), act=delete_the_group)
def test_a_log_group_that_is_deleted_in_the_middle_is_said(seen: Seen) -> None:
    assert (seen.code, seen.result["log_complete"]) == (3, False)
    assert "lines may be missing: the log of main cannot be read: ResourceNotFoundException" in seen.err


AGENT = Sidecar(name="agent", drain=9.0, essential=True)


@story(
    Script(lines=lines("a"), runs=3.0, report=2.0, foretold=True, sidecars=(AGENT,)),
    manifest=replace(sample_manifest("daily-report"), essential=("agent",)),
)
def test_an_essential_sidecar_that_still_runs_where_the_task_is_shown_stopping_changes_nothing(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (0, ["a"])


@story(Script(lines=(*lines("a"), Line(2.9, "the last", late=6.5)), runs=3.0))
def test_the_last_line_of_a_good_run_that_comes_six_seconds_late_is_not_lost(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (0, ["a", "the last"])


@story(Script(lines=lines("a"), exit_code=0, sidecars=(Sidecar(name="agent", exit_code=137, drain=20.0),)))
def test_a_sidecar_neither_decides_nor_delays(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (0, ["a"])
    assert seen.ended_at - seen.aws.tasks[0].times.ended < 15


@story(
    Script(lines=lines("a"), runs=1.0, missing=3.0, sidecars=(Sidecar(name="agent", lines=lines("metrics")),)),
    args=["--all-containers"],
)
def test_all_containers_are_labelled_also_of_a_task_that_ecs_does_not_know_at_first(seen: Seen) -> None:
    assert sorted(seen.lines) == ["agent | metrics", "main | a"]


def look_once_it_is_forgotten(running: Running) -> None:
    running.process.wait(LONGEST)
    until_past(running.aws.tasks[0].times.stopped)
    running.aws.forget(tasks=True)
    running.another(*ATTACH, "--all-containers")
    running.another("run", "daily-report", "-s", "staging", "--run-id", "night", "--all-containers")


@story(
    Script(lines=lines("a"), runs=1.0, exit_code=3, sidecars=(Sidecar(name="agent", lines=lines("metrics")),)),
    args=["--run-id", "night"],
    act=look_once_it_is_forgotten,
)
def test_all_containers_of_a_task_that_ecs_has_forgotten_are_labelled(seen: Seen) -> None:
    assert seen.lines == ["a"]
    for done in seen.others:
        assert (done.code, done.text.splitlines()) == (3, ["main | a", "agent | metrics"])


DEPENDENCY = "dependency graph: container main cannot start, as dependency did not exit successfully."
LATE = Sidecar(name="agent", lines=(Line(0.01, "metrics"), Line(7.0, "the last metrics")), drain=7.0, exit_code=143)


@story(Script(lines=lines("a"), runs=1.0, exit_code=3, sidecars=(LATE,)), args=["--all-containers"])
def test_what_outlives_the_main_container_is_followed_to_its_end(seen: Seen) -> None:
    assert (seen.code, sorted(seen.lines)) == (3, ["agent | metrics", "agent | the last metrics", "main | a"])
    assert "ended, waiting for the log of agent" in seen.err
    assert seen.result["log_complete"] is True


@story(
    Script(lines=lines("a"), runs=1.0, exit_code=3, sidecars=(replace(LATE, drain=60.0),)),
    args=["--all-containers"],
    act=sends(signal.SIGTERM, said=b"waiting for the log of agent"),
)
def test_a_signal_ends_the_wait_for_what_outlives_it(seen: Seen) -> None:
    assert (seen.code, seen.lines[-1], seen.result["log_complete"]) == (3, "agent | metrics", False)
    assert seen.ended_at - seen.aws.tasks[0].times.ended < 30
    assert "lines may be missing: agent had not ended yet" in seen.err
    assert f"all of them: batchwright attach {seen.run} -s staging --all-containers" in seen.err


@story(
    Script(
        start_failure=StartFailure(reason="Task failed to start", container_reason=DEPENDENCY),
        report=0.0,
        sidecars=(Sidecar(name="files", first=True, exit_code=1, lines=lines("REPORT_TO is missing")),),
    ),
    args=["--all-containers"],
)
def test_the_log_of_what_kept_the_main_container_from_beginning_is_shown(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (126, ["files | REPORT_TO is missing"])
    assert "with --all-containers its log is shown too" in seen.err


def guard_the_stop(aws: AwsServer) -> None:
    aws.world.tags_guard_stop = True


@story(
    Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0, after=3.0)),
    prepare=guard_the_stop,
    faults={"StopTask": [faults.lost_answer(1)]},
    args=["--timeout", "2s"],
)
def test_a_stop_whose_answer_was_lost_and_whose_repeat_is_refused(seen: Seen) -> None:
    assert seen.code == 124
    assert [call.outcome for call in seen.aws.calls_of("StopTask")] == ["lost", "AccessDeniedException"]


# A log that is not there, and what never had one.

NEVER = Script(start_failure=StartFailure(reason="CannotPullContainerError: not found"), provisioning=1.0, missing=0.5)


@story(NEVER, faults={"GetLogEvents": [faults.throttled(1)]})
def test_a_log_that_could_not_be_read_delays_no_end_of_what_never_began(seen: Seen) -> None:
    assert (seen.code, seen.result["log_complete"]) == (126, True)
    assert "GetLogEvents" in seen.calls
    assert seen.ended_at - seen.aws.tasks[0].times.stopped < 10


def make_the_group_again(running: Running) -> None:
    running.until_task()
    running.aws.remake_group(sample_manifest("daily-report").log_group)


def look_at_it_afterwards(running: Running) -> None:
    make_the_group_again(running)
    running.process.wait(LONGEST)
    running.another("logs", "daily-report@night", "-s", "staging")
    running.aws.forget(tasks=True)
    running.another(*ATTACH)


@story(Script(lines=steady(20), provisioning=3.0, exit_code=3), args=["--run-id", "night"], act=look_at_it_afterwards)
def test_a_log_group_that_is_made_again_before_the_first_line_was_read_is_said_by_all_who_look(seen: Seen) -> None:
    logs, attach = seen.others
    assert (seen.code, seen.lines, seen.result["log_complete"], logs.code, attach.code) == (3, [], False, 125, 3)
    assert "lines may be missing: the log of main cannot be read: ResourceNotFoundException" in seen.err
    assert "cannot be read: ResourceNotFoundException: The specified log stream does not exist" in logs.err
    assert "lines may be missing" in attach.err


# Stops that are refused for a moment.


def stop_it_by_hand_and_hang_up(running: Running) -> None:
    running.until_line(b"ready")
    running.aws.stop_task(running.aws.tasks[0], "Task stopped by a person")
    running.send(signal.SIGHUP)


@story(
    replace(POLITE_ONE, report=1.0),
    prepare=guard_the_stop,
    faults={"DescribeTasks": [faults.server_error(3, skip=2)]},
    act=stop_it_by_hand_and_hang_up,
)
def test_a_stop_that_is_refused_because_someone_else_has_stopped_it_is_theirs(seen: Seen) -> None:
    assert seen.code == 122
    assert {call.outcome for call in seen.aws.calls_of("StopTask")} == {"AccessDeniedException"}


RETRIED = sample_manifest("daily-report", retries=1, retry_on=("interruption",))
LOST_ATTEMPT = Script(
    lines=steady(20),
    provisioning=3.0,
    runs=30.0,
    interruption=Interruption(after=1.0, stop_code="SpotInterruption", reason="Your Spot Task was interrupted."),
)


@story(LOST_ATTEMPT, PLAIN, manifest=RETRIED, act=make_the_group_again)
def test_lines_of_an_earlier_attempt_are_still_missing_at_the_end(seen: Seen) -> None:
    assert (seen.code, seen.lines, seen.result["log_complete"]) == (3, WHOLE, False)
    assert "lines may be missing: of an earlier attempt, the log of main cannot be read" in seen.err
    assert f"all of them: batchwright logs {seen.run} -s staging" in seen.err


def hang_up_at_once(running: Running) -> None:
    running.until(lambda: running.aws.calls_of("DescribeTasks"))
    running.send(signal.SIGHUP)


@story(
    replace(POLITE_ONE, missing=2.0, provisioning=2.0),
    faults={"DescribeTasks": [faults.access_denied(skip=1, lasts=2.8)]},
    act=hang_up_at_once,
)
def test_a_look_that_is_refused_does_not_decide_about_the_stop(seen: Seen) -> None:
    assert (seen.code, seen.aws.tasks[0].times.stop_code) == (129, "UserInitiated")
