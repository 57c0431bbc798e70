"""The record of a waiting run, and the stop that comes while its turn comes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.variables import BACKFILL, SCHEDULED_TIME
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.contract.waiting import WaitingRun, exact_utc, waiting_attempt
from batchwright_runner.errors import StoppedError
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.stage.waiting import SHOWN_FOR, OwnRecord, WaitingRecord, stop_waiting
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.fakes import FakeWaiter

WAIT = sample_manifest("daily-report", overlap="wait")
PATH = StageNames("batches", "staging").waiting_run("daily-report", "night")
NOW = 1000.0
DUE = "2026-11-25T02:30:00+09:00"


class Ssm:
    """Parameters with versions. ``before`` is called once, before the next call of an operation."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, int]] = {}
        self.before: dict[str, Callable[[], object]] = {}
        self.refused: set[str] = set()

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as the protocol has it
        assert service == "ssm"
        self.before.pop(operation, lambda: None)()
        if operation in self.refused:
            raise ApiError("AccessDeniedException", "no")
        if operation == "get_parameters_by_path":
            return {"Parameters": [{"Name": name, "Value": text} for name, (text, _) in self.kept.items()]}
        name = parameters["Name"]
        if operation == "put_parameter":
            self.kept[name] = parameters["Value"], self.kept.get(name, ("", 0))[1] + 1
            return {"Version": self.kept[name][1]}
        if name not in self.kept:
            raise ApiError("ParameterNotFound", "")
        if operation == "delete_parameter":
            del self.kept[name]
            return {}
        text, version = self.kept[name]
        return {"Parameter": {"Name": name, "Value": text, "Version": version}}


@pytest.fixture
def ssm() -> Ssm:
    return Ssm()


@pytest.fixture
def stage(ssm: Ssm) -> Stage:
    waiter = FakeWaiter()
    target = StageTarget(stage="staging", project="batches", account="", region="eu-west-1")
    return Stage(target, ssm, waiter, waiter, "eu-west-1")


def own(stage: Stage) -> OwnRecord:
    return OwnRecord(stage, WAIT, "night", {SCHEDULED_TIME: DUE, BACKFILL: "week"}, lambda: NOW)


def read(ssm: Ssm) -> WaitingRun | None:
    return WaitingRecord(ssm, PATH).read()[0]


def stop(stage: Stage, reason: str = "batchwright stop: by hand") -> bool:
    seen = WaitingRun(run="night", since=exact_utc(NOW), until=exact_utc(NOW + 60))
    return stop_waiting(stage, waiting_attempt(WAIT, PATH, seen), reason, lambda: NOW)


def test_it_is_there_from_the_first_look_to_the_end(stage: Stage, ssm: Ssm) -> None:
    record = own(stage)
    record.look(60)
    waiting = read(ssm)

    assert waiting is not None
    assert (waiting.run, waiting.until, waiting.stop) == ("night", exact_utc(NOW + 60), "")
    waits = waiting_attempt(WAIT, PATH, waiting)
    assert (waits.scheduled, waits.backfill) == (DUE, "week")
    assert (record.over(), ssm.kept) == ("", {})


def test_a_stop_is_seen_at_the_next_look(stage: Stage) -> None:
    record = own(stage)
    record.look(60)

    assert stop(stage)
    assert stop(stage)
    with pytest.raises(StoppedError, match="by hand"):
        record.look(50)


def test_one_that_another_runner_of_the_run_has_read_is_seen_by_all(stage: Stage, ssm: Ssm) -> None:
    record, other = own(stage), own(stage)
    record.look(60)
    other.look(60)

    def look_again() -> None:
        with pytest.raises(StoppedError, match="by hand"):
            record.look(50)

    ssm.before["delete_parameter"] = look_again
    other.over(StoppedError("batchwright stop: by hand").verdict())
    assert ssm.before == {}


@pytest.mark.parametrize("operation", ["get_parameter", "put_parameter"])
def test_one_that_comes_with_its_turn_is_given_at_the_end(stage: Stage, ssm: Ssm, operation: str) -> None:
    record = own(stage)
    record.look(60)
    ssm.before[operation] = lambda: stop(stage)

    assert record.over().startswith("batchwright stop")
    assert ssm.kept == {}


@pytest.mark.parametrize("operation", ["get_parameter", "put_parameter"])
def test_one_that_comes_too_late_says_so_and_leaves_nothing(stage: Stage, ssm: Ssm, operation: str) -> None:
    """It falls to who stops to stop the task."""
    record = own(stage)
    record.look(60)
    ssm.before[operation] = record.over

    assert not stop(stage)
    assert ssm.kept == {}


def test_one_that_was_removed_meanwhile_is_written_again(stage: Stage, ssm: Ssm) -> None:
    """Another runner of the same run has given up."""
    record = own(stage)
    record.look(60)
    ssm.kept.clear()
    record.look(50)

    assert read(ssm) is not None


def test_the_end_stays_for_a_moment_for_those_who_follow(stage: Stage, ssm: Ssm) -> None:
    record, shown = own(stage), []
    record.look(60)
    ssm.before["delete_parameter"] = lambda: shown.append(read(ssm))
    record.over(Verdict(Row.OVERLAP, 123, "waited for too long", "safe"))

    assert stage.waiter.now() == SHOWN_FOR
    assert [(record.end, record.why) for record in shown if record] == [("Batchwright.Overlap", "waited for too long")]
    assert ssm.kept == {}


def test_only_what_has_ended_is_tidied_away(stage: Stage, ssm: Ssm) -> None:
    other = WaitingRun(run="other", since=exact_utc(1.0), until=exact_utc(NOW + 60))
    WaitingRecord(ssm, "/batches/staging/waiting/daily-report/live").put(other)
    WaitingRecord(ssm, "/batches/staging/waiting/daily-report/left").put(replace(other, until=exact_utc(2.0)))

    own(stage).look(60)

    assert {name.rpartition("/")[2] for name in ssm.kept} == {"live", PATH.rpartition("/")[2]}


def test_where_nothing_may_be_written_that_is_said_once_and_it_waits_on(stage: Stage, ssm: Ssm) -> None:
    ssm.refused = {"put_parameter", "delete_parameter"}
    record = own(stage)
    for seconds in (60, 50):
        record.look(seconds)

    assert (record.over(), len(stage.waiter.notes)) == ("", 1)  # type: ignore[attr-defined] # the fake's
