"""What is kept and counted of a run, and when people are told: as the contract has it, whatever comes."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchwright_runner.contract.last import KEPT, End, Last, after
from batchwright_runner.contract.notices.rules import Ask, told
from batchwright_runner.contract.watch import Watch
from tests.fake_aws.fixtures import sample_manifest
from tests.kit import scripted_ecs
from tests.kit.alerts_account import AlertsAccount
from tests.library.alerts.support import LAST, TASK, WATCH, account, iso, last_of, task_event

GOOD, FAILED = scripted_ecs.End(), scripted_ecs.End(exit_code=3)
START = 1_795_600_100.0


def asking(ours: AlertsAccount, **asked: Any) -> AlertsAccount:  # noqa: ANN401 - any field
    expected = asked.pop("expected", 0)
    ours.parameters[WATCH] = Watch(alerts=Ask(**asked).to_dict(), expected_seconds=expected).to_json()
    return ours


def ended(ours: AlertsAccount, *, ends: str, takes: float = 60.0) -> list[str]:
    """Lets a run end for each letter, g or f, an hour apart; gives what was told each time, by its first word."""
    said = []
    for number, letter in enumerate(ends):
        before = len(ours.messages)
        end = scripted_ecs.End(exit_code=0 if letter == "g" else 3, takes=takes)
        ours.given(task_event(end, run=f"{letter}{number}", at=START + 3600 * number))
        said.append("".join(one["sms"].partition(":")[0] for one in ours.messages[before:]))
    return said


def test_each_failure_is_told_and_the_first_success_after_it() -> None:
    assert ended(account(), ends="gffgg") == ["", "exit 3", "exit 3", "succeeded again", ""]


def test_after_two_failures_in_a_row() -> None:
    ours = asking(account(), after_failures=2)

    assert ended(ours, ends="fgffg") == ["", "", "", "exit 3", "succeeded again"]


def test_off_is_silent_and_kept_all_the_same() -> None:
    ours = asking(account(), off=True)

    assert ended(ours, ends="fff") == ["", "", ""]
    assert last_of(ours).failures == 3
    assert len(ours.made("cloudwatch:putMetricData")) == 3
    assert ours.made("cloudwatchlogs:getLogEvents") == []


@pytest.mark.parametrize(
    "watch", ["", "[]", "null", "x", '{"alerts":3}', '{"alerts":{"after_failures":"2","lines":-1}}']
)
@pytest.mark.parametrize("before", ["", "[]", "x", '{"failures":"x","durations":[null,"a"],"ended":3}'])
def test_a_record_that_cannot_be_read_is_as_none(watch: str, before: str) -> None:
    ours = account()
    ours.parameters |= {name: text for name, text in ((WATCH, watch), (LAST, before)) if text}

    assert ended(ours, ends="f") == ["exit 3"]
    assert last_of(ours).failures == 1


def test_a_run_that_takes_much_longer_than_usual_is_told() -> None:
    ours = account()
    ended(ours, ends="ggg", takes=600)

    assert [ended(ours, ends="g", takes=1200)[0], ended(ours, ends="g", takes=1201)[0]][0] == ""
    ours = account()
    ended(ours, ends="ggg", takes=600)
    ours.given(task_event(scripted_ecs.End(takes=1201), run="slow", at=START + 20_000))
    (message,) = ours.messages
    assert message["sms"] == "took longer than usual: daily-report in staging"
    assert "took   20m01s, usually 10m00s\n" in message["email"]


def test_longer_than_expected_is_told() -> None:
    ours = asking(account(), expected=300)

    assert ended(ours, ends="g", takes=300) == [""]
    ours.given(task_event(scripted_ecs.End(takes=301), run="slow", at=START + 20_000))
    assert len(ours.messages) == 1


def test_an_end_that_comes_late_changes_neither_the_last_end_nor_the_row() -> None:
    ours = account()
    ours.given(task_event(FAILED, run="b", at=START + 100))
    ours.given(task_event(GOOD, run="a", at=START))

    assert (last_of(ours).run, last_of(ours).failures) == ("b", 1)
    assert [one["sms"].partition(":")[0] for one in ours.messages] == ["exit 3"]


ENDS = st.lists(
    st.tuples(
        st.sampled_from([GOOD, FAILED, scripted_ecs.End(exit_code=143, stop_code="UserInitiated", reason="x")]),
        st.integers(0, 20),
        st.integers(1, 3000),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=10, deadline=None)
@given(ends=ENDS, failures=st.integers(1, 3), expected=st.sampled_from([0, 1000]), kept=st.integers(0, KEPT))
def test_whatever_ends_in_whatever_order_the_record_and_the_telling_are_the_contracts(
    ends: list[tuple[scripted_ecs.End, int, int]], failures: int, expected: int, kept: int
) -> None:
    ask = Ask(after_failures=failures)
    ours = asking(account(), after_failures=failures, expected=expected)
    last = Last(durations=(500,) * kept)
    ours.parameters[LAST] = last.to_json()
    for number, (shape, when, takes) in enumerate(ends):
        one = scripted_ecs.End(exit_code=shape.exit_code, stop_code=shape.stop_code, reason=shape.reason, takes=takes)
        messages = len(ours.messages)
        ours.given(task_event(one, run=f"r{number}", at=START + 60 * when))
        name = {0: "Batchwright.Exit0", 3: "Batchwright.Exit3"}.get(one.exit_code or 0, "Batchwright.Stopped")
        end = End(
            ended=iso(START + 60 * when)[:19] + "Z",
            verdict=name,
            code={"Batchwright.Stopped": 122}.get(name, one.exit_code or 0),
            run=f"r{number}",
            task=TASK,
            seconds=takes,
        )
        new = after(last, end)
        assert last_of(ours) == new
        expected_kind = told(last, new, end, ask, expected_seconds=expected)
        assert len(ours.messages) - messages == bool(expected_kind)
        if expected_kind:
            q = json.loads(ours.messages[-1]["https"])
            assert q["metadata"]["eventType"] == f"batch-{expected_kind}"
        last = new


def test_each_run_is_counted_with_its_project_stage_and_batch() -> None:
    ours = account()
    ended(ours, ends="gf", takes=90)

    good, bad = ours.made("cloudwatch:putMetricData")
    assert good["Namespace"] == "Batchwright"
    points = {one["MetricName"]: (one["Value"], one["Unit"]) for one in good["MetricData"]}
    assert points == {"Runs": (1, "Count"), "Failures": (0, "Count"), "Duration": (90, "Seconds")}
    assert {one["MetricName"]: one["Value"] for one in bad["MetricData"]}["Failures"] == 1
    assert bad["MetricData"][0]["Dimensions"] == [
        {"Name": "project", "Value": "batches"},
        {"Name": "stage", "Value": "staging"},
        {"Name": "batch", "Value": "daily-report"},
    ]


def test_metrics_can_be_left_out() -> None:
    ours = account(metrics=False)

    assert ended(ours, ends="f") == ["exit 3"]
    assert ours.made("cloudwatch:putMetricData") == []


def test_lines_are_the_last_of_the_run() -> None:
    ours = account()
    ours.log = [f"line {number}" for number in range(40)]
    ours.given(task_event(FAILED))

    (asked,) = ours.made("cloudwatchlogs:getLogEvents")
    assert asked["LogGroupName"] == "/batches/staging/daily-report"
    assert asked["LogStreamName"] == "run/main/0123456789abcdef0123456789abcdef"
    assert ours.messages[0]["email"].endswith("\n\n" + "\n".join(f"| line {number}" for number in range(30, 40)))


@pytest.mark.parametrize(("lines", "shown"), [(0, 0), (3, 3), (20, 20)])
def test_a_batch_says_how_many_lines(lines: int, shown: int) -> None:
    ours = asking(account(), lines=lines)
    ours.log = [f"line {number}" for number in range(40)]
    ours.given(task_event(FAILED))

    assert ours.messages[0]["email"].count("\n| line") == shown
    assert bool(ours.made("cloudwatchlogs:getLogEvents")) == bool(shown)


def test_of_an_adopted_log_group_there_is_a_link_and_no_line() -> None:
    ours = account(sample_manifest(log_group="/legacy/report"))
    ours.log = ["secret"]
    ours.given(task_event(FAILED))

    (message,) = ours.messages
    assert ours.made("cloudwatchlogs:getLogEvents") == []
    assert "secret" not in message["email"]
    assert "log-group/$252Flegacy$252Freport/log-events/" in message["email"]


def test_a_run_that_did_not_come_is_told_and_changes_no_record() -> None:
    ours = account()
    given = {"missed": {"batch": "daily-report", "why": "It was due at 02:30 and no run has ended well since."}}
    assert ours.given(given).status == "SUCCEEDED"

    (message,) = ours.messages
    assert message["email"].startswith(
        "did not run: daily-report in staging\n\nIt was due at 02:30 and no run has ended well since.\n\n"
        "last success  none seen\n"
    )
    assert LAST not in ours.parameters
    assert ours.made("cloudwatch:putMetricData") == []
