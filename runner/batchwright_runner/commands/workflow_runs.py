"""What ``attach``, ``stop`` and ``logs`` do with a run of a workflow."""

from typing import Literal

from batchwright_runner.contract.ends import STOP_REASON
from batchwright_runner.contract.workflows.names import shown_id
from batchwright_runner.contract.workflows.run import StepsRun
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.again.before import check_steps
from batchwright_runner.host.fargate.log_view import LogView
from batchwright_runner.host.runs.caller import this_caller
from batchwright_runner.host.runs.end import tell_end
from batchwright_runner.host.stage.session import Stage, Surroundings
from batchwright_runner.host.workflows.end import end_of
from batchwright_runner.host.workflows.follow import Following, WorkflowFollower
from batchwright_runner.host.workflows.seen import show_logs


def attach_workflow(
    at: Stage,
    around: Surroundings,
    run: StepsRun,
    *,
    on_signal: Literal["stop", "leave"],
    all_containers: bool,
) -> int:
    """Follows a run of a workflow from its first line to its end. Gives the exit code of ``run``."""
    _say_where(at, run)
    following = Following(on_signal=on_signal, all_containers=all_containers)
    end = end_of(run.whole.run_id, _followed(at, around, run, following))
    around.console.quiet &= end.succeeded and not end.incomplete
    tell_end(around.console.note, end)
    return end.verdict.code


def logs_of_workflow(at: Stage, around: Surroundings, run: StepsRun, *, view: LogView, follow: bool, step: str) -> None:
    """Shows the logs of a run's steps, or that of one, without labels."""
    check_steps(run.workflow, [step] if step else [])
    _say_where(at, run)
    if not follow:
        show_logs(at, run.workflow, run.execution, around.output, view, step)
        return
    following = Following(on_signal="leave", labeled=not step, only=step, view=view)
    followed = _followed(at, around, run, following)
    end = end_of(run.whole.run_id, followed)
    if not at.waiter.signals and (end.incomplete or followed.lost):
        raise RunnerError(
            f"lines may be missing: {end.incomplete or end.verdict.why}", hint=f"See all: {end.whole_log}"
        )


def stop_workflow(at: Stage, around: Surroundings, run: StepsRun, reason: str, *, as_json: bool) -> int:
    """Stops a run of a workflow and its steps in progress, and looks until they have ended."""
    _say_where(at, run)
    running, name = run.in_progress, f"{run.workflow.name}@{shown_id(run.whole.run_id)}"
    if running:
        around.console.note(f"stopping: {name}")
        following = Following(on_signal="leave", log="none", stop=f"{STOP_REASON}: {reason}, by {this_caller()}")
        end = end_of(run.whole.run_id, _followed(at, around, run, following))
        if end.goes_on:
            hint = "\n".join(end.goes_on)
            raise RunnerError(f"run {name} is not known to have stopped: {end.verdict.why}", hint=hint, again="ask")
        around.console.note("\n".join([*end.lines, *end.on_failure, f"run it again: {end.run_again}"]))
    else:
        around.console.note(f"it has ended already: {name}")
    if as_json:
        data = {
            "workflow": run.workflow.name,
            "run": name,
            "run_id": run.whole.run_id,
            "execution": run.execution,
            "stopping": running,
        }
        around.console.print_json(data)
    return 0


def _say_where(at: Stage, run: StepsRun) -> None:
    at.say_where(run.workflow.account, run.workflow.name, "workflow")


def _followed(at: Stage, around: Surroundings, run: StepsRun, following: Following) -> WorkflowFollower:
    return WorkflowFollower(at, run.workflow, run.execution, around.output, around.console, following).follow()
