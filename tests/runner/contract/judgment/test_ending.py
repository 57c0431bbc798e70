"""Stops are recognized by the reasons that runners give."""

import signal
from dataclasses import replace

import pytest

from batchwright_runner.contract.judgment.ending import ended_by_stop, ending_of, stop_reason, stop_request
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.judgment.verdict import StopRequest, verdict

REQUESTS = [
    StopRequest("signal", signal.SIGTERM),
    StopRequest("signal", signal.SIGINT),
    StopRequest("signal", signal.SIGHUP),
    StopRequest("signal", signal.SIGQUIT),
    StopRequest("signal", signal.SIGTERM, host="rundeck-01.example.com"),
    StopRequest("signal", signal.SIGINT, host="laptop_7", attended=True),
    StopRequest("signal", signal.SIGHUP, attended=True),
    StopRequest("timeout"),
    StopRequest("overlap", run="0123456789abcdef"),
    StopRequest("unseen"),
]


@pytest.mark.parametrize("rest", ["", ": OutOfMemoryError: killed"])
@pytest.mark.parametrize("request_", REQUESTS)
def test_a_stop_is_known_by_its_reason(request_: StopRequest, rest: str) -> None:
    assert stop_request(stop_reason(request_, 1800) + rest) == request_


@pytest.mark.parametrize(
    "reason",
    ["", "batchwright stop: by hand", "the timeout has passed", "batchwright: the runner was told to stop by me"],
)
def test_other_reasons_are_not_a_runners(reason: str) -> None:
    assert stop_request(reason) is None


def test_a_runners_reason_says_on_which_host_and_whether_a_person_sits_at_it() -> None:
    by_aws = StopRequest("signal", signal.SIGTERM, host="rundeck-01")
    by_hand = StopRequest("signal", signal.SIGTERM, host="rundeck-01", attended=True)

    assert stop_reason(by_aws) == "batchwright: the runner was told to stop by SIGTERM on rundeck-01"
    assert stop_reason(by_hand) == "batchwright: the runner was told to stop by SIGTERM at a terminal on rundeck-01"
    assert stop_request("batchwright: the runner was told to stop by SIGTERM") == StopRequest("signal", signal.SIGTERM)


@pytest.mark.parametrize(
    ("host", "named"), [("a b\n<!channel>\x1b[1m", "abchannel1m"), ("x" * 300, "x" * 64), ("é東", ""), ("", "")]
)
def test_a_host_name_is_cleaned_and_cut(host: str, named: str) -> None:
    request = stop_request(stop_reason(StopRequest("signal", signal.SIGTERM, host=host, attended=True)))
    assert request == StopRequest("signal", signal.SIGTERM, host=named, attended=True)


@pytest.mark.parametrize(
    ("reason", "accepted", "ours"),
    [
        ("", False, True),
        ("by us: OutOfMemoryError", False, True),
        ("by hand", True, True),
        ("by hand", False, False),
        ("batchwright stop: by hand", True, False),
    ],
)
def test_of_two_stops_the_reason_tells_whose_was_first(reason: str, accepted: bool, ours: bool) -> None:
    state = TaskState(status="STOPPED", ended=True, stop_code="UserInitiated", reason=reason)

    assert ended_by_stop(state, "by us", accepted=accepted) is ours
    assert not ended_by_stop(replace(state, stop_code="SpotInterruption"), "by us", accepted=accepted)


def test_a_reason_alone_makes_no_stop() -> None:
    reason = stop_reason(StopRequest("timeout"), 60)
    own = TaskState(status="STOPPED", began=True, ended=True, exit_code=3, stop_code="EssentialContainerExited")
    going = TaskState(status="RUNNING", began=True, stop_code="UserInitiated", reason=reason)

    assert ending_of("main", own).stop is None
    assert ending_of("main", going).stop is None


def test_what_another_container_did_is_passed_on() -> None:
    state = TaskState(
        status="STOPPED",
        began=True,
        ended=True,
        exit_code=0,
        stop_code="EssentialContainerExited",
        stopped_by="agent ended with 1",
    )

    assert verdict(ending_of("main", state)).code == 125


def test_a_run_that_gave_way_unseen_has_no_result_and_may_be_run_again() -> None:
    state = TaskState(
        status="STOPPED", ended=True, stop_code="UserInitiated", reason=stop_reason(StopRequest("unseen"))
    )

    judged = verdict(ending_of("main", state))

    assert (judged.code, judged.again) == (125, "safe")
