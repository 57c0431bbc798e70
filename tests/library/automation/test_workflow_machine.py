"""A workflow's machine beside its table: what steps are given, answers that are lost, what is in its way, its size."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from batchwright.automation.machine import machine
from batchwright.workflows.workflow_machine import whole_seconds, workflow_machine
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.verdicts import Row, name
from batchwright_runner.contract.workflows.structure import MOST_STEPS, Chain, ParallelGroup, Structure, WorkflowStep
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.scripted_ecs import iso
from tests.kit.state_machine import MOST_EVENTS, Clock, Ended, Execution, TaskError
from tests.kit.workflow_rows import shape
from tests.library.automation.support import called, deployed, ecs
from tests.library.automation.support import facts as batch_facts
from tests.library.automation.workflows import MACHINES, PARENT, ScriptedSteps, child_arn, execute, facts

EITHER_WAY = pytest.mark.parametrize("joins", [True, False], ids=["a second start joins", "a second start is refused"])
DUE = "2026-11-24T17:30:00Z"
NIGHTLY = "30 2 * * * Asia/Tokyo"
NONE = name(Row.NO_RESULT, 0)


def ends(end: Ended) -> dict[str, str]:
    """Step to its status, as the machine says it at its end."""
    output = end.output if end.status == "SUCCEEDED" else json.loads(end.cause)
    return {end["step"]: end["status"] for end in output["ends"]}


# What a step is given.


def test_a_step_s_execution_has_the_name_that_the_runner_computes() -> None:
    steps = ScriptedSteps()
    execute(shape("a [b / c] ; z"), steps)

    assert sorted(steps.children) == sorted(child_arn(f"step-{letter}") for letter in "abcz")


def test_all_steps_have_one_time_and_its_day_in_the_workflow_s_zone() -> None:
    steps = ScriptedSteps()
    execute(shape("a [b / c] ; z"), steps, {"scheduled": DUE}, schedule=NIGHTLY)

    given = [(child.given["scheduled"], child.given["BATCHWRIGHT_SCHEDULED_DATE"]) for child in steps.children.values()]
    assert given == [(DUE, "2026-11-25")] * 4
    assert {child.given["AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"] for child in steps.children.values()} == {PARENT}


@pytest.mark.parametrize(("zone", "day"), [("", "2026-11-24"), ("Asia/Tokyo", "2026-11-25"), ("UTC", "2026-11-24")])
@pytest.mark.parametrize("given", [None, {"scheduled": ""}, {"scheduled": " "}])
def test_the_time_is_never_empty_it_is_when_it_began(zone: str, day: str, given: Any) -> None:  # noqa: ANN401 - JSON
    steps = ScriptedSteps(Clock(1_795_543_200.0))
    execute(shape("a b"), steps, given, timezone=zone)

    given = {(child.given["scheduled"], child.given["BATCHWRIGHT_SCHEDULED_DATE"]) for child in steps.children.values()}
    assert given == {("2026-11-24T18:00:00.000Z", day)}


def test_a_step_gets_its_own_options_and_those_of_the_run_that_its_batch_has() -> None:
    steps = ScriptedSteps()
    options = (RunOption(name="DAY"), RunOption(name="SHOP", values=("a", "b")))
    manifests = {
        "first": sample_manifest(batch="first", options=(RunOption(name="DAY"), RunOption(name="FORMAT"))),
        "second": sample_manifest(batch="second", options=(RunOption(name="SHOP"),)),
    }
    first = WorkflowStep(name="first", options={"FORMAT": 'it\'s %} "csv"'})
    structure = Structure(steps=(first, WorkflowStep(name="second"), WorkflowStep(name="third")))
    execute(structure, steps, {"DAY": "2026-11-24", "SHOP": " "}, options=options, manifests=manifests)

    given = [child.given for child in steps.children.values()]
    own = [{key: each[key] for key in ("DAY", "SHOP", "FORMAT") if key in each} for each in given]
    # A step passes over what its batch does not declare.
    assert own == [{"DAY": "2026-11-24", "FORMAT": 'it\'s %} "csv"'}, {"DAY": "2026-11-24"}, {"DAY": "2026-11-24"}]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ([], "the input is not an object"),
        ({"DAYS": "1"}, "the input has DAYS: allowed are scheduled, run_id, done, by, backfill, SHOP"),
        ({"SHOP": "c"}, "-o SHOP=c is refused: allowed: a, b"),
        ({"scheduled": 3}, "scheduled is not a time: "),
        ({"run_id": 3}, "run_id is not a text"),
        ({"backfill": 3}, "backfill is not a text"),
        ({"done": "step-a"}, "done is not right: allowed is an object of steps"),
        ({"done": ["step-a"]}, "done is not right"),
        ({"done": {"step-a": 3}}, "done is not right"),
        ({"done": {"step-a": "by jane", "stepa": "by jane"}}, "done is not right"),
        ({"command": ["sh"]}, "the input has command"),
    ],
)
def test_a_wrong_input_starts_nothing(given: Any, problem: str) -> None:  # noqa: ANN401 - any JSON
    steps = ScriptedSteps()
    end = execute(shape("a"), steps, given, options=(RunOption(name="SHOP", values=("a", "b")),))

    assert (end.error, json.loads(end.cause)["why"][: len(problem)]) == (name(Row.USAGE, 0), problem)
    assert steps.children == {}


def test_the_run_s_id_is_that_of_the_input() -> None:
    end = execute(shape("a"), ScriptedSteps(errors={"step-a": "Batchwright.Exit3"}), {"run_id": "gh/9f/1"})

    cause = json.loads(end.cause)
    assert (cause["run"], cause["step"], cause["why"]) == ("gh/9f/1", "step-a", "step step-a: Batchwright.Exit3")


# The batch's machine takes it.


def test_a_batch_s_machine_takes_what_its_workflow_gives() -> None:
    steps, ours = ScriptedSteps(), ecs(manifest=deployed(sample_manifest()))
    execute(shape("a ; z"), steps, {"scheduled": DUE, "backfill": "week"}, schedule=NIGHTLY)
    given = {**steps.children[child_arn("step-z")].given, "AN_OPTION_THAT_IS_GONE": "1"}
    end = Execution(machine(batch_facts()), ours, ours.clock, "step-z-1").run(given)

    assert called(end) == "Batchwright.Exit0"
    (override,) = ours.starts[0]["Overrides"]["ContainerOverrides"]
    variables = {variable["Name"]: variable["Value"] for variable in override["Environment"]}
    names = ("SCHEDULED_DATE", "SCHEDULED_TIME", "WORKFLOW_FAILED", "BACKFILL")
    assert [variables[f"BATCHWRIGHT_{name}"] for name in names] == ["2026-11-25", DUE, "", "week"]
    assert "AN_OPTION_THAT_IS_GONE" not in variables


@pytest.mark.parametrize("key", ["BATCHWRIGHT_WORKFLOW_FAILED", "BATCHWRIGHT_BACKFILL", "backfill"])
def test_whoever_starts_a_batch_says_nothing_of_workflows(key: str) -> None:
    ours = ecs(manifest=deployed(sample_manifest()))
    end = Execution(machine(batch_facts()), ours, ours.clock).run({key: "a"})

    assert (end.error, ours.starts) == (name(Row.USAGE, 0), [])


@pytest.mark.parametrize("overlap", ["allow", "forbid", "wait"])
def test_two_steps_of_one_batch_run_for_the_same_time(overlap: str) -> None:
    ours = ecs(manifest=deployed(sample_manifest(overlap=overlap)))
    definition = machine(batch_facts(sample_manifest(overlap=overlap)))
    given = {"scheduled": DUE, "BATCHWRIGHT_SCHEDULED_DATE": "2026-11-25"}

    for run in ("first-1", "second-1"):
        assert called(Execution(definition, ours, ours.clock, run).run(given)) == "Batchwright.Exit0"
    assert len(ours.starts) == 2


# What the answer of a start is.


@EITHER_WAY
@pytest.mark.parametrize(
    ("error", "verdict"),
    [("", ""), ("Batchwright.Exit3", "Batchwright.Exit3"), ("TIMED_OUT", "Batchwright.Timeout"),
     ("ABORTED", "Batchwright.Stopped"), ("States.Runtime", "Batchwright.NoResult")],
)  # fmt: skip
@pytest.mark.parametrize("lasts", [0.0, 20.0, 400.0])
def test_a_lost_answer_starts_nothing_twice(joins: bool, error: str, verdict: str, lasts: float) -> None:
    steps = ScriptedSteps(errors={"step-a": error}, lasts={"step-a": lasts}, lost={"step-a": 1}, joins=joins)
    end = execute(shape("a"), steps)

    assert (end.error, len(steps.children)) == (verdict, 1)


@EITHER_WAY
def test_the_answer_of_each_start_is_lost(joins: bool) -> None:
    structure = shape("a [b c / d+] e ; y z")
    steps = ScriptedSteps(
        errors={"step-d": "Batchwright.Exit3"}, lost={step.name: 3 for step in structure.all_steps}, joins=joins
    )
    end = execute(structure, steps)

    assert (end.error, len(steps.children)) == ("Batchwright.Exit3", len(structure.all_steps))
    assert ends(end) == {step.name: "failed" if step.name == "step-d" else "succeeded" for step in structure.all_steps}


def test_a_start_that_is_refused_for_a_while_is_made_again() -> None:
    steps = ScriptedSteps(refused={"step-a": 20})

    assert execute(shape("a b"), steps).status == "SUCCEEDED"
    assert steps.waves == (("step-a",), ("step-b",))


def test_one_that_is_refused_for_good_has_no_result_and_the_others_go_on() -> None:
    steps = ScriptedSteps(refused={"step-a": 1000})
    end = execute(shape("[a b / c] d ; z"), steps)

    assert (end.error, ends(end)) == (NONE, {"step-a": "failed", "step-c": "succeeded", "step-z": "succeeded"})
    assert steps.refused["step-a"] == 1000 - 21


@EITHER_WAY
def test_a_step_of_a_week_whose_answer_is_lost(joins: bool) -> None:
    steps = ScriptedSteps(lasts={"step-a": 7 * 86400}, lost={"step-a": 1}, joins=joins)
    structure = shape("a")
    long = {"step-a": sample_manifest(batch="step-a", timeout_seconds=8 * 86400)}
    end = execute(structure, steps, manifests=long)

    # Where a second start does not join, it is not known in time, and no second one is ever made.
    assert (end.status, end.error) == (("SUCCEEDED", "") if joins else ("FAILED", name(Row.NO_RESULT, 0)))
    assert len(steps.children) == 1
    assert end.events < MOST_EVENTS / 50


def test_a_look_that_fails_is_no_end() -> None:
    steps = ScriptedSteps(errors={"step-a": "Batchwright.Exit3"})
    refused = iter([True, True, False])
    call = steps._describe

    def describe(arguments: Any) -> Any:  # noqa: ANN401 - JSON
        if next(refused):
            raise TaskError("States.DataLimitExceeded", "too large")
        return call(arguments)

    steps._describe = describe  # type: ignore[method-assign]

    assert execute(shape("a"), steps).error == "Batchwright.Exit3"


# What is in its way.


def other(steps: ScriptedSteps, ago: float = 60, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Another execution of the machine, which began before."""
    shown = {"ExecutionArn": f"{PARENT}0", "Name": "9f1c0", "StartDate": iso(steps.clock.now - ago), **changes}
    steps.executions.append(shown)
    return shown


