"""Which runs a verb is about: one batch's where a text names it, so that who may run one batch needs to list none."""

from batchwright_runner.errors import DeniedError, UsageError
from batchwright_runner.host.fargate.find_run import Runs, runs_of
from batchwright_runner.host.fargate.shown_runs import NAME_IT, ShownRuns, readable
from batchwright_runner.host.runs.run_id import split_batch
from batchwright_runner.host.stage.all_batches import say_left_out
from batchwright_runner.host.stage.session import Stage


def runs_about(stage: Stage, text: str, *, batch: bool = False) -> Runs:
    """The runs among which a text names one, after the account has been checked.

    Unless it names its batch, those batches are looked at whose runs are shown under it (`ShownRuns`). Where none is
    shown, or a machine has started one, or it is another tool's, those are all batches of the stage, which in a large
    stage takes many calls.

    `text`: a run id, a task id or its beginning, an ARN, ``BATCH@RUN``, or ``BATCH@latest``.
    """
    if not text.strip():
        raise UsageError(
            "no run is named: what was given is empty", hint="Name one: BATCH@latest, BATCH@RUN, or a run id"
        )
    named, run = split_batch(text)
    if run is None:
        return runs_of(stage, named)
    stage.check_account()
    # A name that no batch can have is not asked for.
    manifest = readable(stage, named) or readable(stage, text if batch else "")
    if manifest is not None:
        return Runs(stage, [manifest])
    if named:
        _refuse_workflow(stage, text)
    shown = ShownRuns(stage, text)
    if shown.one_is_shown():
        return shown
    if not (shown.manifests or named):
        _refuse_workflow(stage, text)
    try:
        runs = Runs.of(stage)
    except DeniedError as error:
        if shown.manifests:
            return shown
        own = readable(stage, text)  # it is a batch's name, and no run's
        if own is None:
            raise DeniedError(str(error.args[0]), hint=NAME_IT) from error
        return Runs(stage, [own])
    say_left_out(stage, runs.unusable, runs.manifests)
    return runs


def _refuse_workflow(stage: Stage, text: str) -> None:
    from batchwright_runner.host.workflows.find import refuse_workflow  # few texts mean one

    refuse_workflow(stage, text)
