"""A batch's run again: the options and the time of the run before."""

from collections.abc import Mapping
from dataclasses import dataclass

from batchwright_runner.contract.command_lines import again_line, command_line
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.run import Run
from batchwright_runner.contract.tasks import Given, given_to
from batchwright_runner.errors import AmbiguousError, DeniedError, RunnerError, UsageError, WorkflowNamedError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.runs.run_id import LATEST, split_batch
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.workflows.find import described, refuse_workflow


@dataclass(frozen=True, slots=True)
class Before:
    """What a run was given.

    Attributes:
        options: Option to value, of the options that are declared today.
        scheduled: The time for which it was due; empty where that is not known.
        backfill: The backfill that it belongs to; empty for none.
    """

    options: Mapping[str, str]
    scheduled: str
    backfill: str


def batch_again(stage: Stage, manifest: BatchManifest, text: str) -> Before:
    """What a run was given that is to run again.

    Args:
        stage: The stage.
        manifest: The batch.
        text: The run, as a person names it; ``latest`` for the last one.

    Raises:
        UsageError: There is no such run, it is another batch's, it is in progress, or it has succeeded.
        RunnerError: It cannot be seen.
    """
    run = _found(stage, manifest, text)
    name = manifest.batch
    if run.in_progress:
        raise UsageError(
            f"{name} was not started: run {text} is in progress",
            hint=f"Follow it: {command_line('attach', f'{name}@{run.started_by}', manifest.stage)}",
        )
    if run.succeeded:
        due = ("--scheduled", run.scheduled) if run.scheduled else ()
        raise UsageError(
            f"{name} was not started: run {text} has succeeded",
            hint=f"For a new run all the same: {command_line('run', name, manifest.stage, *due)}",
        )
    given = given_to(run.last.task, manifest.container)
    waited = described(stage, run.execution) if run.execution and not run.last.has_task else None
    told = waited.given if waited is not None else given.own
    known = {option.name for option in manifest.options}
    _tell_what_is_not_repeated(stage, given, known)
    options = {option: str(value) for option, value in told.items() if option in known}
    return Before(options, run.scheduled, run.backfill)


def _found(stage: Stage, manifest: BatchManifest, text: str) -> Run:
    name, own = manifest.batch, Runs(stage, [manifest])
    batch, _ = split_batch(text)
    if batch not in ("", name):
        raise _of_another(stage, name, batch, text)
    try:
        return own.whole(own.find(f"{name}{LATEST}" if text == LATEST[1:] else text))
    except UsageError as error:
        if isinstance(error, AmbiguousError) or batch or text == LATEST[1:]:
            raise
        other = _batch_of(stage, text)
        raise (_of_another(stage, name, other, text) if other else error) from error
    except (ApiError, DeniedError) as error:
        raise RunnerError(f"run {text} cannot be seen: {error}") from error


def _of_another(stage: Stage, name: str, other: str, text: str) -> UsageError:
    return UsageError(
        f"--again {text} is refused: that is a run of {other}, not of {name}",
        hint=f"Run it again with {again_line(other, stage.target.stage, text)}",
    )


def _batch_of(stage: Stage, text: str) -> str:
    """The other batch, or the workflow, of which a run is; empty where none is known."""
    try:
        refuse_workflow(stage, text)
        return Runs.of(stage).find(text).manifest.batch
    except WorkflowNamedError as named:
        return named.workflow.name
    except (RunnerError, ApiError):
        return ""


def _tell_what_is_not_repeated(stage: Stage, given: Given, known: set[str]) -> None:
    others = [f"-e {name}" for name in sorted(given.own.keys() - known)]
    others += ["the command"] if given.command else []
    others += ["--cpu, --memory"] if any(given.size) else []
    if others:
        stage.tell.note(f"not repeated of the run before: {', '.join(others)}")