def test_it_waits_where_it_says_so() -> None:
    steps = ScriptedSteps()
    before = other(steps)
    until = steps.clock.now + 1000
    steps.before = lambda: before.update({"Status": "FAILED"} if steps.clock.now > until else {})
    end = execute(shape("a"), steps, overlap="wait")

    assert end.status == "SUCCEEDED"
    assert min(child.started for child in steps.children.values()) > until


def test_a_workflow_waits_for_its_turn_no_longer_than_a_day() -> None:
    steps = ScriptedSteps()
    other(steps)
    began = steps.clock.now
    end = execute(shape("a"), steps, overlap="wait")

    assert (end.error, steps.children) == (name(Row.OVERLAP, 0), {})
    assert 86400 <= steps.clock.now - began < 86400 + 60
    assert "ours may not wait longer" in json.loads(end.cause)["why"]


@pytest.mark.parametrize("overlap", ["forbid", "wait"])
@pytest.mark.parametrize(
    ("due", "status", "gives_way"),
    [
        (DUE, "SUCCEEDED", True),
        ("2026-11-25T02:30:00+09:00", "SUCCEEDED", True),
        ("2026-11-23T17:30:00Z", "SUCCEEDED", False),
        (DUE, "FAILED", False),
    ],
)
def test_a_due_time_that_comes_twice_is_run_once(overlap: str, due: str, status: str, gives_way: bool) -> None:
    steps = ScriptedSteps(Clock(1_795_541_700.0))
    other(steps, Status=status, Input=json.dumps({"scheduled": due}))
    end = execute(shape("a"), steps, {"scheduled": DUE}, overlap=overlap)

    assert (end.error, len(steps.children)) == ((name(Row.OVERLAP, 0), 0) if gives_way else ("", 1))


