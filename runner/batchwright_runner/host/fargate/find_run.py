"""Finds the run of a batch that a person means: by its id, the last one, by an ARN, or the only one in progress.

At most two looks: ECS and the batch's machine, then the history. A whole name wins over what begins one.
"""

import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.manifests import Manifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.run import Attempt, Run, runs_from
from batchwright_runner.contract.tasks import LONG_ID, SHORT_ID, TASK_ID, identity
from batchwright_runner.errors import DeniedError, RunnerError, UsageError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import LIST_HINT, Patience, PatientAws, repeat
from batchwright_runner.host.fargate.executions import (
    executions_named,
    executions_without_tasks,
    explained,
    running_without_tasks,
)
from batchwright_runner.host.fargate.history import (
    DAY,
    DAYS,
    family_pattern,
    past_tasks,
    run_pattern,
    task_pattern,
)
from batchwright_runner.host.fargate.tasks import describe, family, family_of, list_tasks
from batchwright_runner.host.runs.run_id import FORM, LATEST, RunId, RunName
from batchwright_runner.host.stage.all_manifests import all_batches
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.text import did_you_mean

APPEARS_WITHIN = 8.0
"""Seconds for which a run that is not found is looked for again: ECS's API is eventually consistent, and a run may be
stopped or followed as soon as whoever started it has its id."""
LOOKED_AGAIN = 1.0
NEWER_WITHIN = 8.0
"""Seconds for which a newer run than one in progress is looked for, where AWS does not answer."""
_TASK_ARN = re.compile(r"arn:[a-z-]+:ecs:[a-z0-9-]+:[0-9]{12}:task/(?P<cluster>[A-Za-z0-9_-]+)/[0-9a-f]{32}")
_NO_SUCH_TASK = ("ClusterNotFoundException", "InvalidParameterException")


