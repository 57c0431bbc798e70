"""What is said to somebody who resumes something that is not paused: how to run again what has failed."""

from batchwright_runner.commands.meant import runs_about
from batchwright_runner.contract.command_lines import again_line, command_line
from batchwright_runner.contract.run import runs_from
from batchwright_runner.contract.verdicts import Verdict
from batchwright_runner.errors import RunnerError, WorkflowNamedError
from batchwright_runner.host.fargate.end import asked_for
from batchwright_runner.host.fargate.execution_runs import again_of
from batchwright_runner.host.runs.run_id import LATEST
from batchwright_runner.host.stage.session import Stage


def instead_of_resume(stage: Stage, name: str) -> list[str]:
    """What to do, by how the last run of a batch or a workflow has ended."""
    at = stage.target.stage
    try:
        found, run, again = _last(stage, name)
    except RunnerError:  # it has none, or it may not be seen
        return [f"a failed run of it is run again with: {again_line(name, at, 'latest')}"]
    if found is None:
        return [f"its last run is in progress: {command_line('attach', run, at)}"]
    return [f"its last run, {run}, ended with {found.said}", *([f"run it again: {again}"] if again else [])]


def _last(stage: Stage, name: str) -> tuple[Verdict | None, str, str]:
    """How the last run has ended, its name, and the command that runs it again if it has failed.

    Raises:
        RunnerError: There is none, or it cannot be seen.
    """
    try:
        last = runs_about(stage, f"{name}{LATEST}").find(f"{name}{LATEST}")
    except WorkflowNamedError as named:
        from batchwright_runner.host.workflows.find import find_run
        from batchwright_runner.host.workflows.runs import WorkflowRun

        whole = WorkflowRun(named.workflow, find_run(stage, named.workflow, None, f"{name}{LATEST}"))
        return whole.verdict, f"{name}@{whole.execution.run_id}", whole.again
    (run,) = runs_from([last])
    return run.verdict, asked_for(last.manifest, last.started_by or last.arn), again_of(stage.aws, run)