@pytest.mark.parametrize("given", [{"done": {}}, {"backfill": "week"}])
def test_a_run_again_and_one_of_a_backfill_are_made_whatever_ended_well_before(given: dict[str, Any]) -> None:
    steps = ScriptedSteps(Clock(1_795_541_700.0))
    other(steps, Status="SUCCEEDED", Input=json.dumps({"scheduled": DUE}))

    assert execute(shape("a"), steps, {"scheduled": DUE, **given}).status == "SUCCEEDED"


def test_a_look_that_fails_for_good_starts_nothing() -> None:
    steps = ScriptedSteps()

    def denied(arguments: Any) -> Any:  # noqa: ANN401 - JSON
        raise TaskError("Sfn.AccessDeniedException", f"not authorized: {arguments}")

    steps._list = denied  # type: ignore[method-assign]
    end = execute(shape("a"), steps)

    assert (end.error, steps.children) == (name(Row.NO_RESULT, 0), {})
    assert "whether another run is in progress cannot be seen" in json.loads(end.cause)["why"]


# The function.


def dead(*asks: str, times: float = float("inf")) -> Callable[[Mapping[str, Any]], None]:
    """A function that does not answer some questions, so often."""
    left = [times]

    def answering(question: Mapping[str, Any]) -> None:
        if question["ask"] in asks and left[0] > 0:
            left[0] -= 1
            raise RuntimeError("a defect")

    return answering


