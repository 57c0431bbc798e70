"""Parts of a log: the last lines, a time, what matches; of a run and of a batch, also while it is followed."""

import time
from datetime import datetime

from tests.fake_aws import AwsServer, Script, StartFailure, faults, lines, steady
from tests.fake_aws.fixtures import sample_manifest
from tests.stories.story import (
    TO_A_FULL_DISK,
    Running,
    Seen,
    at_night,
    ended_at_night,
    scenario,
    start_run,
    stories,
    story,
    until_past,
)

SCRIPT = Script(lines=steady(30))
OF_RUN = ("logs", "daily-report@night", "-s", "staging")
OF_BATCH = ("logs", "daily-report", "-s", "staging")
STREAM = f"run/main/{'a' * 32}"
MARK = "aaaaaaaa | "


@story(SCRIPT, command=[*OF_RUN, "--grep", "5", "--tail", "2"], prepare=ended_at_night)
def test_the_last_lines_of_a_run_that_match(seen: Seen) -> None:
    assert seen.lines == ["line 15", "line 25"]


@story(Script(lines=steady(40), exit_code=4), command=[*OF_RUN, "--follow", "--grep", "line 3"], prepare=at_night)
def test_a_run_is_followed_for_what_matches(seen: Seen) -> None:
    assert seen.lines == ["line 3", *(f"line {n}" for n in range(30, 40))]


NEVER = Script(start_failure=StartFailure(reason="CannotPullContainerError: not found"))
RETRIED = sample_manifest("daily-report", retries=1, retry_on=(3,))


def retried(aws: AwsServer) -> None:
    for _ in range(2):
        until_past(start_run(aws).times.stopped)