class Runs:
    """The runs of a stage, or of some of its batches."""

    def __init__(self, stage: Stage, manifests: Sequence[BatchManifest]) -> None:
        self._stage = stage
        self.aws = PatientAws(stage.aws, "the runs cannot be seen", stage.waiter, stage.tell)
        self._by_family = {family(manifest): manifest for manifest in manifests}
        self._families = [*self._by_family]
        self._one_family = {"family": self._families[0]} if len(self._families) == 1 else {}
        self.manifests = [*self._by_family.values()]
        self._clusters = sorted({manifest.cluster for manifest in manifests})
        self.ids: Collection[str] = ()
        self._batch = manifests[0].batch if manifests else ""
        self._groups = sorted({manifest.history_log_group for manifest in manifests} - {""})

    def named(self, run: str, *, in_history: bool = True) -> Attempt | None:
        """The run of the one batch that has an id; none where none has it.

        `run`: a run id, a task's id or an execution's name, each whole, or what begins a task's id or a UUID; an ARN.
        """
        whole_id = RunId(identity(run) if run.startswith("arn:") else run, given=True).started_by
        short = run if SHORT_ID.fullmatch(run) else ""

        def called(attempts: Iterable[Attempt]) -> list[Attempt]:
            if run.startswith("arn:"):
                return [attempt for attempt in attempts if run in (attempt.arn, attempt.execution)]
            return [each for each in attempts if whole_id in (each.started_by, identity(each.arn))]

        known = self.current()
        self.ids = {attempt.started_by for attempt in known}
        executions, refused = _or_denied(lambda: executions_named(self.aws, self.manifests, whole_id))
        found = called([*known, *executions])
        if in_history and not any(attempt.has_task or attempt.verdict is None for attempt in found):
            begun = [attempt for attempt in known if short and _begins(attempt, short)]
            pattern = run_pattern(whole_id, short or (run if TASK_ID.fullmatch(run) else ""))
            past, unread = _or_denied(lambda: self.past(pattern))
            if unread is not None and not begun:
                raise unread
            found += called(past)
            if not found and short:
                since = time.time() - DAYS * DAY
                machines = executions_without_tasks(self.aws, self.manifests, known, since, beginning=short)
                found = [*begun, *(each for each in (*past, *machines) if _begins(each, short))]
                only = self._only(run, found)
                return self.named(only.execution) if only is not None and only.execution else only
        if not found and refused is not None:
            raise refused
        return self._only(run, found)

    def _only(self, text: str, attempts: Iterable[Attempt]) -> Attempt | None:
        """The newest attempt, and not one that gave way, of the one run that has an id; none where none has it."""
        in_order = sorted(attempts, key=lambda each: (each.has_task, not each.gave_way, each.created))
        newest = {(attempt.execution, attempt.started_by): attempt for attempt in in_order}
        ids = [identity(attempt.arn) if attempt.has_task else attempt.execution for attempt in newest.values()]
        refuse_ambiguous(text, [f"{self._batch}@{each}" if each[:4] != "arn:" else each for each in ids])
        return next(iter(newest.values()), None)

    def latest(self) -> Attempt | None:
        """The last run of the one batch; none where it had none."""
        newest = next(iter(self.current() or self.past(family_pattern(self._families[0]), enough=1)), None)
        since, shown = (0.0, "") if newest is None else (newest.created, newest.execution)
        going_on = newest is not None and not newest.state.ended
        aws = self._stage.aws if going_on else self.aws  # who wants to stop that one does not wait for long
        try:
            look = partial(running_without_tasks, aws, self.manifests[0], [shown])
            running = repeat(lambda: [*look()], self._stage.waiter, Patience(NEWER_WITHIN if going_on else 0.0))
        except (ApiError, DeniedError) as error:
            if newest is None:
                raise
            self._stage.tell.note(f"whether a newer run waits cannot be seen: {error}")
            running = []
        newer = (each for each in running if each.created > since)
        return max(newer, key=lambda attempt: attempt.created, default=newest)

    def only(self) -> Attempt:
        """The one run of the one batch that is in progress."""
        tasks = [attempt for attempt in self.current() if not attempt.state.ended]
        shown = {attempt.execution for attempt in tasks}
        runs = runs_from([*tasks, *running_without_tasks(self.aws, self.manifests[0], shown)])
        if len(runs) == 1:
            return runs[0].last
        names = ", ".join(run.last.name for run in runs)
        what = f"{len(runs)} runs of {self._batch} are" if runs else f"no run of {self._batch} is"
        raise UsageError(
            f"{what} in progress", hint=f"Name one: {names}" if runs else f"Its last run is {self._batch}{LATEST}"
        )

    def whole(self, attempt: Attempt) -> Run:
        """The run of an attempt, with all its attempts; itself alone where something else started it."""
        attempts = [attempt]
        if attempt.has_task and attempt.attempt_of != attempt.arn:
            own = Runs(self._stage, [attempt.manifest])
            attempts += [*own.past(run_pattern(attempt.started_by)), *own.current()]
        return next(run for run in runs_from(attempts) if attempt.arn in {task.arn for task in run.attempts})

    def look(self, since: float, enough: int = 0) -> list[Run]:
        """The runs in progress and those that have ended, the newest first.

        `enough`: So many of the newest are wanted; 0 for all.
        """
        attempts = [*self.current(), *self.past(since=since, enough=enough)]
        return runs_from([*attempts, *executions_without_tasks(self.aws, self.manifests, attempts, since, enough)])

    def current(self) -> list[Attempt]:
        """The tasks that ECS knows, in progress or ended within the hour or so; the newest first."""
        listed = ((cluster, list_tasks(self.aws, cluster, **self._one_family)) for cluster in self._clusters)
        known = self.known(task for cluster, arns in listed for task in describe(self.aws, cluster, arns))
        return sorted(known, key=lambda attempt: attempt.created, reverse=True)

    def past(self, pattern: str = "", since: float | None = None, enough: int = 0) -> list[Attempt]:
        """The tasks in the history; the newest first.

        `pattern`: CloudWatch Logs' filter pattern; empty for all.
        `since`: from when on, in seconds since 1970; as far back as there is by default.
        `enough`: So many of the newest runs are wanted; 0 for all.
        """
        pattern = pattern or (family_pattern(self._families[0]) if self._one_family else "")
        read = partial(past_tasks, self.aws, since=since, enough=enough, families=self._families)
        return self.known((task for group in self._groups for task in read(group, pattern)), in_ecs=False)

    def known(self, tasks: Iterable[Mapping[str, Any]], *, in_ecs: bool = True) -> list[Attempt]:
        """Tasks as attempts; those of other batches are left out."""
        ours = ((self._by_family.get(family_of(task)), task) for task in tasks)
        known = (Attempt.of(manifest, task, in_ecs=in_ecs) for manifest, task in ours if manifest is not None)
        return [replace(each, state=explained(self.aws, each.manifest, each.task, each.state)) for each in known]


