"""A workflow's runs again, followed without waiting: what the runs before say, and what may have changed since."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.tasks import SHORT_ID
from batchwright_runner.contract.workflows.again import AgainRequest, done_of
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.names import execution_name
from batchwright_runner.contract.workflows.structure import WorkflowStep
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.again.workflow import RunAgain, refuse_another, run_again
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.stage.session import Stage
from tests.fake_aws import Script
from tests.fake_aws.fixtures import REGION
from tests.kit.workflow_rows import shape
from tests.runner.host.again.support import by_hand
from tests.runner.host.workflows.played import Account, Played, devices, sample_workflow

DUE = "2027-01-15T02:30:00+09:00"
CHAIN = sample_workflow(shape("a b c"), options=(RunOption(name="SHOP"),))
FAILS = (Script(exit_code=3), Script())
SEVEN = execution_name("rundeck/7")


def failed(workflow: WorkflowManifest = CHAIN, due: str = DUE, **scripts: Sequence[Script]) -> Account:
    """An account in which the first run of a workflow has failed in its second step."""
    account = Account(
        workflow, {"step-b": FAILS, **{name.replace("_", "-"): script for name, script in scripts.items()}}
    )
    account.run("rundeck/7", {"scheduled": due, "SHOP": "a", "backfill": "b-1"})
    return account


def asked(account: Account, run: str, *begin: str, done: Sequence[str] = ()) -> RunAgain:
    """What runs again."""
    with devices() as (console, _, err):
        target = StageTarget(project="batches", stage="staging")
        stage = Stage(target, account.aws, account.waiter, console, REGION)
        try:
            return run_again(stage, account.workflow, run, AgainRequest(by="jane@ops", begin=begin, done=done))
        finally:
            console.flush()
            account.said = err  # type: ignore[attr-defined] # for who asks


def given(found: RunAgain, by: str = "jane@ops") -> dict[str, Any]:
    """What the machine is given."""
    more = {"scheduled": found.scheduled, "backfill": found.backfill}
    return {**more, **found.options, "done": done_of(found.plans), "by": by}


def again(account: Account, run: str, *begin: str, **more: Any) -> Played:  # noqa: ANN401 - those of `asked`
    """Runs it again, to its end."""
    found = asked(account, run, *begin, **more)
    return account.run(found.run, given(found))


def test_each_id_of_the_line_goes_on_from_the_last_one() -> None:
    account = failed(step_c=FAILS)
    second = again(account, "rundeck/7")

    assert second.states == {"step-a": "passed over", "step-b": "succeeded", "step-c": "failed"}
    for run in ("rundeck/7", "rundeck/7-again-1", "nightly@rundeck/7", "latest", "nightly@latest"):
        found = asked(account, run)
        assert found.run == "rundeck/7-again-2"
        assert done_of(found.plans) == {"step-a": "succeeded in rundeck/7", "step-b": "succeeded in rundeck/7-again-1"}
        assert (found.scheduled, found.options, found.backfill) == (DUE, {"SHOP": "a"}, "b-1")
    assert again(account, "rundeck/7").end.succeeded
    with pytest.raises(UsageError, match=r"nothing is left of rundeck/7-again-2"):
        asked(account, "rundeck/7-again-1")


def test_a_short_id_and_an_arn_lead_to_the_line_too() -> None:
    account = failed()
    execution = next(run for run in account.server.world.executions.values() if run.machine == CHAIN.machine)
    short = execution.name[-32:-24]

    assert SHORT_ID.fullmatch(short)
    for run in (short, execution.arn):
        assert asked(account, run).run == "rundeck/7-again-1"


def test_one_that_nobody_has_given_a_time_has_that_of_its_beginning() -> None:
    account = Account(CHAIN, {"step-b": FAILS})
    account.run("night")
    found = asked(account, "night")
    tasks = [
        json.loads(execution.given)
        for execution in account.server.world.executions.values()
        if "AWS_STEP" in execution.given
    ]

    assert found.scheduled == "2027-01-15T08:00:00.000+00:00"
    assert {task["scheduled"][:19] for task in tasks} == {found.scheduled[:19]}


def test_a_fix_that_was_deployed_between_is_what_runs() -> None:
    account = failed()
    account.workflow = replace(
        CHAIN, steps=shape("a n b+ c").steps, options=(RunOption(name="DAY"),), always=shape("a ; z").always
    )
    account.deploy()

    found = asked(account, "latest")
    assert [plan.step for plan in found.plans if plan.runs] == ["step-n", "step-b", "step-c", "step-z"]
    assert found.options == {}
    assert "option SHOP is not declared any more" in account.said()  # type: ignore[attr-defined]
    assert account.run(found.run, given(found)).end.succeeded


def test_an_option_s_value_that_is_not_allowed_any_more_is_refused() -> None:
    account = failed()
    account.workflow = replace(CHAIN, options=(RunOption(name="SHOP", values=("b",)),))

    with pytest.raises(UsageError, match=r"-o SHOP=a is refused"):
        asked(account, "latest")


def test_a_renamed_step_of_the_same_batch_was_not_run_by_hand() -> None:
    account = failed()
    account.workflow = replace(CHAIN, steps=(WorkflowStep(name="step-n", batch="step-a"), *shape("b c").steps))
    account.deploy()

    with pytest.raises(UsageError, match=r"step step-n is new, and step-a is gone.*--from step-n.*--done step-n"):
        asked(account, "latest")


@pytest.mark.parametrize("forgotten", [False, True], ids=["ECS knows it", "the history knows it"])
def test_a_step_that_was_mended_by_hand_is_refused_until_someone_says_that_it_is_done(*, forgotten: bool) -> None:
    account = failed()
    by_hand(account, "step-b", "2027-01-14T17:30:00Z")
    if forgotten:
        account.server.forget(tasks=True)

    with pytest.raises(UsageError, match=r"step step-b has succeeded since, for the same time, in hand"):
        asked(account, "latest")
    done = again(account, "latest", done=["step-b"])
    assert done.states == {"step-a": "passed over", "step-b": "passed over", "step-c": "succeeded"}


@pytest.mark.parametrize(
    ("due", "scheduled", "code"),
    [
        (DUE, "2027-01-16T02:30:00+09:00", 0),
        (DUE, "", 0),
        ("2027-01-15T02:30:00", "", 0),  # without an offset: no one knows when that was
        (DUE, DUE, 3),
    ],
)
def test_a_run_by_hand_for_another_time_or_that_failed_is_no_mending(due: str, scheduled: str, code: int) -> None:
    account = failed(due=due)
    by_hand(account, "step-b", scheduled, code)

    assert [plan.step for plan in asked(account, "latest").plans if plan.runs] == ["step-b", "step-c"]


def test_what_was_mended_by_hand_before_it_failed_again_is_not_mended() -> None:
    account = failed(step_b=[Script(exit_code=3), Script(), Script(exit_code=4)])
    by_hand(account, "step-b", DUE)
    manifest = next(batch for batch in account.manifests if batch.batch == "step-b")
    account.server.script(manifest, Script(exit_code=4))
    again(account, "latest", "step-b")

    assert next(plan.why for plan in asked(account, "latest").plans if plan.runs) == "exit 4 in rundeck/7-again-1"


def test_where_it_may_not_be_seen_whether_a_step_was_mended_that_is_said() -> None:
    account = failed()
    account.aws.fails["ListTasks"] = lambda _: ApiError("AccessDeniedException", "not authorized")

    assert asked(account, "latest").run == "rundeck/7-again-1"
    assert "whether a step has succeeded by hand since cannot be seen" in account.said()  # type: ignore[attr-defined]


def test_a_run_in_progress_is_refused_and_one_whose_step_goes_on() -> None:
    account = Account(CHAIN, {"step-b": [Script(runs=1e6)]})
    account.server.world.stops_children = False
    account.waiter.at[60.0] = 15
    account.run("night", on_signal="leave")
    account.waiter.at.clear()

    with pytest.raises(UsageError, match=r"its run nightly@night is in progress.*attach nightly@night"):
        asked(account, "latest")
    execution = next(run for run in account.server.world.executions.values() if run.machine == CHAIN.machine)
    account.aws.call("stepfunctions", "stop_execution", executionArn=execution.arn)
    with pytest.raises(
        UsageError, match=r"step step-b of its run nightly@night is in progress.*stop step-b@step-b-[0-9a-f]{32} -s"
    ):
        asked(account, "latest")


@pytest.mark.parametrize(
    ("run", "problem"),
    [
        ("noon", r"no such run 'nightly@noon'"),
        ("orders@night", r"that is a run of orders, not of nightly.*run orders -s staging --again orders@night"),
        ("nightly@", r"'nightly@' names no run"),
        (f"arn:aws:states:eu-west-1:111111111111:execution:batches-staging-other:{SEVEN}", r"no such run"),
    ],
)
def test_a_run_that_is_not_there_or_of_another_is_refused(run: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        asked(failed(), run)


def test_two_people_at_once_start_one() -> None:
    account = failed()
    jane, bob, eve = (asked(account, "latest", *begin) for begin in ((), (), ("step-a",)))
    before = len(account.server.world.executions)
    account.run(jane.run, given(jane))
    account.run(bob.run, given(bob, "bob@ops"))

    assert account.joined
    assert len(account.server.world.executions) == before + 3
    with devices() as (console, _, _):
        stage = Stage(StageTarget(project="batches", stage="staging"), account.aws, account.waiter, console, REGION)
        refuse_another(stage, account.workflow, bob.run, done_of(bob.plans))
        with pytest.raises(UsageError, match=r"someone has started rundeck/7-again-1 meanwhile"):
            refuse_another(stage, account.workflow, eve.run, done_of(eve.plans))


@pytest.mark.parametrize("operation", ["DescribeExecution", "GetExecutionHistory", "ListExecutions", "GetParameter"])
def test_what_fails_for_a_moment_while_it_looks_is_asked_again(operation: str) -> None:
    account = failed()
    begun = account.aws.count(operation)
    throttled = ApiError("ThrottlingException", "Rate exceeded")
    account.aws.fails[operation] = lambda number: throttled if number < begun + 2 else None

    assert [plan.step for plan in asked(account, "latest").plans if plan.runs] == ["step-b", "step-c"]


def test_where_a_run_may_not_be_seen_nothing_is_planned() -> None:
    account = failed()
    account.aws.fails["GetExecutionHistory"] = lambda _: ApiError("AccessDeniedException", "not authorized")

    with pytest.raises(RunnerError, match=r"the steps of arn:\S+ cannot be seen"):
        asked(account, "latest")


def test_where_the_first_run_is_forgotten_the_others_still_count() -> None:
    account = failed(step_c=[Script(exit_code=3)])
    again(account, "latest")
    again(account, "latest")
    world = account.server.world
    first = next(arn for arn in world.executions if "nightly:rundeck-7-" in arn and "again" not in arn)
    del world.executions[first]

    found = asked(account, "rundeck/7-again-1")
    assert found.run == "rundeck/7-again-3"
    assert done_of(found.plans) == {"step-a": "succeeded in rundeck/7", "step-b": "succeeded in rundeck/7-again-1"}
