"""A batch's run again: the options and the time of the run before."""

from batchwright_runner.contract.command_lines import command_line, option_words
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import moment
from batchwright_runner.contract.run import Run, runs_from
from batchwright_runner.contract.tasks import given_to
from batchwright_runner.contract.variables import SCHEDULED_DATE
from batchwright_runner.contract.workflows.rules import FAILED_VARIABLE
from batchwright_runner.errors import AmbiguousError, DeniedError, RunnerError, UsageError
from batchwright_runner.host.again.before import Before, if_of_another, in_progress, of_another
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.runs.run_id import LATEST, split_batch
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.workflows.find import described


def batch_again(stage: Stage, manifest: BatchManifest, text: str) -> Before:
    """What a run was given that is to run again.

    `text`: the run, as a person names it; ``latest`` for the last one.
    """
    run = _run_named(stage, manifest, text)
    name = manifest.batch
    if run.in_progress:
        raise in_progress(name, manifest.stage, run.started_by)
    later = _later(stage, manifest, run)
    if going := next((later_run for later_run in later if later_run.in_progress), None):
        raise in_progress(name, manifest.stage, going.started_by)
    given = given_to(run.last.task, manifest.container)
    waited = described(stage, run.execution) if run.execution and not run.last.has_task else None
    values = waited.given if waited is not None else given.variables
    known = {option.name for option in manifest.options}
    options = {option: str(value) for option, value in values.items() if option in known}
    # The day is that of the workflow's zone, of which the batch knows nothing.
    of_workflow = {name: str(values[name]) for name in (SCHEDULED_DATE, FAILED_VARIABLE) if name in values}
    if good := next((candidate for candidate in (run, *later) if candidate.succeeded), None):
        day, due = of_workflow.get(SCHEDULED_DATE, ""), run.scheduled
        more = [*(("--scheduled", due) if due else ()), *option_words(options)]
        more += [] if due.startswith(day) else ["-e", f"{SCHEDULED_DATE}={day}"]
        since = "" if good is run else " since, for the same time"
        raise UsageError(
            f"{name} was not started: run {good.started_by or text} has succeeded{since}",
            hint=f"For a new run all the same: {command_line('run', name, manifest.stage, *more)}",
        )
    others = [f"-e {name}" for name in sorted(given.own.keys() - known)]
    others += ["the command"] if given.command else []
    others += ["--cpu, --memory"] if any(given.size) else []
    if others:
        stage.tell.note(f"not repeated of the run before: {', '.join(others)}")
    return Before(options=options, scheduled=run.scheduled, backfill=run.backfill, of_workflow=of_workflow)


def _run_named(stage: Stage, manifest: BatchManifest, text: str) -> Run:
    name, own = manifest.batch, Runs(stage, [manifest])
    batch, _ = split_batch(text)
    if batch not in ("", name):
        raise of_another(name, manifest.stage, batch, text)
    try:
        return own.whole(own.find(f"{name}{LATEST}" if text == LATEST[1:] else text))
    except UsageError as error:
        if isinstance(error, AmbiguousError) or batch or text == LATEST[1:]:
            raise
        raise (if_of_another(stage, name, text) or error) from error
    except (ApiError, DeniedError) as error:
        raise RunnerError(f"run {text} cannot be seen: {error}") from error


def _later(stage: Stage, manifest: BatchManifest, run: Run) -> list[Run]:
    """The runs after a run that are for the same due time, the newest first; none where that is not known."""
    if (due := moment(run.scheduled)) is None:
        return []
    runs = Runs(stage, [manifest])
    try:
        all_runs = runs_from([*runs.past(since=run.created), *runs.current()])
    except (ApiError, DeniedError) as error:
        stage.tell.note(f"whether {manifest.batch} has succeeded since cannot be seen: {error}")
        return []
    return [later for later in all_runs if later.created > run.created and moment(later.scheduled) == due]
