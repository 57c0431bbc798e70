"""What is known and shown before a run again: what RUN was given, which steps run, and what is refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from batchwright_runner.contract.command_lines import again_line, command_line
from batchwright_runner.contract.workflows.again import AgainRequest, StepPlan, UndecidedError, plan
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.errors import UsageError
from batchwright_runner.host.terminal.table import table
from batchwright_runner.host.terminal.text import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What a run was given that is to run again."""

    # The id of the run again
    run: str
    options: Mapping[str, str]
    # The time for which it was due; empty where that is not known
    scheduled: str
    # The backfill that it belongs to; empty for none
    backfill: str
    # Variables that its workflow gave it. Default: none did.
    of_workflow: Mapping[str, str] = field(default_factory=dict)


def in_progress(run: str, stage: str) -> UsageError:
    """The error of a run that goes on, by its name."""
    return UsageError(
        f"{run.partition('@')[0]} was not started: its run {run} is in progress",
        hint=f"Follow it: {command_line('attach', run, stage)}",
    )


def of_another(name: str, stage: str, owner: str, run: str) -> UsageError:
    """The error of a run that is another batch's, or another workflow's."""
    return UsageError(
        f"--again {run} is refused: that is a run of {owner}, not of {name}",
        hint=f"Run it again with {again_line(owner, stage, run.removeprefix(f'{owner}@'))}",
    )


def check_steps(workflow: WorkflowManifest, named: Sequence[str]) -> None:
    """Refuses steps that a workflow does not have."""
    names = [step.name for step in workflow.all_steps]
    for name in named:
        if name not in names:
            raise UsageError(f"no such step {name!r} of {workflow.name}", hint=did_you_mean(name, names))


def planned(workflow: WorkflowManifest, asked: AgainRequest) -> list[StepPlan]:
    """What runs."""
    try:
        return plan(workflow, asked)
    except UndecidedError as error:
        raise UsageError(f"{workflow.name} was not started: {error}", hint=error.hint) from error


def tell(note: Callable[[str], None], plans: Sequence[StepPlan]) -> None:
    """Says of each step whether it runs, and why."""
    note(table(("STEP", "RUNS", "WHY"), [(entry.step, "yes" if entry.runs else "no", entry.why) for entry in plans]))
