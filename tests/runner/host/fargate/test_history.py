"""The ends of runs in the history: in parts, the newest first, each page once whatever the quota."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import PatientAws
from batchwright_runner.host.aws.trying import SAID_AGAIN
from batchwright_runner.host.fargate.history import DAY, DAYS, parts, past_tasks
from tests.kit.fakes import FakeWaiter, Notes

NOW = 1_800_000_000.0
PAGE = 50


def event(number: int, at: float, family: str) -> dict[str, Any]:
    moment = datetime.fromtimestamp(at, UTC).isoformat()
    detail = {
        "taskArn": f"arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/{number:032x}",
        "taskDefinitionArn": f"arn:aws:ecs:eu-west-1:111111111111:task-definition/{family}:7",
        "lastStatus": "STOPPED",
        "stoppedAt": moment,
        "containers": [{"name": "main", "exitCode": 0, "lastStatus": "STOPPED"}],
    }
    return {"timestamp": int(at * 1000), "message": json.dumps({"detail": detail})}


@dataclass
class FakeLogs:
    """A history in pages. Each page is refused ``throttled`` times before it is given."""

    waiter: FakeWaiter
    events: list[dict[str, Any]]
    throttled: int = 0
    refused: int = 0
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        assert (service, operation) == ("logs", "filter_log_events")
        self.waiter.time += 0.1
        if self.refused < self.throttled:
            self.refused += 1
            raise ApiError("ThrottlingException", "Rate exceeded")
        self.refused = 0
        self.asked.append(parameters)
        end = parameters.get("endTime", float("inf"))
        found = [event for event in self.events if parameters["startTime"] <= event["timestamp"] < end]
        begin = int(parameters.get("nextToken", 0))
        more = {"nextToken": str(begin + PAGE)} if begin + PAGE < len(found) else {}
        return {"events": found[begin : begin + PAGE], **more}


def hourly(count: int, family: str = "batches-staging-hello") -> list[dict[str, Any]]:
    """So many ends, one an hour, the oldest first; the newest half an hour ago."""
    return [event(number, NOW - 1800 - number * 3600, family) for number in reversed(range(count))]


def test_ten_thousand_runs_are_read_page_by_page_although_each_page_is_throttled() -> None:
    events = [event(number, NOW - 5 * DAY + number, "batches-staging-hello") for number in range(10_000)]
    aws = FakeLogs(FakeWaiter(), events, throttled=3)
    patient = PatientAws(aws, "the runs cannot be seen", aws.waiter, Notes())

    assert len(past_tasks(patient, "runs", since=NOW - 7 * DAY, wall=lambda: NOW)) == 10_000
    assert [request.get("nextToken", "0") for request in aws.asked] == [str(begin) for begin in range(0, 10_000, PAGE)]
    assert aws.waiter.time > 92


def test_who_waits_long_is_told_why_and_not_for_each_page() -> None:
    aws = FakeLogs(FakeWaiter(), hourly(60), throttled=6)
    notes = Notes()

    past_tasks(PatientAws(aws, "the runs cannot be seen", aws.waiter, notes), "runs", wall=lambda: NOW)

    assert 1 <= len(notes.texts) <= 1 + aws.waiter.time / SAID_AGAIN
    first = r"the runs cannot be seen yet: ThrottlingException: Rate exceeded\ntrying again for 4m5\ds at most"
    assert re.fullmatch(first, notes.texts[0])


def test_the_newest_run_is_found_without_reading_the_rest() -> None:
    aws = FakeLogs(FakeWaiter(), hourly(700))

    (found,) = past_tasks(aws, "runs", enough=1, wall=lambda: NOW)

    assert found["taskArn"].endswith(f"/{0:032x}")
    assert len(aws.asked) == 1


@pytest.mark.parametrize(
    "message",
    [
        "no JSON",
        "[1]",
        '{"detail": null}',
        '{"detail": {"containers": ["x"], "taskArn": "x", "lastStatus": "STOPPED"}}',
    ],
)
def test_what_is_no_end_of_a_run_is_passed_over(message: str) -> None:
    aws = FakeLogs(FakeWaiter(), [{"timestamp": int(NOW * 1000) - 1, "message": message}, *hourly(1)])

    assert len(past_tasks(aws, "runs", wall=lambda: NOW)) == 1


def test_what_is_not_among_the_newest_is_looked_for_further_back() -> None:
    old = event(7, NOW - 20 * DAY, "batches-staging-hello")
    aws = FakeLogs(FakeWaiter(), [old, *hourly(3, "batches-staging-other")])

    (found,) = past_tasks(aws, "runs", enough=1, families=["batches-staging-hello"], wall=lambda: NOW)

    assert found["taskArn"].endswith(f"/{7:032x}")


def test_the_parts_of_a_time_leave_no_gap() -> None:
    found = parts(NOW - DAYS * DAY, NOW)

    assert found[0] == (NOW - 3600, None)
    assert [begin for begin, _ in found[:-1]] == [end for _, end in found[1:]]
    assert found[-1][0] == NOW - DAYS * DAY


def test_a_short_time_is_one_part() -> None:
    assert parts(NOW - 60, NOW) == [(NOW - 60, None)]
