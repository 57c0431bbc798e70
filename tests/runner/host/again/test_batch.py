"""A batch's run again, where its machine started no task; stories show the others."""

import pytest

from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.variables import SCHEDULED_DATE
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.workflows.structure import Structure, WorkflowStep
from batchwright_runner.errors import UsageError
from batchwright_runner.host.again.batch import batch_again
from batchwright_runner.host.again.before import Before
from batchwright_runner.host.aws.config import StageTarget
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
        before = Before(options={"SHOP": "a"}, scheduled=DUE, backfill="", of_workflow={SCHEDULED_DATE: "2027-01-14"})
        assert batch_again(stage, load, run) == before


def test_one_that_has_succeeded_is_refused_with_the_command_that_is_for_the_same_day() -> None:
    account = Account(LONE, {}, options=(RunOption(name="SHOP"),))
    account.run("night", {"scheduled": DUE})

    with devices() as (console, _, _):
        stage = Stage(StageTarget(project="batches", stage="staging"), account.aws, account.waiter, console, REGION)
        with pytest.raises(UsageError, match="has succeeded") as refused:
            batch_again(stage, account.manifests[0], "latest")
    day = "-e BATCHWRIGHT_SCHEDULED_DATE=2027-01-14"
    assert refused.value.hint.endswith(f"batchwright run load -s staging --scheduled {DUE} -o SHOP=a {day}")


def test_one_whose_time_has_no_offset_was_not_due_with_others_that_have_none() -> None:
    due = "2027-01-15T02:30:00"
    account = Account(LONE, {"load": [Script(exit_code=3), Script()]}, options=(RunOption(name="SHOP"),))
    account.run("night", {"scheduled": due})
    by_hand(account, "load", "")

    run = account.server.tasks[0].id[:8]
    with devices() as (console, _, _):
        stage = Stage(StageTarget(project="batches", stage="staging"), account.aws, account.waiter, console, REGION)
        assert batch_again(stage, account.manifests[0], run).scheduled == due
