"""A workflow's run again: what the runs before it say, and what it is given."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

from batchwright_runner.contract.command_lines import command_line
from batchwright_runner.contract.executions import RUNNING, Execution
from batchwright_runner.contract.moments import moment
from batchwright_runner.contract.options import WORKFLOW_INPUT
from batchwright_runner.contract.run import runs_from
from batchwright_runner.contract.tasks import identity
from batchwright_runner.contract.workflows.again import AgainRequest, LineRun, StepPlan, known_steps, told_done
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.names import again_id, first_id, shown_id, step_of
from batchwright_runner.contract.workflows.rules import NOT_STARTED, PASSED_OVER, StepStatus
from batchwright_runner.contract.workflows.structure import steps_of
from batchwright_runner.errors import DeniedError, UsageError
from batchwright_runner.host.again.before import Before, in_progress, of_another, planned
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.runs.options import option_variables
from batchwright_runner.host.runs.run_id import LATEST, RunName
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.workflows.find import described, find_workflow_run
from batchwright_runner.host.workflows.seen import see_run
from batchwright_runner.host.workflows.start import arn_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAgain(Before):
    """A run again, before it is started."""

    plans: Sequence[StepPlan]


def run_again(stage: Stage, workflow: WorkflowManifest, text: str, asked: AgainRequest) -> RunAgain:
    """What runs again of a run, and of the runs again of it.

    `text`: Any run of the line, as a person names it; ``latest`` for the last one.
    """
    named = RunName.of(text)
    if not named.bare and named.batch not in ("", workflow.name):
        raise of_another(workflow.name, workflow.stage, named.batch, text)
    execution = find_workflow_run(stage, workflow, text if named.bare else named.run or LATEST[1:])
    executions = _line_of(stage, workflow, execution)
    line = [_seen(stage, workflow, execution) for execution in executions]
    first = executions[0]
    mended = _mended(stage, workflow, executions, line)
    plans = planned(workflow, replace(asked, line=line, mended=mended))
    name, number = first_id(executions[-1].run_id)
    return RunAgain(
        run=again_id(name, number + 1),
        scheduled=first.due,
        options=_options(stage, workflow, first),
        backfill=first.backfill,
        plans=plans,
    )


def refuse_another(stage: Stage, workflow: WorkflowManifest, run: str, done: Collection[str]) -> None:
    """Refuses the run that another person has started under its id meanwhile, where other steps run in it."""
    there = described(stage, arn_of(workflow, run))
    if there is not None and set(told_done(there)) != set(done):
        raise UsageError(
            f"{workflow.name} was not started: someone has started {run} meanwhile, in which other steps run",
            hint=f"Follow it: {command_line('attach', f'{workflow.name}@{run}', workflow.stage)}",
        )


def _line_of(stage: Stage, workflow: WorkflowManifest, execution: Execution) -> list[Execution]:
    """A run, those that it runs again, and those that run it again: as far as they are known, the first one first."""
    first, number = first_id(execution.run_id)

    def known(numbers: Iterable[int]) -> Iterator[Execution]:
        for at in numbers:
            execution = described(stage, arn_of(workflow, again_id(first, at)))
            if execution is None:
                return
            yield execution

    line = [*reversed([*known(range(number - 1, -1, -1))]), execution, *known(count(number + 1))]
    for run in line:
        if run.status == RUNNING:
            raise in_progress(f"{workflow.name}@{shown_id(run.run_id)}", workflow.stage)
    return line


def _seen(stage: Stage, workflow: WorkflowManifest, execution: Execution) -> LineRun:
    """What has become of the steps of a run."""
    ends = see_run(stage, workflow, execution).steps
    for end in ends:
        if end.state.status is StepStatus.RUNNING:
            child = f"{end.step.batch}@{identity(end.extra['execution'])}"
            raise UsageError(
                f"{workflow.name} was not started: step {end.step.name} of its run "
                f"{workflow.name}@{execution.run_id} is in progress",
                hint=f"Stop it: {command_line('stop', child, workflow.stage)}",
            )
    begun = {end.step.name: end.state for end in ends if end.state not in (NOT_STARTED, PASSED_OVER)}
    return LineRun(execution.run_id, told_done(execution), begun)


def _options(stage: Stage, workflow: WorkflowManifest, first: Execution) -> dict[str, str]:
    """The options of a run, as far as they are declared today."""
    known = {option.name for option in workflow.options}
    inputs = {name: str(text) for name, text in first.given.items() if name not in WORKFLOW_INPUT}
    for name in inputs.keys() - known:
        stage.tell.note(f"option {name} is not declared any more, and left out")
    return option_variables(workflow, {name: text for name, text in inputs.items() if name in known}, {})


def _mended(
    stage: Stage, workflow: WorkflowManifest, executions: Sequence[Execution], line: Sequence[LineRun]
) -> dict[str, str]:
    """Step to the run, of those whose batch has succeeded by hand for the same time since the line ran the step."""
    if (due := moment(executions[0].due)) is None:
        return {}
    known_before = known_steps(line)
    open_steps = [
        step
        for step in steps_of(workflow.steps)
        if step.name not in known_before or not known_before[step.name].left_alone(step)
    ]
    runs = Runs(stage, [stage.read_batch(batch) for batch in dict.fromkeys(step.batch for step in open_steps)])
    try:
        all_runs = runs_from([*runs.past(since=executions[0].started), *runs.current()])
    except (ApiError, DeniedError) as error:
        stage.tell.note(f"whether a step has succeeded by hand since cannot be seen: {error}")
        return {}
    by_hand = [run for run in all_runs if not any(step_of(run.started_by, execution.arn) for execution in executions)]
    same = [run for run in by_hand if run.succeeded and moment(run.scheduled) == due]
    by_step = {}
    for step in open_steps:
        ran = [execution.started for execution, seen in zip(executions, line, strict=True) if step.name in seen.ends]
        since = max(ran, default=executions[0].started)
        hand = next((run for run in same if run.manifest.batch == step.batch and run.created >= since), None)
        if hand is not None:
            by_step[step.name] = hand.started_by
    return by_step