def run_of_batch(stage: Stage, manifest: BatchManifest, text: str, name: RunName, *, patient: bool) -> Attempt:
    """The run of a batch that is named.

    `text`: the name as a person has written it.
    `patient`: whether a run that ECS does not show yet is waited for, for some seconds.
    """
    own = Runs(stage, [manifest])
    try:
        if name.bare:
            return own.only()
        attempt = own.named(name.run) if name.run else own.latest()
        waiter = stage.waiter
        until = waiter.now() + APPEARS_WITHIN
        if attempt is None and name.run and patient and not name.run.startswith("arn:"):
            stage.tell.note(
                f"run {text} is not there. ECS may show one some seconds after its start: looking again "
                f"for {APPEARS_WITHIN:.0f} s"
            )
            while attempt is None and waiter.now() < until and not waiter.signals:
                waiter.wait(LOOKED_AGAIN)
                attempt = own.named(name.run, in_history=False)
    except ApiError as error:
        raise RunnerError(f"run {text} cannot be seen: {error}") from error
    return attempt or _refuse(stage, text, name.batch, did_you_mean(name.run, own.ids, before=f"{name.batch}@"))


def named_manifest(stage: Stage, name: RunName) -> Manifest:
    """The batch or the workflow of a run's name."""
    stage.check_account()
    try:
        return stage.read(name.batch)
    except UsageError as error:
        if name.bare and (found := _meant(stage, name.batch)):
            raise UsageError(f"{name.batch!r} is a run and names no batch", hint=f"Write {found}") from error
        if not name.bare:
            raise
        hint = f"{error.hint}{'' if error.hint.endswith('?') else '.'} {FORM}" if error.hint else FORM
        raise UsageError(str(error.args[0]), hint=hint) from error


def _meant(stage: Stage, run: str) -> str:
    """The form in which a bare id names a run, where ECS shows one; empty where it does not."""
    names = StageNames.of(stage.target)
    try:
        by_id = [run] if TASK_ID.fullmatch(run) else []
        arns = by_id or list_tasks(stage.aws, names.cluster, startedBy=RunId(run, given=True).started_by)
        families = map(family_of, describe(stage.aws, names.cluster, arns[:1]))
        found = next((name for name in families if name.startswith(names.family(""))), "")
    except ApiError:
        return ""
    return f"{found.removeprefix(names.family(''))}@{run}" if found else ""


def run_of_task(stage: Stage, arn: str) -> Attempt:
    """The run of a task by its ARN; one that ECS has forgotten is looked for in the history."""
    names = StageNames.of(stage.target)
    aws = PatientAws(stage.aws, f"run {arn} cannot be seen", stage.waiter, stage.tell, hint=LIST_HINT)
    if (task_arn := _TASK_ARN.fullmatch(arn)) is None:
        raise UsageError(f"{arn} is the ARN of neither a task nor an execution", hint=FORM)
    try:
        try:
            tasks = describe(aws, task_arn["cluster"], [arn])
        except ApiError as error:
            if error.code not in _NO_SUCH_TASK:
                raise
            tasks = []
        in_ecs = bool(tasks)
        tasks = tasks or past_tasks(aws, names.history_log_group, task_pattern(identity(arn)))
        for task in (task for task in tasks if task["taskArn"] == arn):
            of = family_of(task)
            ours = of.startswith(names.family(""))
            batches = [stage.read_batch(of.removeprefix(names.family("")))] if ours else all_batches(stage)
            if known := Runs(stage, batches).known([task], in_ecs=in_ecs):
                return known[0]
    except ApiError as error:
        raise RunnerError(f"run {arn} cannot be seen: {error}") from error
    return _refuse(stage, arn)


def _refuse(stage: Stage, text: str, batch: str = "", near: str = "") -> NoReturn:
    at, near = stage.target.stage, f"{near} " if near.endswith("?") else ""
    raise UsageError(
        f"no such run {text!r}: looked in ECS and in the history of stage {at}",
        hint=f"{near}See batchwright runs {f'{batch} ' if batch else ''}-s {at}",
    )


def refuse_ambiguous(text: str, could_be: Iterable[str]) -> None:
    """Refuses what fits several runs."""
    names = sorted(could_be)
    if len(names) > 1:
        raise UsageError(
            f"ambiguous run id {text!r}: it matches {len(names)} runs", hint=f"Say which one: {', '.join(names)}"
        )


def _or_denied(look: Callable[[], Iterable[Attempt]]) -> tuple[list[Attempt], DeniedError | None]:
    """What a look finds; and what refuses it, which does not keep a run from being found elsewhere."""
    try:
        return [*look()], None
    except DeniedError as error:
        return [], error


def _begins(attempt: Attempt, short: str) -> bool:
    ids = map(identity, (attempt.arn, attempt.execution))
    return any(whole.startswith(short) and LONG_ID.fullmatch(whole) for whole in ids)
