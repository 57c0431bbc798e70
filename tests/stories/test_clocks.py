"""A host whose clock is not AWS's."""

import time
from collections.abc import Callable

from tests.fake_aws import AwsServer, Script, Term, lines
from tests.stories.story import Running, Seen, start_task, story

NIGHT = ["--run-id", "night"]
POLITE = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0, after=0.3))


def running_on(ahead: float) -> Callable[[AwsServer], None]:
    """A run is in progress, and AWS's clock is so many seconds ahead of this host's."""

    def prepare(aws: AwsServer) -> None:
        aws.skew(ahead)
        start_task(aws, startedBy="night")

    return prepare


@story(
    Script(lines=lines("ready"), runs=6.0, exit_code=4), args=[*NIGHT, "--timeout", "100s"], prepare=running_on(-240)
)
def test_a_host_four_minutes_ahead_does_not_stop_the_run_it_joins(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (4, ["ready"])
    assert "StopTask" not in seen.calls


@story(POLITE, args=[*NIGHT, "--timeout", "6s"], prepare=running_on(240))
def test_a_host_four_minutes_behind_keeps_the_timeout_of_the_run_it_joins(seen: Seen) -> None:
    assert seen.code == 124
    assert seen.ended_at - seen.began_at < 30


def joined_late(running: Running) -> None:
    running.until_line(b"ready")
    time.sleep(4)
    running.another("run", "daily-report", "-s", "staging", *NIGHT, "--timeout", "6s")


@story(POLITE, args=NIGHT, act=joined_late)
def test_the_time_before_a_run_was_joined_counts(seen: Seen) -> None:
    assert (seen.code, seen.another.code) == (124, 124)


@story(POLITE, prepare=lambda aws: aws.skew(-1800))
def test_a_host_far_ahead_is_told_of_its_clock(seen: Seen) -> None:
    assert seen.code == 125
    assert "this host's clock is 30m" in seen.err
    assert "ahead of AWS's" in seen.err
    assert "Set the clock" in seen.err
    assert "grant" not in seen.err


TOML = {"batchwright.toml": '[stages.staging]\naccount = "111111111111"\n'}


@story(POLITE, prepare=lambda aws: aws.skew(7230), files=TOML)
def test_a_host_far_behind_is_told_of_it_at_the_first_call(seen: Seen) -> None:
    assert (seen.code, [call.operation for call in seen.aws.calls]) == (125, ["GetCallerIdentity"])
    assert "the account cannot be seen: this host's clock is 2h00m behind AWS's" in seen.err
