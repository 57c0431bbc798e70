"""Which batches a text may be about: one where it names one, so that who may run one batch needs to list none."""

import re

from batchwright_runner.contract import names
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.tasks import created_at
from batchwright_runner.errors import DeniedError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import LIST_HINT, PatientAws
from batchwright_runner.host.fargate.find_run import SHARED_WITHIN, Runs
from batchwright_runner.host.fargate.history import past_tasks, run_pattern, task_pattern
from batchwright_runner.host.fargate.task import TASK_ID, task_id
from batchwright_runner.host.fargate.tasks import describe, family_of, list_tasks
from batchwright_runner.host.runs.run_id import RunId, split_batch
from batchwright_runner.host.stage.all_batches import say_left_out
from batchwright_runner.host.stage.batches import read_batch
from batchwright_runner.host.stage.session import Stage

_TASK_ARN = re.compile(r"arn:[a-z-]+:ecs:[a-z0-9-]+:[0-9]{12}:task/(?P<cluster>[A-Za-z0-9_-]+)/[0-9a-f]{32}")
_NAME_IT = f"{LIST_HINT}, BATCH@latest or BATCH@RUN"


def runs_of(stage: Stage, batch: str | None) -> Runs:
    """The runs of a batch, or of all, after the account has been checked.

    Raises:
        UsageError: There is no such batch.
        RunnerError: The account is another, or a manifest cannot be read.
    """
    stage.check_account()
    if batch is None:
        return Runs.of(stage)
    return Runs(stage, [stage.read(batch).manifest])


def runs_about(stage: Stage, text: str, *, batch: bool = False) -> Runs:
    """The runs among which a text names one, after the account has been checked.

    Unless it names its batch, all batches of the stage are looked at, and where the caller may not list them, those
    whose tasks ECS and the history show.

    Args:
        stage: The stage.
        text: A run id, a task id or its beginning, an ARN, ``BATCH@RUN``, or ``BATCH@latest``.
        batch: Whether it may be a batch's name too.

    Raises:
        UsageError: There is no such batch.
        RunnerError: The account is another, or a manifest cannot be read.
    """
    named, run = split_batch(text)
    if run is None:
        return runs_of(stage, named)
    stage.check_account()
    for name in (named, text if batch else ""):
        manifest = _readable(stage, name)  # a name that no batch can have is not asked for
        if manifest is not None:
            return Runs(stage, [manifest])
    try:
        runs = Runs.of(stage)
    except DeniedError as error:
        found = [one for one in (_readable(stage, name) for name in _batches(stage, text)) if one is not None]
        if not found:
            raise DeniedError(str(error.args[0]), hint=_NAME_IT) from error
        return Runs(stage, found)
    say_left_out(stage, runs.unusable, runs.manifests)
    return runs


def _readable(stage: Stage, name: str) -> BatchManifest | None:
    try:
        found = read_batch(stage.aws, stage.target, name, stage.waiter)
    except DeniedError:
        return None
    return found.manifest if found is not None else None


def _batches(stage: Stage, text: str) -> list[str]:
    """The batches of a run, by the names of its tasks' families; and the text itself, which may be a batch's name."""
    beginning = names.family(stage.target.project, stage.target.stage, "")
    what = f"run {text} cannot be seen"
    try:
        families = _families(stage, PatientAws(stage.aws, what, stage.waiter, stage.tell, hint=_NAME_IT), text)
    except ApiError as error:
        raise DeniedError(f"{what}: {error}", hint=_NAME_IT) from error
    found = [family.removeprefix(beginning) for family in families if family.startswith(beginning)]
    return [*dict.fromkeys(found)] or [text]


def _families(stage: Stage, aws: Aws, text: str) -> list[str]:
    target = stage.target
    arn = _TASK_ARN.fullmatch(text)
    cluster = arn["cluster"] if arn else names.cluster(target.project, target.stage)
    group = names.history_log_group(target.project, target.stage)
    if arn or TASK_ID.fullmatch(text):
        identity = task_id(text)
        tasks = describe(aws, cluster, [identity]) or past_tasks(aws, group, task_pattern(identity), enough=1)
        if tasks or arn:
            return [family_of(task) for task in tasks]
    started_by = RunId(text, given=True).started_by
    tasks = describe(aws, cluster, list_tasks(aws, cluster, startedBy=started_by))
    since = min(map(created_at, tasks)) - SHARED_WITHIN if tasks else None
    return [family_of(task) for task in (*tasks, *past_tasks(aws, group, run_pattern(started_by), since=since))]
