"""Log streams: paging, searching, what is written and when it can be read."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fake_aws import (
    Line,
    Script,
    faults,
    lines,
    steady,
)
from tests.fake_aws.account import MANIFEST, STARTED, Account, code_of


def test_a_stream_does_not_exist_before_the_container_runs(aws: Account) -> None:
    aws.deploy(Script(lines=lines("a"), stream_after=1))
    task = aws.run()
    aws.clock.advance(STARTED + 0.9)
    assert code_of(aws.page, task) == "ResourceNotFoundException"

    aws.clock.advance(0.2)
    assert [event["message"] for event in aws.page(task)["events"]] == ["a"]


def test_times_of_an_event(aws: Account) -> None:
    aws.deploy(Script(lines=(Line(1, "a"),), ingestion=5))
    task = aws.run()
    written = aws.clock.now + STARTED + 1
    aws.clock.advance(6.1)
    assert aws.page(task)["events"] == []

    aws.clock.advance(0.2)
    (event,) = aws.page(task)["events"]
    assert event["timestamp"] == pytest.approx(written * 1000, abs=2)
    assert event["ingestionTime"] - event["timestamp"] == pytest.approx(5000, abs=2)


def test_the_log_driver_sends_in_batches_and_at_the_end(aws: Account) -> None:
    aws.deploy(Script(lines=lines("a", "b", "c", every=2), batching=5, runs=6))
    task = aws.run()
    aws.clock.advance(STARTED + 4.9)
    assert aws.read(task) == []

    aws.clock.advance(0.2)
    assert aws.read(task) == ["a", "b", "c"]


def test_what_the_log_driver_still_has_is_sent_at_the_end(aws: Account) -> None:
    aws.deploy(Script(lines=lines("a", start=1), batching=5, runs=2))
    task = aws.run()
    aws.clock.advance(STARTED + 1.9)
    assert aws.read(task) == []

    aws.clock.advance(0.2)
    assert aws.read(task) == ["a"]


def test_a_late_line_comes_after_those_written_later(aws: Account) -> None:
    aws.deploy(Script(lines=(Line(0.1, "late", late=2), Line(1, "on time"))))
    task = aws.run()
    aws.clock.advance(2)
    assert aws.read(task) == ["on time"]

    aws.clock.advance(1)
    assert aws.read(task) == ["on time", "late"]


def test_a_page_holds_ten_thousand_events_at_most(aws: Account) -> None:
    aws.deploy(Script(lines=steady(10_001, per_second=100_000)))
    task = aws.run()
    aws.clock.advance(5)

    assert len(aws.page(task)["events"]) == 10_000


def test_a_page_holds_a_megabyte_at_most_and_one_event_at_least(aws: Account) -> None:
    texts = ["a" * 600_000, "b" * 600_000, "c" * 1_048_576, "d"]
    aws.deploy(Script(lines=lines(*texts)))
    task = aws.run()
    aws.clock.advance(5)

    sizes: list[list[str]] = []
    token: dict[str, str] = {}
    for _ in texts:
        page = aws.page(task, **token)
        sizes.append([event["message"][0] for event in page["events"]])
        token = {"nextToken": page["nextForwardToken"]}

    assert sizes == [["a"], ["b"], ["c"], ["d"]]


def test_without_start_from_head_a_page_is_the_tail(aws: Account) -> None:
    aws.deploy(Script(lines=lines(*"abcdef")))
    task = aws.run()
    aws.clock.advance(5)

    last = aws.page(task, startFromHead=False, limit=2)
    before = aws.page(task, startFromHead=False, limit=2, nextToken=last["nextBackwardToken"])

    assert [event["message"] for event in last["events"]] == ["e", "f"]
    assert [event["message"] for event in before["events"]] == ["c", "d"]


def test_a_forward_token_needs_start_from_head(aws: Account) -> None:
    task = aws.run()
    aws.clock.advance(5)
    token = aws.page(task)["nextForwardToken"]

    assert code_of(aws.page, task, nextToken=token, startFromHead=False) == "InvalidParameterException"
    assert code_of(aws.page, task, nextToken="nonsense") == "InvalidParameterException"


LINE = st.builds(
    lambda text, at, late: Line(at / 1000, text, late),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20),
    st.integers(0, 5000),
    st.sampled_from([0.0, 0.0, 0.0, 3.0]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    written=st.lists(LINE, max_size=30),
    ingestion=st.sampled_from([0.0, 0.3, 2.0]),
    batching=st.sampled_from([0.0, 1.0]),
    limit=st.integers(1, 7),
    empty=st.integers(0, 3),
    step=st.floats(0.05, 3.0),
)
def test_paging_gives_every_line_once(
    aws: Account, written: list[Line], ingestion: float, batching: float, limit: int, empty: int, step: float
) -> None:
    aws.server.clear()
    aws.deploy(Script(lines=tuple(written), runs=6, ingestion=ingestion, batching=batching))
    task = aws.run()
    aws.server.faults("GetLogEvents", faults.empty_page(empty, skip=1) if empty else faults.slow(0))
    aws.clock.advance(STARTED + 0.001)

    got: list[str] = []
    token: dict[str, str] = {}
    all_readable = aws.server.tasks[0].times.ended + ingestion + 3
    while True:
        asked = aws.clock.now
        page = aws.page(task, limit=limit, **token)
        got += [event["message"] for event in page["events"]]
        if page["nextForwardToken"] == token.get("nextToken"):
            if asked > all_readable:
                break
            aws.clock.advance(step)
        token = {"nextToken": page["nextForwardToken"]}

    assert sorted(got) == sorted(line.text for line in written)
    if not any(line.late for line in written):
        assert got == [line.text for line in sorted(written, key=lambda line: line.at)]


def test_a_group_is_searched_over_its_streams_in_order_of_time_and_in_pages(aws: Account) -> None:
    now = aws.clock.now
    for number in range(6):
        aws.server.put_event("/group", f"stream-{number % 2}", f"event {number}", at=now - number)

    pages = aws.logs.get_paginator("filter_log_events").paginate(logGroupName="/group", limit=4)
    found = [[event["message"] for event in page["events"]] for page in pages]

    assert [len(page) for page in found] == [4, 2]
    assert [text for page in found for text in page] == [f"event {number}" for number in reversed(range(6))]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"logStreamNames": ["b"]}, ["two b", "four b"]),
        ({"logStreamNamePrefix": "a"}, ["one a", "three a"]),
        ({"filterPattern": "t -w"}, ["three a"]),
        ({"filterPattern": '"two b"'}, ["two b"]),
        ({"startTime": 2000, "endTime": 4000}, ["two b", "three a"]),
    ],
)
def test_what_a_search_chooses(aws: Account, query: dict[str, Any], found: list[str]) -> None:
    aws.server.world.groups.pop("/search", None)
    for at, text in enumerate(["one a", "two b", "three a", "four b"], 1):
        aws.server.put_event("/search", text[-1], text, at=at)

    answer = aws.logs.filter_log_events(logGroupName="/search", **query)

    assert [event["message"] for event in answer["events"]] == found


@pytest.mark.parametrize("pattern", ["{ $.a > 3 }", "{ $.a = 1 && $.b = 2 || $.c = 3 }", "[w1, w2]"])
def test_a_pattern_that_is_not_known_here_is_an_error(aws: Account, pattern: str) -> None:
    search = {"logGroupName": MANIFEST.log_group, "filterPattern": pattern}
    assert code_of(aws.logs.filter_log_events, **search) == "InvalidParameterException"


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("get_log_events", {"logStreamName": "mine", "limit": 10_001}),
        ("filter_log_events", {"logStreamNames": ["a"], "logStreamNamePrefix": "a"}),
    ],
)
def test_requests_that_cloudwatch_logs_refuses(aws: Account, operation: str, arguments: dict[str, Any]) -> None:
    aws.server.put_event(MANIFEST.log_group, "mine", "a")
    request = {"logGroupName": MANIFEST.log_group, **arguments}
    assert code_of(getattr(aws.logs, operation), **request) == "InvalidParameterException"


def test_a_group_that_is_not_there(aws: Account) -> None:
    assert code_of(aws.logs.filter_log_events, logGroupName="/none") == "ResourceNotFoundException"


def test_a_group_may_be_named_by_its_arn(aws: Account) -> None:
    aws.server.put_event("/by/arn", "mine", "a")
    arn = "arn:aws:logs:eu-west-1:111111111111:log-group:/by/arn"

    answer = aws.logs.get_log_events(logGroupIdentifier=arn, logStreamName="mine", startFromHead=True)

    assert [event["message"] for event in answer["events"]] == ["a"]
