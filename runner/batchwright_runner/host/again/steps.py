"""Which steps of a workflow run, as the command line says it, and how a person sees it before."""

from collections.abc import Callable, Sequence

from batchwright_runner.contract.workflows.again import Asked, StepPlan, UndecidedError, plan
from batchwright_runner.contract.workflows.record import Workflow
from batchwright_runner.errors import UsageError
from batchwright_runner.host.terminal.table import table
from batchwright_runner.host.terminal.text import did_you_mean


def check_steps(workflow: Workflow, named: Sequence[str]) -> None:
    """Refuses steps that a workflow does not have.

    Raises:
        UsageError: It has none of one of these names.
    """
    names = [step.name for step in workflow.all_steps]
    for name in named:
        if name not in names:
            raise UsageError(f"no such step {name!r} of {workflow.name}", hint=did_you_mean(name, names))


def planned(workflow: Workflow, asked: Asked) -> list[StepPlan]:
    """What runs.

    Raises:
        UsageError: A person has to decide something before, or nothing is left to run.
    """
    try:
        return plan(workflow, asked)
    except UndecidedError as error:
        raise UsageError(f"{workflow.name} was not started: {error}", hint=error.hint) from error


def tell(note: Callable[[str], None], plans: Sequence[StepPlan]) -> None:
    """Says of each step whether it runs, and why."""
    note(table(("STEP", "RUNS", "WHY"), [(one.step, "yes" if one.runs else "no", one.why) for one in plans]))