@pytest.mark.parametrize("ask", ["plan", "step", "sum"])
def test_a_function_that_is_mended_within_the_hour_changes_nothing(ask: str) -> None:
    steps = ScriptedSteps(errors={"step-b": "Batchwright.Exit3"}, before_answer=dead(ask, times=20))
    end = execute(shape("a [b c / d] e ; z"), steps)

    assert (end.error, sorted(ends(end))) == ("Batchwright.Exit3", ["step-a", "step-b", "step-d", "step-z"])


@pytest.mark.parametrize("value", ["secret-1", "of two\nlines secret-1"], ids=["taken", "refused"])
def test_its_log_names_no_value_of_an_option(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    execute(
        shape("a~"), ScriptedSteps(errors={"step-a": "TIMED_OUT"}), {"DAY": value}, options=(RunOption(name="DAY"),)
    )
    lines = capsys.readouterr().out

    assert '"ask": "plan"' in lines
    assert "secret-1" not in lines


def test_a_function_that_never_answers_starts_nothing() -> None:
    steps = ScriptedSteps(before_answer=dead("plan"))
    end = execute(shape("a"), steps)

    assert (end.error, steps.children) == (name(Row.NEVER_STARTED, 0), {})


def test_a_step_whose_end_nobody_judges_has_no_result_and_aborts_no_other() -> None:
    steps = ScriptedSteps(errors={"step-b": "Batchwright.Exit3"}, before_answer=dead("step"))
    end = execute(shape("[b c / d] e ; z"), steps)

    assert (end.error, ends(end)) == (NONE, {"step-b": "failed", "step-d": "succeeded", "step-z": "succeeded"})


def test_a_run_that_nobody_sums_up_has_no_result() -> None:
    assert execute(shape("a"), ScriptedSteps(before_answer=dead("sum"))).error == name(Row.NO_RESULT, 0)


def test_a_step_whose_start_is_denied_was_never_started_and_is_not_tried_for_long() -> None:
    steps = ScriptedSteps()

    def denied(arguments: Any) -> Any:  # noqa: ANN401 - JSON
        raise TaskError("StepFunctions.AccessDeniedException", f"not authorized: {arguments}")

    steps._start = denied  # type: ignore[method-assign]
    began = steps.clock.now
    end = execute(shape("a b"), steps)

    assert (end.error, ends(end)) == (name(Row.NEVER_STARTED, 0), {"step-a": "failed"})
    assert steps.clock.now - began < 180


def test_a_deployment_meanwhile_changes_no_order_and_no_verdict() -> None:
    steps = ScriptedSteps(errors={"step-a": "Batchwright.Exit3"})
    renamed = replace(facts(shape("x y")).record, overlap="wait")
    steps.before_answer = lambda question: setattr(steps, "record", renamed) if question["ask"] == "step" else None
    end = execute(shape("a~ b"), steps)

    assert (end.status, ends(end)) == ("SUCCEEDED", {"step-a": "failed", "step-b": "succeeded"})


@pytest.mark.parametrize("protocol", [0, 2])
def test_a_question_of_another_protocol_is_no_result(protocol: int) -> None:
    steps = ScriptedSteps()
    end = steps._invoke({"ask": "plan", "protocol": protocol, "execution": {"Id": PARENT}, "memo": {}})["Payload"]

    assert (end["next"], end["error"]) == ("fail", name(Row.NO_RESULT, 0))
    assert "deploy the platform first" in end["cause"]


# How long it may take, and how large it is.


def test_its_own_limit_is_that_of_the_longest_chain() -> None:
    long, short = (sample_manifest(timeout_seconds=seconds) for seconds in (7200, 60))
    manifests = {"step-a": long, "step-b": short, "step-c": long, "step-z": short}
    most = {step: whole_seconds(facts(shape(step[-1]), {step: of})) - 3600 for step, of in manifests.items()}
    forbids, waits = (
        whole_seconds(facts(shape("a [b / c] ; z"), manifests, overlap=overlap)) for overlap in ("forbid", "wait")
    )

    assert forbids == most["step-a"] + most["step-c"] + most["step-z"] + 3600
    assert waits - forbids == 86400


def nested(count: int, length: int) -> Structure:
    """Steps in groups of three branches, one in another, with names of a length."""
    names = iter([f"{number:02}".join(["x" * (length - 2), ""]) for number in range(count)])

    def step() -> WorkflowStep:
        return WorkflowStep(name=next(names), batch="b" * length)

    chain: Chain = (step(),)
    for _ in range((count - 1) // 6):
        chain = (step(), ParallelGroup((chain, (step(), step()), (step(), step()))), step())
    return Structure(steps=(*chain, *(WorkflowStep(name=name, batch="b" * length) for name in names)))


@pytest.mark.parametrize("length", [16, 40])
def test_a_hundred_steps_in_one_another_are_below_300_kb(length: int) -> None:
    structure = nested(MOST_STEPS, length)
    text = json.dumps(workflow_machine(facts(structure)), separators=(",", ":"))

    assert len(structure.all_steps) == MOST_STEPS
    assert len(text) < 300_000


def test_a_hundred_steps_in_one_another_are_run() -> None:
    structure = nested(MOST_STEPS, 16)
    steps = ScriptedSteps()
    end = execute(structure, steps)

    assert (end.status, len(steps.children)) == ("SUCCEEDED", MOST_STEPS)
    assert len(json.dumps(end.output)) < 12_000
    assert end.events < MOST_EVENTS / 10


@pytest.mark.parametrize("which", ["first", "last", "every second", "all but one"])
def test_a_hundred_steps_are_run_again_in_each_direction(which: str) -> None:
    structure = nested(MOST_STEPS, 40)
    names = [step.name for step in structure.all_steps]
    done = {"first": names[:-1], "last": names[1:], "every second": names[::2], "all but one": names[:50] + names[51:]}
    steps = ScriptedSteps()
    end = execute(structure, steps, {"done": dict.fromkeys(done[which], "succeeded in 9f1c"), "by": "jane"})

    assert end.status == "SUCCEEDED"
    assert {child.step for child in steps.children.values()} == set(names) - set(done[which])
    assert ends(end) == {step: "passed over" if step in done[which] else "succeeded" for step in names}


def test_each_task_and_group_catches_what_all_does_not_stand_for() -> None:
    def uncaught(states: Any) -> list[str]:  # noqa: ANN401 - JSON
        kinds = {name: state for name, state in states.items() if state["Type"] in ("Task", "Parallel")}
        caught = [["States.DataLimitExceeded"], ["States.ALL"]]
        found = {name: [catcher["ErrorEquals"] for catcher in state["Catch"]] for name, state in kinds.items()}
        branches = [branch for state in kinds.values() for branch in state.get("Branches", ())]
        below = [name for branch in branches for name in uncaught(branch["States"])]
        return [name for name in kinds if found[name] != caught] + below

    assert uncaught(workflow_machine(facts(shape("a [b [c / d] / e] f ; z")))["States"]) == []
    assert MACHINES in json.dumps(workflow_machine(facts(shape("a"))))


def test_a_failure_is_handed_to_the_alerts_before_it_ends_and_a_stage_without_them_has_no_such_state() -> None:
    states = workflow_machine(replace(facts(shape("a")), alerts=True))["States"]

    (event,) = states["Fail"]["Arguments"]["Entries"]
    assert event["Source"] == StageNames("batches", "staging").handed_source
    assert event["Detail"] == {"execution": "{% $states.context.Execution.Id %}"}
    assert (states["Fail"]["Next"], states["Failed"]["Type"]) == ("Failed", "Fail")
    assert [catcher["Next"] for catcher in states["Fail"]["Catch"]] == ["Failed"]
    assert workflow_machine(facts(shape("a")))["States"]["Fail"]["Type"] == "Fail"
