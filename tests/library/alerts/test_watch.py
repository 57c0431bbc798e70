"""The machine that watches for runs that do not come, executed: told or silent, by table."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Duration

from batchwright import DeclarationError, Schedule
from batchwright.alerts.watch import INPUT, watch_machine
from batchwright.iam.machine_policies import machine_trust
from batchwright.iam.watch_policies import watch_policy, watch_start
from batchwright.testing import resources
from batchwright_runner.contract.last import Last
from batchwright_runner.contract.names import last_path, paused_path, watch_path
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.watch import Watch
from tests.kit.iam import allowed
from tests.kit.state_machine import Clock, Ended, Execution, TaskError
from tests.library.alerts.support import NAMES, PLACE, facts
from tests.library.automation.test_asl import findings
from tests.library.support import app, batch, platform, stack, templates

WATCH, LAST, PAUSED = [of("batches", "staging", "daily-report") for of in (watch_path, last_path, paused_path)]
DUE = "2026-11-24T17:30:00Z"
EXPECTED = 1200
NIGHTLY = Watch(schedule="30 2 * * * Asia/Tokyo", scheduler="rundeck", expected_seconds=EXPECTED)
OURS = "arn:aws:states:eu-west-1:111111111111:stateMachine"


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@dataclass
class Stage:
    """What the machine sees: parameters with the time of their last change, tasks and executions in progress."""

    parameters: dict[str, tuple[str, float]] = field(default_factory=lambda: {WATCH: (NIGHTLY.to_json(), 0.0)})
    tasks: int = 0
    executions: int = 0
    denied: set[str] = field(default_factory=set)
    told: list[dict[str, Any]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    clock: Clock = field(default_factory=lambda: Clock(at(DUE) + 3))

    def call(self, resource: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401, ARG002 - JSON
        if resource in self.denied:
            raise TaskError("Ssm.AccessDeniedException", "not authorized")
        if resource == "ssm:getParameters":
            return {"Parameters": [self._shown(name) for name in arguments["Names"] if name in self.parameters]}
        if resource == "ecs:listTasks":
            assert arguments == {
                "Cluster": "batches-staging",
                "Family": "batches-staging-daily-report",
                "DesiredStatus": "RUNNING",
            }
            return {"TaskArns": ["arn"] * self.tasks}
        if resource == "sfn:listExecutions":
            assert arguments["StateMachineArn"] == f"{OURS}:batches-staging-daily-report"
            return {"Executions": [{"Name": "x"}] * self.executions}
        assert resource == "sfn:startExecution"
        assert arguments["StateMachineArn"] == f"{OURS}:batches_staging_alerts"
        if arguments["Name"] in self.names:
            raise TaskError("Sfn.ExecutionAlreadyExistsException", "")
        self.names.append(arguments["Name"])
        self.told.append(json.loads(arguments["Input"]))
        return {}

    def _shown(self, name: str) -> dict[str, Any]:
        text, changed = self.parameters[name]
        return {"Name": name, "Value": text, "LastModifiedDate": datetime.fromtimestamp(changed, UTC).isoformat()}

    def watch(self, given: Any = None) -> Ended:  # noqa: ANN401 - JSON
        return Execution(watch_machine(facts()), self, self.clock).run(
            {"batch": "daily-report", "scheduled": DUE} if given is None else given
        )


def ended(seconds: float, *, well: bool, before: float | None = None) -> Last:
    """A record whose last run ended so long after the due time."""
    when = stamp(seconds)
    good = when if well else (stamp(before) if before is not None else "")
    return Last(ended=when, verdict="Batchwright.Exit0" if well else "Batchwright.Exit3", succeeded=good)


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(at(DUE) + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def with_(last: Last | None = None, pause: str = "", watch: Watch | None = NIGHTLY, changed: float = 0.0) -> Stage:
    given: dict[str, tuple[str, float]] = {}
    if watch is not None:
        given[WATCH] = (watch.to_json(), changed)
    if last is not None:
        given[LAST] = (last.to_json(), 0.0)
    if pause:
        given[PAUSED] = (pause, 0.0)
    return Stage(given)


def paused(since: float | None, until: float | None = None) -> str:
    return Pause(
        reason="a move",
        since="" if since is None else stamp(since),
        until="" if until is None else stamp(until),
    ).to_json()


CASES: dict[str, tuple[Stage, str, bool]] = {
    "no run at all, ever": (with_(), "nothing", True),
    "a run ended well": (with_(ended(300, well=True)), "well", False),
    "a run ended well, started by a clock that is ahead": (with_(ended(-30, well=True)), "well", False),
    "a run ended well before it was due": (with_(ended(-3600, well=True)), "nothing", True),
    "the last run was yesterday's": (with_(ended(-86400 + 300, well=True)), "nothing", True),
    "it failed, which was told": (with_(ended(300, well=False)), "failed", False),
    "it failed before it was due": (with_(ended(-300, well=False)), "nothing", True),
    "it failed after another had ended well": (with_(ended(600, well=False, before=300)), "well", False),
    "it failed, and yesterday's had ended well": (with_(ended(600, well=False, before=-86000)), "failed", False),
    "it is paused": (with_(pause=paused(-3600)), "paused", False),
    "it was paused, and the pause ended meanwhile": (with_(pause=paused(-3600, 600)), "paused", False),
    "the pause had ended by then": (with_(pause=paused(-3600, -60)), "nothing", True),
    "it was paused afterwards": (with_(pause=paused(600)), "nothing", True),
    "a record by hand": (with_(pause="see the wiki"), "paused", False),
    "it was deployed since": (with_(changed=at(DUE) + 60), "new", False),
    "it was deployed just before": (with_(changed=at(DUE) - 60), "nothing", True),
    "it is not watched any more": (with_(watch=None), "not watched", False),
    "it expects nothing any more": (with_(watch=Watch(schedule=NIGHTLY.schedule)), "not watched", False),
    "it has no schedule any more": (with_(watch=Watch(expected_seconds=60)), "not watched", False),
}


@pytest.mark.parametrize(("seen", "came", "told"), CASES.values(), ids=CASES.keys())
def test_told_or_silent(seen: Stage, came: str, told: bool) -> None:
    stage = Stage(dict(seen.parameters))
    found = stage.watch()

    assert found.status == "SUCCEEDED", (found.error, found.cause)
    assert found.output == {"came": came}
    assert bool(stage.told) is told


def test_it_waits_until_the_run_should_have_ended() -> None:
    stage = with_()
    stage.watch()

    assert stage.clock.now == at(DUE) + EXPECTED + 60


def test_a_flexible_window_is_waited_for_too() -> None:
    stage = with_(
        watch=Watch(schedule=NIGHTLY.schedule, scheduler="aws", expected_seconds=EXPECTED, window_seconds=900)
    )
    stage.watch()

    assert stage.clock.now == at(DUE) + 900 + EXPECTED + 60


def test_a_watch_that_starts_too_late_looks_at_once() -> None:
    stage = with_()
    stage.clock = Clock(at(DUE) + 9000)
    stage.watch()

    assert stage.clock.now == at(DUE) + 9000
    assert stage.told


def test_what_ends_while_it_waits_counts() -> None:
    class Later(Stage):
        def call(self, resource: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401 - JSON
            if self.clock.now > at(DUE) + 600:
                self.parameters[LAST] = (ended(600, well=True).to_json(), 0.0)
            return super().call(resource, arguments, timeout)

    stage = Later()

    assert stage.watch().output == {"came": "well"}


def test_what_is_said() -> None:
    stage = with_()
    stage.watch()

    assert stage.told == [
        {
            "missed": {
                "batch": "daily-report",
                "running": False,
                "why": "It was due at 2026-11-24 17:30 UTC and usually ends within 20m00s: no run has ended well "
                "since, and none is in progress.",
            }
        }
    ]
    assert len(stage.names[0]) <= 80


@pytest.mark.parametrize("of", ["tasks", "executions"])
def test_a_run_that_is_still_in_progress_is_said_to_be(of: str) -> None:
    stage = with_()
    setattr(stage, of, 1)
    stage.watch()

    (told,) = stage.told
    assert told["missed"]["running"] is True
    assert told["missed"]["why"].endswith("no run has ended well since, and one is in progress.")


def test_a_batch_without_a_machine_is_told_all_the_same() -> None:
    stage = with_()
    stage.denied = {"sfn:listExecutions"}
    stage.watch()

    assert stage.told


def test_a_schedule_that_fires_twice_is_told_once_and_another_day_again() -> None:
    stage = with_()
    assert [stage.watch().status for _ in range(2)] == ["SUCCEEDED", "SUCCEEDED"]
    assert len(stage.told) == 1

    stage.watch({"batch": "daily-report", "scheduled": "2026-11-25T17:30:00Z"})
    assert len(stage.told) == 2


def test_what_cannot_be_seen_is_told() -> None:
    stage = with_(ended(300, well=True))
    stage.denied = {"ssm:getParameters"}
    stage.watch()

    (told,) = stage.told
    assert "what came of it cannot be seen: unseen: Ssm.AccessDeniedException" in told["missed"]["why"]


@pytest.mark.parametrize("given", [[], "x", {}, {"batch": "daily-report"}, {"batch": 3, "scheduled": DUE}])
def test_another_input_is_refused(given: Any) -> None:  # noqa: ANN401 - JSON
    assert with_().watch(given).error == "Batchwright.Usage"


@pytest.mark.parametrize(
    "due",
    ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-03-29T01:30:00Z", "2026-11-24T17:30:00.000Z"],
)
def test_the_night_in_which_clocks_change_is_as_any_other(due: str) -> None:
    stage = with_()
    stage.clock = Clock(at(due) + 3)
    stage.watch({"batch": "daily-report", "scheduled": due})

    assert stage.clock.now == at(due) + EXPECTED + 60
    assert len(stage.told) == 1


def test_the_machine_is_valid(tmp_path: Path) -> None:
    assert findings([watch_machine(facts())], tmp_path) == [[]]


def test_each_call_is_one_that_the_policy_allows_and_no_other() -> None:
    statements = watch_policy(PLACE, NAMES, cluster="batches-staging")["Statement"]
    called = {
        state["Resource"].removeprefix("arn:aws:states:::aws-sdk:")
        for state in watch_machine(facts())["States"].values()
        if "Resource" in state
    }

    assert called == {"ssm:getParameters", "ecs:listTasks", "sfn:listExecutions", "sfn:startExecution"}
    assert [one["Action"] for one in statements] == [
        "ssm:GetParameters",
        "ecs:ListTasks",
        "states:ListExecutions",
        "states:StartExecution",
    ]
    assert statements[-1]["Resource"] == f"{OURS}:batches_staging_alerts"
    parameters = "arn:aws:ssm:eu-west-1:111111111111:parameter/batches/staging"
    for record in ("watch", "last", "paused"):
        assert allowed(statements, "ssm:GetParameters", f"{parameters}/{record}/daily-report", {})
    assert not allowed(statements, "ssm:GetParameters", f"{parameters}/daily-report/DB_PASSWORD", {})
    (trusted,) = machine_trust(PLACE, NAMES.watch_machine)["Statement"]
    assert trusted["Condition"]["ArnEquals"] == {"aws:SourceArn": f"{OURS}:batches_staging_watch"}
    (start,) = watch_start(PLACE, NAMES)["Statement"]
    assert (start["Action"], start["Resource"]) == ("states:StartExecution", f"{OURS}:batches_staging_watch")


# What is made


def made(alerts: dict[str, Any] | None, on: dict[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - any argument
    home = app()
    ours = stack(home)
    batch(ours, platform(ours, **({"alerts": alerts} if alerts else {}), **(on or {})), **arguments)
    return templates(home)


TOPIC = {"topic": True}
NIGHT: dict[str, Any] = {"schedule": Schedule.daily("02:30", zone="Asia/Tokyo"), "expected": Duration.minutes(20)}


def test_a_second_schedule_with_the_same_times_starts_the_watch() -> None:
    found = made(TOPIC, scheduler="rundeck", **NIGHT)

    (schedule,) = resources(found["stack"], "AWS::Scheduler::Schedule")
    assert (schedule["Name"], schedule["GroupName"]) == ("report.watch", "batches-staging-schedules")
    assert (schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"]) == (
        "cron(30 2 ? * * *)",
        "Asia/Tokyo",
    )
    assert schedule["State"] == "ENABLED"
    assert schedule["Target"]["Arn"].endswith(":stateMachine:batches_staging_watch")
    assert json.loads(schedule["Target"]["Input"]) == {
        "batch": "report",
        "scheduled": "<aws.scheduler.scheduled-time>",
    }
    machines = [
        one["StateMachineName"]
        for one in resources(found["batches-staging-alerts"], "AWS::StepFunctions::StateMachine")
    ]
    assert machines == ["batches_staging_alerts", "batches_staging_watch"]


def test_a_batch_that_aws_starts_has_both_schedules() -> None:
    found = made(TOPIC, scheduler="aws", **NIGHT)

    both = resources(found["stack"], "AWS::Scheduler::Schedule")
    assert sorted(one["Name"] for one in both) == ["report", "report.watch"]
    assert len({one["ScheduleExpression"] for one in both}) == 1


@pytest.mark.parametrize(
    ("alerts", "arguments"),
    [
        (None, NIGHT),
        (TOPIC, {"schedule": NIGHT["schedule"]}),
        (TOPIC, {"expected": NIGHT["expected"]}),
    ],
)
def test_without_alerts_a_schedule_or_an_expectation_there_is_no_watch(
    alerts: dict[str, Any] | None, arguments: dict[str, Any]
) -> None:
    assert resources(made(alerts, **arguments)["stack"], "AWS::Scheduler::Schedule") == []


def test_a_stage_that_wants_no_schedules_says_why_it_needs_them() -> None:
    with pytest.raises(DeclarationError, match=r"batch report: expected: .*watched by a schedule that AWS keeps"):
        made(TOPIC, {"schedules": False}, **NIGHT)


def test_no_rule_on_the_batches_machines_fits_its_name() -> None:
    assert not NAMES.watch_machine.startswith(f"{NAMES.prefix}-")
    assert json.loads(INPUT.format(batch="x"))["batch"] == "x"
