"""A batch's run again, where its machine started no task; stories show the others."""

import pytest

from batchwright_runner.contract.judgment.ending import stop_reason
from batchwright_runner.contract.judgment.verdict import StopRequest
from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.variables import SCHEDULED_DATE
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.workflows.structure import Structure, WorkflowStep
from batchwright_runner.errors import UsageError
from batchwright_runner.host.again.batch import batch_again
from batchwright_runner.host.again.before import Before
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.fargate.task import stop_task
from batchwright_runner.host.runs.run_id import RunId
from batchwright_runner.host.stage.session import Stage
from tests.fake_aws import Script
from tests.fake_aws.fixtures import REGION
from tests.runner.host.again.support import by_hand
from tests.runner.host.workflows.played import Account, devices, sample_workflow

DUE = "2027-01-15T02:30:00+09:00"
LONE = sample_workflow(Structure(steps=(WorkflowStep(name="load", options={"SHOP": "a", "GONE": "b"}),)))


def test_one_that_had_no_task_has_what_its_machine_was_given() -> None:
    account = Account(LONE, {}, options=(RunOption(name="SHOP"),))
    account.server.world.machine_ends["load"] = Row.PAUSED
    account.run("night", {"scheduled": DUE})

    (load,) = account.manifests
    (run,) = (
        execution.name for execution in account.server.world.executions.values() if execution.machine == load.machine
    )
    with devices() as (console, _, _):
        stage = Stage(StageTarget(project="batches", stage="staging"), account.aws, account.waiter, console, REGION)
        day = {SCHEDULED_DATE: "2027-01-14"}
        before = Before(run=f"{run}-again-1", options={"SHOP": "a"}, scheduled=DUE, backfill="", of_workflow=day)
        assert batch_again(stage, load, run) == before


def asked(account: Account, text: str, own_id: str = "") -> str:
    """The name of the run again of a run."""
    with devices() as (console, _, _):
        stage = Stage(StageTarget(project="batches", stage="staging"), account.aws, account.waiter, console, REGION)
        return batch_again(stage, account.manifests[0], text, own_id).run


def test_a_batch_that_has_succeeded_is_refused_unless_the_new_run_has_a_name() -> None:
    account = Account(LONE, {}, options=(RunOption(name="SHOP"),))
    account.run("night", {"scheduled": DUE})

    with pytest.raises(UsageError, match="has succeeded") as refused:
        asked(account, "latest")
    assert refused.value.hint.endswith("name it: batchwright run load -s staging --again latest --run-id ID")
    assert asked(account, "latest", "mine") == "mine"


LONG = "rundeck/" + "h" * 110 + "/471"


@pytest.mark.parametrize("due", ["", DUE])
@pytest.mark.parametrize("first", ["rundeck/host/471", LONG, "nightly-again"])
def test_two_people_name_one_run_again_of_a_batch(first: str, due: str) -> None:
    account = Account(LONE, {})
    by_hand(account, "load", due, 3, run=first)
    by_hand(account, "load", due, 3, run=f"{first}0")  # the name of the one begins that of the other

    begin = {asked(account, text) for text in (first, account.server.tasks[0].id[:8])}
    (name,) = begin
    assert name.endswith("-again-1")
    assert first == LONG or name == f"{first}-again-1"
    by_hand(account, "load", due, 3, run=RunId(name, given=True).started_by, after=10.0)
    assert {asked(account, text) for text in (first, "latest", name)} == {name}  # it is in progress: followed
    with pytest.raises(UsageError, match=f"its run load@{name} is in progress"):
        asked(account, first, "mine")
    account.waiter.wait(60.0)
    account.server.world.settle()
    second = name.removesuffix("1") + "2"
    assert {asked(account, text) for text in (first, "latest", name)} == {second}
    by_hand(account, "load", due, 0, run=second)
    for text in (first, "latest", name):
        with pytest.raises(UsageError, match=f"run load@{second} has succeeded"):
            asked(account, text)
    assert asked(account, first, "mine") == "mine"


def test_a_run_again_that_waits_for_its_turn_keeps_its_name() -> None:
    account = Account(LONE, {}, overlap="wait")
    by_hand(account, "load", "", 3, run="first")
    arn = by_hand(account, "load", "", 3, run="first-again-1", after=0.0)
    stop_task(account.aws, account.manifests[0], arn, stop_reason(StopRequest("overlap", run="f" * 32)), account.waiter)
    account.waiter.wait(60.0)
    account.server.world.settle()

    assert asked(account, "first") == "first-again-1"


def test_a_run_that_no_run_of_its_line_is_stays_refused_while_it_is_in_progress() -> None:
    account = Account(LONE, {})
    by_hand(account, "load", DUE, 3, run="first")
    by_hand(account, "load", DUE, 3, run="other", after=10.0)

    for text in ("first", "latest"):
        with pytest.raises(UsageError, match="its run load@other is in progress"):
            asked(account, text)


def test_a_task_without_a_run_s_name_is_run_again_by_its_id() -> None:
    account = Account(LONE, {})
    by_hand(account, "load", "", 3, run="")

    task = account.server.tasks[0].id
    assert asked(account, "latest") == f"{task}-again-1"


def test_one_whose_time_has_no_offset_was_not_due_with_others_that_have_none() -> None:
    due = "2027-01-15T02:30:00"
    account = Account(LONE, {"load": [Script(exit_code=3), Script()]}, options=(RunOption(name="SHOP"),))
    account.run("night", {"scheduled": due})
    by_hand(account, "load", "")

    run = account.server.tasks[0].id[:8]
    with devices() as (console, _, _):
        stage = Stage(StageTarget(project="batches", stage="staging"), account.aws, account.waiter, console, REGION)
        assert batch_again(stage, account.manifests[0], run).scheduled == due
