"""Which batches a text may be about: one where it names one, so that who may run one batch needs to list none."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from batchwright_runner.contract import names
from batchwright_runner.contract.ends import STEP_FUNCTIONS
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import waiting_folder
from batchwright_runner.contract.run import SHORT_ID
from batchwright_runner.contract.tasks import created_at, run_of
from batchwright_runner.errors import DeniedError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import LIST_HINT, PatientAws
from batchwright_runner.host.fargate.find_run import Runs, shared_lately
from batchwright_runner.host.fargate.history import past_tasks, run_pattern, task_pattern
from batchwright_runner.host.fargate.task import TASK_ID, UNIQUE, task_id
from batchwright_runner.host.fargate.tasks import describe, family_of, list_tasks
from batchwright_runner.host.runs.run_id import RunId, split_batch
from batchwright_runner.host.stage.all_batches import say_left_out
from batchwright_runner.host.stage.batches import read_batch
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.stage.waiting import waiting_records

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


def runs_about(
    stage: Stage,
    text: str,
    *,
    batch: bool = False,
    otherwise: Callable[[Stage, str], None] = lambda _stage, _text: None,
) -> Runs:
    """The runs among which a text names one, after the account has been checked.

    Unless it names its batch, those batches are looked at whose tasks ECS and the history show under it. Where they
    show none, or a machine has started one, or it is another tool's, those are all batches of the stage, which in a
    large stage takes many calls.

    Args:
        stage: The stage.
        text: A run id, a task id or its beginning, an ARN, ``BATCH@RUN``, or ``BATCH@latest``.
        batch: Whether it may be a batch's name too.
        otherwise: Called with the two where the text names no batch, and no run of one is seen under it. It may raise.

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
    if named:
        otherwise(stage, text)
    found, all_known = _shown(stage, text)
    if found and all_known:
        return Runs(stage, found)
    if not found and not named:
        otherwise(stage, text)
    try:
        runs = Runs.of(stage)
    except DeniedError as error:
        own = None if found else _readable(stage, text)
        if own is not None:
            return Runs(stage, [own])  # it is a batch's name, and no run's
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


def _shown(stage: Stage, text: str) -> tuple[list[BatchManifest], bool]:
    """The batches whose runs ECS, the history and the records of waiting runs show under a text.

    Returns:
        The batches, and whether there can be no others: no machine has started one of them, whose executions of that
        name may have no task, and each task is one of a batch that could be read.
    """
    target = stage.target
    beginning = names.family(target.project, target.stage, "")
    aws = PatientAws(stage.aws, f"run {text} cannot be seen", stage.waiter, stage.tell, hint=_NAME_IT)
    try:
        tasks = _tasks(stage, aws, text)
        waiting = [] if UNIQUE.fullmatch(text) else _waiting(stage, aws, text)
    except (ApiError, DeniedError):
        return [], False
    families = dict.fromkeys(family_of(task) for task in tasks)
    ours = [family.removeprefix(beginning) for family in families if family.startswith(beginning)]
    wanted = dict.fromkeys([*ours, *waiting])
    found = [manifest for manifest in (_readable(stage, name) for name in wanted) if manifest is not None]
    of_machines = not UNIQUE.fullmatch(text) and any(task.get("startedBy") == STEP_FUNCTIONS for task in tasks)
    return found, len(found) == len({*families, *waiting}) and not of_machines


def _waiting(stage: Stage, aws: Aws, text: str) -> list[str]:
    """The batches of which a run of that id waits for its turn; none where the records may not be seen."""
    folder, run = waiting_folder(stage.target.project, stage.target.stage), RunId(text, given=True).started_by
    try:
        return [path.split("/")[-2] for path, record in waiting_records(aws, folder) if record.run == run]
    except DeniedError:
        return []


def _tasks(stage: Stage, aws: Aws, text: str) -> list[Mapping[str, Any]]:
    target = stage.target
    arn = _TASK_ARN.fullmatch(text)
    cluster = arn["cluster"] if arn else names.cluster(target.project, target.stage)
    group = names.history_log_group(target.project, target.stage)
    if arn or TASK_ID.fullmatch(text):
        identity = task_id(text)
        tasks = describe(aws, cluster, [identity]) or past_tasks(aws, group, task_pattern(identity), enough=1)
        if tasks or arn:
            return tasks
    run = RunId(text, given=True).started_by
    arns = [*list_tasks(aws, cluster, startedBy=run), *list_tasks(aws, cluster, startedBy=STEP_FUNCTIONS)]
    tasks = [task for task in describe(aws, cluster, arns) if run_of(task) == run]
    if not tasks and SHORT_ID.fullmatch(text):
        tasks = describe(aws, cluster, [arn for arn in list_tasks(aws, cluster) if task_id(arn).startswith(text)])
        if tasks:
            return tasks
    if not tasks:
        return past_tasks(aws, group, run_pattern(run))
    return [*tasks, *shared_lately(stage, [group], run, min(map(created_at, tasks)))]
