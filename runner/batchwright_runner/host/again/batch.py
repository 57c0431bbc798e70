"""A batch's run again: the options and the time of the run before."""

from batchwright_runner.contract.command_lines import again_line
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import moment
from batchwright_runner.contract.run import Run, runs_from
from batchwright_runner.contract.tasks import given_to, identity
from batchwright_runner.contract.variables import SCHEDULED_DATE
from batchwright_runner.contract.workflows.names import again_id, first_id
from batchwright_runner.contract.workflows.rules import FAILED_VARIABLE
from batchwright_runner.contract.workflows.run import StepsRun
from batchwright_runner.errors import DeniedError, RunnerError, UsageError
from batchwright_runner.host.again.before import Before, in_progress, of_another
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.runs.run_id import RunId, RunName
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.workflows.find import described, find_run

LONGEST_FIRST = 128 - len("-again-9999")
"""Characters of a run's name that its runs again are named by."""


def batch_again(stage: Stage, manifest: BatchManifest, text: str, own_id: str = "") -> Before:
    """What a run was given that is to run again, and its name: two people who ask for it at once start one run.

    `text`: the run, as a person names it; ``latest`` for the last one.
    `own_id`: the name that the caller gives it; empty for `RUN-again-N`.
    """
    run = _run_named(stage, manifest, text)
    name = manifest.batch
    first, number = _first_of(run)
    later = _later(stage, manifest, run, first)
    line = {number: run, **{_first_of(rerun)[1]: rerun for rerun in later if _first_of(rerun)[0] == first}}
    newest = line[max(line)]
    goes_on = newest.in_progress or (manifest.at_once.waits and newest.last.gave_way)
    again = RunId(own_id or again_id(first, max(line) + (not goes_on or not max(line))), given=True)
    for going in (run, *later):
        if going.in_progress and going.started_by != again.started_by:
            raise in_progress(f"{name}@{going.started_by}", manifest.stage)
    good = next((candidate for candidate in (run, *later) if candidate.succeeded), None)
    if good and not own_id:
        since = "" if good is run else " since, for the same time" if run.scheduled else " since"
        raise UsageError(
            f"{name} was not started: run {name}@{good.started_by or text} has succeeded{since}",
            hint=f"For a new run all the same, name it: {again_line(name, manifest.stage, text)} --run-id ID",
        )
    given = given_to(run.last.task, manifest.container)
    waited = described(stage, run.execution) if run.execution and not run.last.has_task else None
    values = waited.given if waited is not None else given.variables
    known = {option.name for option in manifest.options}
    options = {option: str(value) for option, value in values.items() if option in known}
    # The day is that of the workflow's zone, of which the batch knows nothing.
    of_workflow = {name: str(values[name]) for name in (SCHEDULED_DATE, FAILED_VARIABLE) if name in values}
    others = [f"-e {name}" for name in sorted(given.own.keys() - known)]
    others += ["the command"] if given.command else []
    others += ["--cpu, --memory"] if any(given.size) else []
    if others:
        stage.tell.note(f"not repeated of the run before: {', '.join(others)}")
    return Before(
        run=again.text, options=options, scheduled=run.scheduled, backfill=run.backfill, of_workflow=of_workflow
    )


def _first_of(run: Run) -> tuple[str, int]:
    """The name of the first run of a line, and which run again of it a run is; 0 for the first one."""
    name = run.last.attempt_of
    first, number = first_id(identity(name) if name.startswith("arn:") else name)
    # ECS takes 128 characters: of a longer name there is a hash, as `RunId` makes it.
    return (first if len(first) <= LONGEST_FIRST else RunId(f"{first} again", given=True).started_by), number


def _run_named(stage: Stage, manifest: BatchManifest, text: str) -> Run:
    name, run = manifest.batch, RunName.of(text)
    if not run.bare and run.batch not in ("", name):
        raise of_another(name, manifest.stage, run.batch, text)
    try:
        attempt = find_run(stage, f"{name}@{text}" if run.bare else text)
        if isinstance(attempt, StepsRun) or attempt.manifest.batch != name:
            raise of_another(name, manifest.stage, attempt.subject.name, text)
        return Runs(stage, [manifest]).whole(attempt)
    except (ApiError, DeniedError) as error:
        raise RunnerError(f"run {text} cannot be seen: {error}") from error


def _later(stage: Stage, manifest: BatchManifest, run: Run, first: str) -> list[Run]:
    """The runs after a run that run it again or are for the same due time, the newest first."""
    runs, due = Runs(stage, [manifest]), moment(run.scheduled)
    try:
        all_runs = runs_from([*runs.past(since=run.created), *runs.current()])
    except (ApiError, DeniedError) as error:
        stage.tell.note(f"whether {manifest.batch} has succeeded since cannot be seen: {error}")
        return []
    return [
        later
        for later in all_runs
        if later.created > run.created
        and (_first_of(later)[0] == first or (due is not None and moment(later.scheduled) == due))
    ]