@story(Script(lines=lines("first"), exit_code=3), NEVER, manifest=RETRIED, command=OF_RUN, prepare=retried)
def test_of_a_run_that_was_retried_it_is_said_how_the_other_logs_are_shown(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (125, [])
    assert f"attempt 1 of this run has a log of its own: batchwright logs {seen.run} " in seen.err


@stories({flag: scenario(NEVER, command=[*OF_RUN, flag], prepare=ended_at_night) for flag in ("--quiet", "--follow")})
def test_a_run_that_never_started_has_none_and_it_is_said_why(seen: Seen) -> None:
    why = "the batch never started (CannotPullContainerError: not found)"
    assert seen.code == 125
    assert f"run {seen.run} has no log: {why}" in seen.err
    assert "There is no image under that tag" in seen.err


def ended_a_moment_ago(aws: AwsServer) -> None:
    at_night(aws)
    time.sleep(max(0.0, aws.tasks[0].times.reported - time.time()) + 0.2)


@story(
    Script(lines=steady(20, per_second=20), exit_code=3, ingestion=4.0),
    command=[*OF_RUN, "-f"],
    prepare=ended_a_moment_ago,
)
def test_late_lines_of_a_run_that_ended_a_moment_ago_are_followed(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (0, [f"line {n}" for n in range(20)])


@story(
    Script(lines=steady(4000, per_second=500)),
    command=[*OF_RUN, "-f", "--grep", "nothing"],
    prepare=at_night,
    faults={"GetLogEvents": [faults.slow(0.05, times=None)]},
)
def test_a_run_of_which_nothing_matches_is_not_read_more_often(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (0, [])
    assert seen.calls["GetLogEvents"] < 30


@story(Script(lines=steady(160)), command=[*OF_RUN, "-f"], prefix=TO_A_FULL_DISK, prepare=at_night)
def test_a_log_that_cannot_be_written_while_it_is_followed_is_no_success(seen: Seen) -> None:
    assert seen.code == 125
    assert "lines may be missing" in seen.err


@story(
    Script(lines=steady(160)),
    command=[*OF_RUN, "-f"],
    prepare=at_night,
    faults={"GetLogEvents": [faults.access_denied()]},
)
def test_a_log_that_may_not_be_read_while_it_is_followed_is_no_success(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (125, [])
    assert "AccessDenied" in seen.err


@story(
    Script(lines=lines("first"), exit_code=3),
    SCRIPT,
    manifest=RETRIED,
    command=OF_RUN,
    prepare=retried,
    faults={"GetLogEvents": [faults.access_denied()]},
)
def test_where_a_log_cannot_be_read_no_other_attempt_is_looked_for(seen: Seen) -> None:
    assert (seen.code, seen.aws.calls[-1].operation) == (125, "GetLogEvents")


def under_way(aws: AwsServer) -> None:
    """A run that has written its first lines, and goes on a while later."""
    at_night(aws)
    time.sleep(max(0.0, aws.tasks[0].times.started + 1.0 - time.time()))


@story(
    Script(lines=(*steady(10, per_second=1000), *lines("late", start=20.0))),
    command=[*OF_RUN, "-f", "--tail", "2"],
    prepare=under_way,
)
def test_a_run_is_followed_from_its_last_lines(seen: Seen) -> None:
    assert seen.lines == ["line 8", "line 9", "late"]


def long_ago(aws: AwsServer) -> None:
    """A log of a batch with a line a day, at noon."""
    for day in range(1, 10):
        noon = datetime.fromisoformat(f"{days_ago(day)}T12:00").astimezone().timestamp()
        aws.put_event(sample_manifest().log_group, STREAM, f"day {day}", at=noon)


def days_ago(days: int) -> str:
    return f"{datetime.fromtimestamp(time.time() - days * 86400).astimezone():%Y-%m-%d}"


PARTS = (
    (("--since", days_ago(3), "--until", days_ago(1)), (3, 2)),
    (("--since", "4d", "--grep", "[13]"), (3, 1)),
    (("--tail", "2"), (2, 1)),
)
"""Of a batch: between two dates, what matches, and the last lines however old; each with the days that it shows."""
NONE = (("--since", "8d"), ("--tail", "2"), ("--until", days_ago(10)))
"""The same where nothing matches, of lines further back than a week."""
WRONG = (
    (("--follow", "--until", "1h"), "--until cannot be combined with --follow"),
    (("--grep", "["), "'[' is not a regular expression"),
    (("--since", "1h", "--until", "2h"), "--until is before --since: no line can be between them. Swap them"),
)


def look_at_parts(running: Running) -> None:
    for options, _ in (*PARTS, *WRONG):
        running.another(*OF_BATCH, *options)
    for options in NONE:
        running.another(*OF_BATCH, *options, "--grep", "night")


@story(SCRIPT, command=OF_BATCH, prepare=long_ago, act=look_at_parts)
def test_parts_of_a_batchs_log_which_without_more_is_the_last_hour(seen: Seen) -> None:
    none = "no line was found. See its runs: batchwright runs daily-report -s staging"
    assert (seen.code, seen.lines, f"{none}; look further back: --since 7d" in seen.err) == (0, [], True)
    for done, (_, days) in zip(seen.others, PARTS, strict=False):
        assert done.lines == [f"{MARK}day {day}" for day in days]
        assert "no line was found" not in done.err
    for done, (_, said) in zip(seen.others[len(PARTS) :], WRONG, strict=False):
        assert (done.code, said in done.err) == (2, True)
    for done in seen.others[-len(NONE) :]:
        assert (done.code, none in done.err, "further back" in done.err) == (0, True, False)


def write_on(running: Running) -> None:
    group = sample_manifest().log_group
    for number in range(5):
        text = f"line {number}"
        running.aws.put_event(group, STREAM, text)
        running.until_line(text.encode())
        seen_after = len(running.aws.calls_of("FilterLogEvents"))
        running.until(lambda calls=seen_after: len(running.aws.calls_of("FilterLogEvents")) > calls)  # type: ignore[misc]
    running.aws.put_event(group, STREAM, "out of order", at=time.time() - 5)
    running.until_line(b"out of order")
    running.send(15)


@story(SCRIPT, command=[*OF_BATCH, "--follow", "--since", "30d"], prepare=long_ago, act=write_on)
def test_a_batch_is_followed_without_reading_everything_again(seen: Seen) -> None:
    begins = [call.body["startTime"] for call in seen.aws.calls_of("FilterLogEvents")]

    assert seen.lines[9:] == [f"{MARK}{text}" for text in [*(f"line {n}" for n in range(5)), "out of order"]]
    assert begins[0] < (time.time() - 20 * 86400) * 1000
    assert min(begins[1:]) > (time.time() - 3 * 86400) * 1000
    assert begins[-1] > (seen.ended_at - 600) * 1000
