"""Trouble is said soon, once, with what is tried and for how long; and the last lines say what to do."""

import re
import signal

from tests.fake_aws import Script, Term, faults, lines, steady
from tests.stories.story import Running, Seen, sends, story

LONG = Script(lines=steady(400), exit_code=3)
POLITE = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0))
NOWHERE = "http://127.0.0.1:9"
"""Where nothing listens."""


def until_a_refusal_is_said(running: Running) -> None:
    said = re.compile(r"yet: EndpointConnectionError.*\n.*trying again")
    running.until(lambda: said.search((running.folder / "err").read_text()))
    running.send(signal.SIGTERM)


# Before a start.


@story(LONG, faults={"GetParameter": [faults.expired_token(None)]})
def test_expired_credentials_end_at_once(seen: Seen) -> None:
    assert (seen.code, seen.result["retry"]) == (125, "useless")
    assert seen.calls["GetParameter"] == 2  # with the credentials that there were, and with those that there are
    assert "ExpiredTokenException" in seen.err
    assert "log in again" in seen.err


@story(LONG, env={"AWS_ENDPOINT_URL": NOWHERE, "AWS_REGION": "eu-wst-1"}, act=until_a_refusal_is_said)
def test_a_connection_that_is_refused_says_what_is_tried_and_for_how_long(seen: Seen) -> None:
    assert seen.code == 143
    assert "the manifest /batches/staging/manifests/daily-report cannot be read yet: " in seen.err
    assert f'"{NOWHERE}/": Connection refused' in seen.err
    assert re.search(r"\n +trying again for (1m\d\d|\d\d)s at most\n", seen.err)
    assert "The SDK knows no region eu-wst-1. Did you mean eu-west-1" in seen.err


@story(LONG, faults={"GetParameter": [faults.slow(6.0)], "RunTask": [faults.slow(6.0)]})
def test_a_call_that_hangs_is_said_while_it_hangs(seen: Seen) -> None:
    assert seen.code == 3
    assert re.search(r"daily-report cannot be read yet: no answer for \d\.\ds\n +waiting for it for 1m", seen.err)
    assert re.search(r"the task could not be started yet: no answer for \d\.\ds\n +waiting for it for 4m", seen.err)


# In the middle.


OUTAGE = faults.lasting(14.0, faults.server_error(skip=3))


@story(LONG, faults={"DescribeTasks": [OUTAGE], "GetLogEvents": [OUTAGE]})
def test_an_outage_is_one_line_and_its_end_is_one(seen: Seen) -> None:
    assert (seen.code, len(seen.lines)) == (3, 400)
    assert len(re.findall(r"(?:the batch|the log of main) cannot be", seen.err)) == 1
    assert len(re.findall(r"(?:the batch|the log of main) can be", seen.err)) == 1
    assert re.search(r"the (batch|log of main) cannot be (seen|read): InternalFailure.*\n +trying again\n", seen.err)
    assert re.search(r"the (batch|log of main) can be (seen|read) again\n", seen.err)


@story(LONG, faults={"GetLogEvents": [faults.slow(13.0, skip=3)]})
def test_a_call_that_hangs_in_the_middle_is_said_while_it_hangs(seen: Seen) -> None:
    assert (seen.code, len(seen.lines)) == (3, 400)
    assert re.search(r"the log of main cannot be read: no answer for (8|9)\.\ds\n +trying again\n", seen.err)
    assert "the log of main can be read again" in seen.err


@story(POLITE, faults={"StopTask": [faults.lasting(8.0, faults.server_error())]}, args=["--timeout", "2s"])
def test_a_stop_that_does_not_get_through_is_said_and_so_is_its_end(seen: Seen) -> None:
    assert seen.code == 124
    assert "the stop does not get through: InternalFailure" in seen.err
    assert "the stop has got through" in seen.err


# At the end.


def end_says_how_to_come_back(seen: Seen, what: str) -> None:
    goes_on, follow, stop = seen.err.splitlines()[-4:-1]
    assert goes_on.endswith(f"{what}: {seen.run}")
    assert follow.endswith(f"follow it: batchwright attach {seen.run} -s staging")
    assert stop.endswith(f"stop it: batchwright stop {seen.run} -s staging")
    assert "run it again" not in seen.err


@story(POLITE, faults={"StopTask": [faults.access_denied()]}, args=["--timeout", "2s"])
def test_who_cannot_stop_it_is_not_told_to_run_it_again(seen: Seen) -> None:
    assert seen.code == 125
    assert "could not be stopped: AccessDenied" in seen.last
    end_says_how_to_come_back(seen, "the run may still go on")


@story(POLITE, args=["--on-signal", "leave"], act=sends(signal.SIGTERM))
def test_who_leaves_a_run_is_not_told_to_run_it_again(seen: Seen) -> None:
    assert (seen.code, seen.calls["StopTask"], len(seen.aws.schedules)) == (125, 0, 1)
    end_says_how_to_come_back(seen, "the run continues")
    assert "left on SIGTERM, the batch goes on" in seen.last
