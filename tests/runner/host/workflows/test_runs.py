"""The runs of workflows as tables show them, and what they are called there."""

from collections.abc import Sequence

import pytest

from batchwright_runner.contract.executions import Execution
from batchwright_runner.contract.run_entry import entry_of
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.workflows.names import execution_name, first_id
from batchwright_runner.contract.workflows.run import StepsRun, is_called
from batchwright_runner.host.workflows.runs import WorkflowRuns
from tests.fake_aws import Script
from tests.kit.workflow_rows import shape
from tests.runner.host.workflows.played import BEGINNING, Account, machine, sample_workflow

CHAIN = sample_workflow(shape("a b c"))


def words(runs: WorkflowRuns) -> list[tuple[str, Sequence[tuple[str, str]]]]:
    joined, _ = runs.join([])
    entries = [entry_of(run, BEGINNING) for run in joined]
    return [(entry["word"], [(step["step"], step["word"]) for step in entry["steps"]]) for entry in entries]


def test_steps_without_a_task_are_asked_for_by_name_where_a_run_has_failed() -> None:
    account = Account(CHAIN, {"step-a": [Script(runs=5.0)]})
    account.server.world.machine_ends["step-b"] = Row.PAUSED
    account.run()

    runs = WorkflowRuns(account.aws, [CHAIN], lambda: 0.0, account.waiter.now, account.manifests)

    assert words(runs) == [("step not run", [("step-a", "succeeded"), ("step-b", "paused")])]


def test_a_run_that_began_before_is_left_out_unless_it_goes_on() -> None:
    account = Account(CHAIN, {"step-a": [Script(runs=1e6)]})
    account.waiter.at[30.0] = 15
    account.run(on_signal="leave")
    later = BEGINNING + 60.0

    assert [word for word, _ in words(WorkflowRuns(account.aws, [CHAIN], lambda: later, lambda: 0.0))] == ["running"]


@pytest.mark.parametrize(
    ("run", "short"),
    [
        ("night", "night"),
        ("rundeck/server/42", execution_name("rundeck/server/42")[-32:-24]),
        ("3f0c6a52-9d1e-4c0e-8f55-0d4a3c1f7a11", "3f0c6a52"),
        ("3f0c6a52-9d1e-4c0e-8f55-0d4a3c1f7a11-again-2", "3f0c6a52-again-2"),
        ("night-again-1", "night-again-1"),
        ("rundeck/server/42-again-1", execution_name("rundeck/server/42-again-1")[-32:-24]),
    ],
)
def test_a_short_id_is_found_again(run: str, short: str) -> None:
    arn = f"{machine('nightly').replace(':stateMachine:', ':execution:')}:{execution_name(run)}"
    execution = Execution(arn=arn, status="RUNNING", run_id=run)

    assert StepsRun.of(CHAIN, execution).short_id == short
    assert is_called(execution, short)
    assert not is_called(execution, f"{first_id(short)[0]}-again-3")
    assert is_called(execution, first_id(short)[0]) == (first_id(short)[1] == 0)


@pytest.mark.parametrize(("run", "id"), [("night", "night"), ("a@b", execution_name("a@b"))])
def test_a_failed_run_is_run_again_by_an_id_that_a_verb_can_read(run: str, id: str) -> None:
    arn = f"{machine('nightly').replace(':stateMachine:', ':execution:')}:{execution_name(run)}"
    execution = Execution(arn=arn, status="FAILED", run_id=run, error="Batchwright.Exit3")

    assert StepsRun.of(CHAIN, execution).again.endswith(f"--again {CHAIN.name}@{id}")
