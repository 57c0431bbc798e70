"""What a machine does besides judging: its request, its input, pauses, other runs, starts that fail."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from batchwright.automation.machine import machine
from batchwright_runner.contract.manifest import BatchManifest, CapacityShare
from batchwright_runner.contract.names import HANDED_TYPE, StageNames
from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.task_request import as_api, recased
from batchwright_runner.host.cost.cost import CALLS, TRANSITIONS
from batchwright_runner.host.fargate.request import RunPlan
from batchwright_runner.host.runs.run_id import RunId
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.scripted_ecs import End, ScriptedEcs
from tests.kit.state_machine import Ended, TaskError
from tests.library.automation.support import MACHINE as MACHINE_ARN
from tests.library.automation.support import called, ecs, execute, facts

FORBID, WAIT = sample_manifest(overlap="forbid"), sample_manifest(overlap="wait", overlap_wait_seconds=600)
RUN = "9f1c"
MACHINE = "arn:aws:states:eu-west-1:111111111111:execution:batches-staging-daily-report"


def why(ended: Ended) -> str:
    """The reason in the cause of a failure."""
    cause: dict[str, str] = json.loads(ended.cause)
    return cause["why"]


# The request.


def test_a_task_is_started_as_the_runner_starts_it() -> None:
    ours, batch = ecs(), sample_manifest(options=(DAY,), files_image="batchwright", files_variables=("DAY",))
    execute(ours, batch, {"scheduled": "2026-11-25T17:30:00Z", "DAY": "2026/1"})
    (sent,) = ours.starts
    environment = {"BATCHWRIGHT_RUN_ID": RUN, **DUE_THEN, "DAY": "2026/1"}
    plan = RunPlan(manifest=batch, run=RunId(RUN, given=True), nonce="", timeout=1800, environment=environment)
    theirs = {name: value for name, value in plan.request().items() if name not in OF_THE_RUNNER}

    assert in_order(sent) == in_order({**recased(theirs), "Group": RUN})
    assert as_api(sent) | {"group": RUN} == as_api(sent)


DUE_THEN = {"BATCHWRIGHT_SCHEDULED_TIME": "2026-11-25T17:30:00Z", "BATCHWRIGHT_SCHEDULED_DATE": "2026-11-25"}
OF_THE_RUNNER = ("count", "startedBy", "clientToken")
"""What Step Functions says itself, or does not take."""


def test_a_run_takes_the_transitions_and_the_calls_that_its_cost_counts() -> None:
    path = execute(ecs(End())).path

    assert (len(path), sum(state in ("Gate", "Judge") for state in path)) == (TRANSITIONS, CALLS), path


def in_order(request: Any) -> Any:  # noqa: ANN401 - JSON
    """A request whose variables are in the order of their names."""
    for container in request["Overrides"]["ContainerOverrides"]:
        container["Environment"].sort(key=lambda pair: pair["Name"])
    return request


def test_two_requests_of_one_attempt_have_one_number_and_the_next_attempt_has_another() -> None:
    refused = TaskError("ECS.ThrottlingException", "Rate exceeded")
    ours = ecs(refused, End(exit_code=75), End())
    execute(ours, sample_manifest(retries=1, retry_on=(75,)))

    given = [sent["Overrides"]["ContainerOverrides"][0]["Environment"] for sent in ours.starts]
    numbers = [pair["Value"] for each in given for pair in each if pair["Name"] == "BATCHWRIGHT_ATTEMPT"]
    assert numbers == ["1", "1", "2"]


@pytest.mark.parametrize(("scheduled", "date"), [("2026-11-25T17:30:00Z", "2026-11-26"), ("soon", ""), ("", "")])
def test_the_day_is_that_of_the_schedules_zone_as_in_the_runner(scheduled: str, date: str) -> None:
    ours = ecs()
    given = {"scheduled": scheduled} if scheduled else {}
    execute(ours, sample_manifest(schedule="30 2 * * * Asia/Tokyo"), given)

    (main,) = ours.starts[0]["Overrides"]["ContainerOverrides"]
    assert main["Environment"][1:3] == [
        {"Name": "BATCHWRIGHT_SCHEDULED_TIME", "Value": scheduled},
        {"Name": "BATCHWRIGHT_SCHEDULED_DATE", "Value": date},
    ]


def test_a_pause_that_has_ended_holds_no_run_back() -> None:
    ours = ecs(pause=replace(PAUSE, until="2020-01-01T00:00:00Z").to_json())

    assert called(execute(ours)) == "Batchwright.Exit0"


SPOT = (CapacityShare(provider="FARGATE_SPOT", weight=3),)


@pytest.mark.parametrize(("declared", "deployed"), [(SPOT, SPOT), ((), SPOT), (SPOT, ())])
def test_capacity_providers_or_the_launch_type_are_asked_for_as_the_definition_names_them(
    declared: tuple[CapacityShare, ...], deployed: tuple[CapacityShare, ...]
) -> None:
    ours = ecs(manifest=sample_manifest(machine=MACHINE_ARN, capacity=deployed))
    ended = execute(ours, sample_manifest(capacity=declared))
    shares = [{"CapacityProvider": "FARGATE_SPOT", "Weight": 3, "Base": 0}]
    any_fargate = [{"CapacityProvider": "FARGATE", "Weight": 1, "Base": 0}]

    assert called(ended) == "Batchwright.Exit0"
    expected = (shares if deployed else any_fargate, None) if declared else (None, "FARGATE")
    assert (ours.starts[0].get("CapacityProviderStrategy"), ours.starts[0].get("LaunchType")) == expected


def test_only_what_changes_nothing_is_repeated_by_step_functions_itself() -> None:
    states = machine(facts(WAIT, alerts=True))["States"]

    assert {name for name, state in states.items() if "Retry" in state} == {"Gate", "Judge", "Tell"}
    assert all(state["Resource"].startswith("arn:aws:states:::") for state in states.values() if "Resource" in state)


# The input.


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"date": "2026-11-25", "x": 1}, "the input has date, x: allowed are scheduled"),
        ({f"x{number}": number for number in range(200)}, "the input has x0, x1, "),
        ({"command": ["sh"]}, "the input has command: allowed are scheduled"),
        ({"scheduled": 3}, "scheduled is not a time"),
        ({"scheduled": "x" * 65}, "scheduled is not a time"),
        ([1], "the input is not an object"),
        ("text", "the input is not an object"),
    ],
)
def test_an_input_that_was_not_declared_is_refused(given: object, message: str) -> None:
    ours = ecs()
    ended = execute(ours, given=given)

    assert (ended.error, why(ended)[: len(message)], ours.starts) == ("Batchwright.Usage", message, [])


def test_the_execution_that_started_it_may_be_named() -> None:
    assert called(execute(ecs(), given={"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "arn"})) == "Batchwright.Exit0"


@pytest.mark.parametrize("command", [["sh"], ["python", "-m", "report"]])
def test_a_command_is_taken_where_it_is_declared(command: list[str]) -> None:
    ours = ecs()
    execute(ours, given={"command": command}, command=True)

    assert ours.starts[0]["Overrides"]["ContainerOverrides"][0]["Command"] == command


def test_without_a_command_the_declared_one_holds() -> None:
    ours = ecs()
    execute(ours, command=True)

    assert "Command" not in ours.starts[0]["Overrides"]["ContainerOverrides"][0]


@pytest.mark.parametrize("command", ["sh", [], ["sh", 3], [["sh"]]])
def test_a_command_is_a_list_of_texts(command: object) -> None:
    ended = execute(ecs(), given={"command": command}, command=True)

    assert (ended.error, "command is not a list of texts" in ended.cause) == ("Batchwright.Usage", True)


DAY = RunOption(name="DAY", pattern="[0-9]{4}/[0-9-]+")
SHOP = RunOption(name="SHOP", values=("tokyo", "osaka"))
NOTE = RunOption(name="NOTE")
OPTIONS = sample_manifest(options=(DAY, SHOP, NOTE), files_image="batchwright", files_variables=("SHOP",))


def test_a_declared_option_is_a_variable_and_a_blank_one_is_none() -> None:
    ours = ecs()
    execute(ours, OPTIONS, {"DAY": "2026/11-25", "SHOP": "osaka", "NOTE": " "})

    main, files = ours.starts[0]["Overrides"]["ContainerOverrides"]
    assert main["Environment"][3:5] == [{"Name": "DAY", "Value": "2026/11-25"}, {"Name": "SHOP", "Value": "osaka"}]
    assert files == {"Name": "files", "Environment": [{"Name": "SHOP", "Value": "osaka"}]}


def test_without_options_only_the_main_container_is_told_something() -> None:
    ours = ecs()
    execute(ours, OPTIONS)

    (main,) = ours.starts[0]["Overrides"]["ContainerOverrides"]
    assert len(main["Environment"]) == 4


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"DAY": "today"}, "-o DAY=today is refused: allowed: what matches [0-9]{4}/[0-9-]+"),
        ({"DAY": "x 2026/1"}, "-o DAY=x 2026/1 is refused"),
        ({"DAY": 2026}, "DAY is not a text"),
        ({"SHOP": "kyoto"}, "-o SHOP=kyoto is refused: allowed: tokyo, osaka"),
        ({"DAY": "2026/1\n"}, "-o DAY=2026/1"),
        ({"SHOP": "osaka\n"}, "-o SHOP=osaka"),
        ({"NOTE": "two\nlines"}, "-o NOTE=two\nlines is refused: allowed: one line"),
        ({"NOTE": "a line\n"}, "-o NOTE=a line"),
        ({"DATE": "2026"}, "the input has DATE: allowed are scheduled, DAY, SHOP, NOTE"),
    ],
)
def test_an_option_that_is_not_allowed_starts_nothing(given: object, message: str) -> None:
    ours = ecs()
    ended = execute(ours, OPTIONS, given)

    assert (ended.error, why(ended)[: len(message)], ours.starts) == ("Batchwright.Usage", message, [])


# Pauses.

PAUSE = Pause(reason="a move", by="arn:aws:iam::1:user/alice", since="2026-11-25T09:30:00Z")


@pytest.mark.parametrize("text", [PAUSE.to_json(), "by hand, in the console"])
def test_a_paused_batch_is_not_started(text: str) -> None:
    ours = ecs(pause=text)
    ended = execute(ours)

    assert (ended.error, why(ended)[:10], ours.starts) == ("Batchwright.Paused", "paused by ", [])


def test_it_says_who_paused_it_why_and_until_when() -> None:
    ended = execute(ecs(pause=replace(PAUSE, until="2099-01-01T00:00:00Z").to_json()))

    assert why(ended) == "paused by alice since 2026-11-25 09:30 UTC, until 2099-01-01 00:00 UTC: a move"


def test_nothing_starts_where_a_pause_cannot_be_seen() -> None:
    ours = ecs(denied=["ssm:getParameters"])
    ended = execute(ours)

    assert (ended.error, ours.starts) == ("Batchwright.NoResult", [])
    assert why(ended).startswith("whether it is paused cannot be seen: ssm get_parameters: AccessDeniedException")


class PausedLater(ScriptedEcs):
    """A batch that is paused while its first attempt runs."""

    def call(self, resource: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401 - JSON
        result = super().call(resource, arguments, timeout)
        if resource == "ecs:runTask.sync":
            self.pause = PAUSE.to_json()
        return result


def test_a_run_that_is_paused_between_two_attempts_keeps_its_end() -> None:
    ours = ecs(End(exit_code=75))
    paused = PausedLater(ours.clock, [End(exit_code=75)], sync="never")

    assert called(execute(paused, sample_manifest(retries=2, retry_on=(75,)))) == "Batchwright.Exit75"
    assert len(paused.starts) == 1


# Other runs.


def other(ours: ScriptedEcs, *, ago: float, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """A task that a runner has started."""
    return {
        "TaskArn": "arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/other",
        "StartedBy": "night",
        "Group": "family:batches-staging-daily-report",
        "LastStatus": "RUNNING",
        "CreatedAt": ours.iso(ago),
        **changes,
    }


def beside(manifest: BatchManifest, *, ago: float = 60, **changes: Any) -> tuple[str, ScriptedEcs]:  # noqa: ANN401
    ours = ecs()
    ours.tasks.append(other(ours, ago=ago, **changes))
    return called(execute(ours, manifest)), ours


OURS_RUNS, OURS_GIVES_WAY = "Batchwright.Exit0", "Batchwright.Overlap"
MAIN_HAS_ENDED = [
    {"Name": "main", "LastStatus": "STOPPED", "ExitCode": 0},
    {"Name": "router", "LastStatus": "RUNNING"},
]


@pytest.mark.parametrize(
    ("theirs", "ended"),
    [
        ({}, OURS_GIVES_WAY),
        ({"LastStatus": "STOPPING", "DesiredStatus": "STOPPED"}, OURS_GIVES_WAY),
        ({"ago": -1}, OURS_RUNS),
        ({"LastStatus": "STOPPED", "DesiredStatus": "STOPPED"}, OURS_RUNS),
        ({"LastStatus": "DEPROVISIONING", "DesiredStatus": "STOPPED"}, OURS_RUNS),
        (
            {"DesiredStatus": "STOPPED", "StopCode": "EssentialContainerExited", "Containers": MAIN_HAS_ENDED},
            OURS_RUNS,
        ),
    ],
    ids=["older", "being stopped", "younger", "stopped", "deprovisioning", "main has ended"],
)
def test_it_gives_way_to_an_older_task_that_is_in_progress(theirs: dict[str, Any], ended: str) -> None:
    found, ours = beside(FORBID, **theirs)

    assert (found, len(ours.starts)) == (ended, ended == OURS_RUNS)


def test_without_a_word_it_looks_for_no_other_run() -> None:
    ended, ours = beside(sample_manifest())

    assert ended == "Batchwright.Exit0"
    assert {resource for resource, _ in ours.calls} == {"lambda:invoke", "ssm:getParameters", "ecs:runTask.sync"}


@pytest.mark.parametrize(("ago", "found"), [(60, "Batchwright.Overlap"), (-1, "Batchwright.Exit0")])
def test_it_gives_way_to_an_older_execution_and_to_no_younger_one(ago: float, found: str) -> None:
    ours = ecs()
    ours.executions.append({"ExecutionArn": f"{MACHINE}:0000", "Name": "0000", "StartDate": ours.iso(ago)})

    assert called(execute(ours, FORBID)) == found


def test_of_two_executions_of_the_same_moment_exactly_one_gives_way() -> None:
    ends = []
    for theirs in ("0000", "ffff"):
        ours = ecs()
        ours.executions.append({"ExecutionArn": f"{MACHINE}:{theirs}", "Name": theirs, "StartDate": ours.iso()})
        ends.append(called(execute(ours, FORBID)))

    assert ends == ["Batchwright.Overlap", "Batchwright.Exit0"]


def test_its_own_execution_is_no_other_run() -> None:
    ours = ecs()
    ours.executions.append({"ExecutionArn": f"{MACHINE}:{RUN}", "Name": RUN, "StartDate": ours.iso(60)})

    assert called(execute(ours, FORBID)) == "Batchwright.Exit0"


# Time.


def test_the_whole_machine_may_take_as_long_as_all_attempts() -> None:
    manifest = sample_manifest(timeout_seconds=1800, retries=3, retry_on=(75,))
    ours = ecs(*[End(exit_code=75, takes=1799)] * 3, End(takes=1799))

    assert called(execute(ours, manifest)) == "Batchwright.Exit0"


def test_a_retry_waits_for_the_declared_delay_and_a_failed_start_does_not() -> None:
    failed = End(exit_code=None, began=False, stop_code="TaskFailedToStart", reason="Capacity is unavailable")
    took = []
    for delay in (0, 14 * 3600):
        ours = ecs(failed, End(exit_code=75), End(exit_code=75), End())
        began = ours.clock.now
        ended = execute(ours, sample_manifest(retries=2, retry_on=(75,), retry_delay_seconds=delay))
        took.append(ours.clock.now - began)

        assert called(ended) == "Batchwright.Exit0"
        assert ended.path.count("Hold") == 3

    assert took[1] - took[0] == 2 * 14 * 3600


def test_no_machine_may_take_longer_than_step_functions_allows() -> None:
    manifest = sample_manifest(timeout_seconds=14 * 86400, retries=10, retry_on=(75,))

    assert machine(facts(manifest))["TimeoutSeconds"] < 365 * 86400


# Starts that fail.


@pytest.mark.parametrize(
    "error",
    [
        TaskError("ECS.ThrottlingException", "Rate exceeded"),
        TaskError("AmazonECS.Unknown", "Capacity is unavailable at this time. Please try again later"),
        TaskError("ECS.AmazonECSException", "Rate exceeded (Service: AmazonECS; Status Code: 400)"),
    ],
)
def test_a_start_that_is_refused_for_a_moment_is_tried_again(error: TaskError) -> None:
    ours = ecs(error, error, End(exit_code=3))

    assert called(execute(ours)) == "Batchwright.Exit3"
    assert len(ours.starts) == 3


@pytest.mark.parametrize(
    ("error", "starts"),
    [
        (TaskError("AmazonECS.Unknown", "Capacity is unavailable at this time"), 16),
        (TaskError("ECS.ThrottlingException", "Rate exceeded"), 16),
        (TaskError("ECS.InvalidParameterException", "TaskDefinition is inactive"), 1),
        (TaskError("ECS.ClusterNotFoundException", "Cluster not found."), 1),
    ],
)
def test_a_refused_start_is_not_tried_for_ever_and_a_refusal_that_stays_once(error: TaskError, starts: int) -> None:
    ours = ecs(error)

    assert (called(execute(ours)), len(ours.starts)) == ("Batchwright.NeverStarted", starts)


def test_a_failure_says_batch_run_attempt_and_task() -> None:
    ended = execute(ecs(End(exit_code=3)))

    cause = json.loads(ended.cause)
    assert (cause["batch"], cause["stage"], cause["run"], cause["attempt"]) == ("daily-report", "staging", RUN, 1)
    assert cause["task"].endswith("1")


# Handing a failure over.


def test_a_failure_is_handed_to_the_alerts_by_its_execution_alone() -> None:
    ours = ecs(End(exit_code=3))
    ended = execute(ours, alerts=True)

    handed = {"DetailType": HANDED_TYPE, "Detail": {"execution": f"{MACHINE}:{RUN}"}}
    entries = [{"Source": StageNames("batches", "staging").handed_source, **handed}]
    assert [given for resource, given in ours.calls if resource == "events:putEvents"] == [{"Entries": entries}]
    assert called(ended) == "Batchwright.Exit3"


def test_a_success_and_a_failure_without_alerts_are_not_handed_over() -> None:
    for ours, alerts in ((ecs(), True), (ecs(End(exit_code=3)), False)):
        execute(ours, alerts=alerts)
        assert "events:putEvents" not in dict(ours.calls)


def test_a_failure_that_cannot_be_handed_over_is_called_as_any() -> None:
    assert called(execute(ecs(End(exit_code=3), denied=("events:putEvents",)), alerts=True)) == "Batchwright.Exit3"
