"""Finds the run that a person means: by run id, task id or its beginning, ARN, ``BATCH@RUN``, or ``BATCH@latest``."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any, TypeVar

from batchwright_runner.contract.ends import STEP_FUNCTIONS
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.run import SHORT_ID, Attempt, Run, runs_from
from batchwright_runner.contract.tasks import execution_arn, identity, is_execution
from batchwright_runner.errors import AmbiguousError, DeniedError, RunnerError, UsageError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import Patience, PatientAws, repeat
from batchwright_runner.host.fargate.execution_runs import (
    executions_named,
    executions_without_tasks,
    running_without_tasks,
)
from batchwright_runner.host.fargate.executions import explained
from batchwright_runner.host.fargate.history import (
    DAY,
    DAYS,
    family_pattern,
    past_tasks,
    run_pattern,
    task_pattern,
)
from batchwright_runner.host.fargate.task import TASK_ID, UNIQUE, task_id
from batchwright_runner.host.fargate.tasks import describe, family, family_of, list_tasks
from batchwright_runner.host.runs.run_id import LATEST, RunId, split_batch
from batchwright_runner.host.stage.all_batches import Unusable, all_batches
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.stage.waiting import waiting_runs
from batchwright_runner.host.terminal.text import did_you_mean

T = TypeVar("T")
SHARED_WITHIN = DAY
"""Seconds before a run that ECS knows in which the history is searched for runs of other batches under its id: the
batches of one night may share one. The whole history takes too long in a busy stage: a run is to be stopped."""
OTHERS_WITHIN = 8.0
"""Seconds for which that is tried, and the look for a newer run than one in progress, where AWS does not answer."""
APPEARS_WITHIN = 8.0
"""Seconds for which a run that is not found is looked for again: ECS's API is eventually consistent, and a run may be
stopped or followed as soon as whoever started it has its id."""
LOOKED_AGAIN = 1.0


class Runs:
    """The runs of a stage."""

    def __init__(self, stage: Stage, manifests: Sequence[BatchManifest], unusable: Unusable | None = None) -> None:
        self._stage = stage
        self.unusable = unusable or {}
        self.aws = PatientAws(stage.aws, "the runs cannot be seen", stage.waiter, stage.tell)
        self._by_family: dict[str, BatchManifest | None] = {family(manifest): manifest for manifest in manifests}
        self._families = [*self._by_family]
        self._one_family = {"family": self._families[0]} if len(self._families) == 1 else {}
        self.manifests = [*filter(None, self._by_family.values())]
        self._clusters = sorted({manifest.cluster for manifest in manifests})
        self._groups = sorted({manifest.history_log_group for manifest in manifests} - {""})
        self._found: dict[str, Attempt] = {}
        self.refused: DeniedError | None = None

    @classmethod
    def of(cls, stage: Stage) -> "Runs":
        """All runs of a stage."""
        unusable: Unusable = {}
        return cls(stage, all_batches(stage, unusable=unusable), unusable)

    def batch(self, name: str) -> BatchManifest | None:
        """The batch of that name; none if there is none."""
        return next((manifest for manifest in self.manifests if manifest.batch == name), None)

    def find(self, text: str, *, patient: bool = False) -> Attempt:
        """Finds a run of this project and stage.

        `text`: a run id, a task id or its beginning, an ARN, ``BATCH@RUN``, or ``BATCH@latest``.
        """
        own, run = self._among(text)
        try:
            attempt = self._found.pop(text, None) or own.named(run)
            if attempt is None and patient and self.batch(text) is None:
                # A machine's run may have no task yet. Of all batches, each machine would be one call.
                attempt = self._soon(text, lambda: own.started(run)) or (own.named(run) if own is not self else None)
        except ApiError as error:
            raise RunnerError(f"run {text} cannot be seen: {error}") from error
        if attempt is None:
            stage = self._stage.target.stage
            if self.unusable:
                raise RunnerError(
                    f"run {text} cannot be found: it may be one of {', '.join(self.unusable)}, which cannot be used",
                    hint=next(iter(self.unusable.values())).hint,
                )
            if own.refused is not None:
                raise own.refused
            raise UsageError(
                f"no such run {text!r}: looked in ECS and in the history of stage {stage}",
                hint=f"{self._near(text)}See batchwright runs -s {stage}",
            )
        return attempt

    def _soon(self, text: str, look: Callable[[], Attempt | None]) -> Attempt | None:
        """Looks again for a run that ECS may not show yet. The history shows one at its end alone."""
        waiter = self._stage.waiter
        self._stage.tell.note(
            f"run {text} is not there. ECS may show one some seconds after its start: looking again "
            f"for {APPEARS_WITHIN:.0f} s"
        )
        until = waiter.now() + APPEARS_WITHIN
        attempt = None
        while attempt is None and waiter.now() < until and not waiter.signals:
            waiter.wait(LOOKED_AGAIN)
            attempt = look()
        return attempt

    def _near(self, text: str) -> str:
        """What may have been meant, as a sentence; empty where nothing is near, or that cannot be seen."""
        if self.batch(text) is not None:
            return f"{text} is a batch: its last run is {text}{LATEST}. "
        batch, _ = split_batch(text)
        if batch and self.batch(batch) is None:
            near = did_you_mean(batch, self.batches())
            return f"There is no batch {batch}. {near}{'' if near.endswith('?') else '.'} "
        try:
            ids = [run.started_by for run in Runs(self._stage, self.manifests).current()]
        except (ApiError, RunnerError):
            return ""
        others = {*ids, *(f"{name}{LATEST}" for name in self.batches())} - {text}
        near = did_you_mean(text, sorted(others))
        return f"{near} " if near.endswith("?") else ""

    def whole(self, attempt: Attempt) -> Run:
        """The run of an attempt, with all its attempts; itself alone where something else started it."""
        attempts = [attempt]
        if (attempt.has_task or attempt.waits) and attempt.attempt_of != attempt.arn:
            own = Runs(self._stage, [attempt.manifest])
            attempts += [*own.past(run_pattern(attempt.started_by)), *own.current(), *own.waiting()]
        return next(run for run in runs_from(attempts) if attempt.arn in {task.arn for task in run.attempts})

    def look(self, since: float, enough: int = 0) -> list[Run]:
        """The runs in progress and those that have ended, the newest first.

        `enough`: So many of the newest are wanted; 0 for all.
        """
        attempts = [*self.current(), *self.waiting(), *self.past(since=since, enough=enough)]
        return runs_from([*attempts, *executions_without_tasks(self.aws, self.manifests, attempts, since, enough)])

    def waiting(self) -> list[Attempt]:
        """The runs that wait for their turn; none, with a note, where the caller may not see them."""
        try:
            return waiting_runs(self.aws, self.manifests)
        except DeniedError as error:
            self._stage.tell.note(f"runs that wait for their turn are not shown: {error}")
            return []

    def batches(self) -> list[str]:
        """The names of all batches."""
        return [manifest.batch for manifest in self.manifests]

    def current(self) -> list[Attempt]:
        """The tasks that ECS knows, in progress or ended within the hour or so; the newest first."""
        return self._tasks(**self._one_family)

    def past(self, pattern: str = "", since: float | None = None, enough: int = 0) -> list[Attempt]:
        """The tasks in the history; the newest first.

        `pattern`: CloudWatch Logs' filter pattern; empty for all.
        `since`: from when on, in seconds since 1970; as far back as there is by default.
        `enough`: So many of the newest runs are wanted; 0 for all.
        """
        pattern = pattern or (family_pattern(self._families[0]) if self._one_family else "")
        read = partial(past_tasks, self.aws, since=since, enough=enough, families=self._families)
        return self._known((task for group in self._groups for task in read(group, pattern)), in_ecs=False)

    def _among(self, text: str) -> tuple["Runs", str | None]:
        """The runs among which a text names one, and the name it has there; none for the last one."""
        batch, run = split_batch(text)
        manifest = self.batch(batch)
        if manifest is not None:
            return Runs(self._stage, [manifest]), run
        if run is None:
            raise UsageError(f"no such batch {batch!r}", hint=did_you_mean(batch, self.batches()))
        return self, text

    def started(self, text: str | None) -> Attempt | None:
        """A run that ECS knows, by what `named` takes."""
        if text is None:
            return _first(self.current())
        task = self._in_ecs(task_id(text)) if TASK_ID.fullmatch(task_id(text)) else None
        return task or self._only(text, self._in_ecs_by(RunId(text, given=True).started_by))

    def named(self, text: str | None) -> Attempt | None:
        """A run that ECS, the history or a machine knows; none where there is none."""
        if text is None:
            return self._latest()
        if text.startswith("arn:") and is_execution(text):
            return self._execution(text)
        if TASK_ID.fullmatch(task_id(text)) and text.startswith(("arn:", task_id(text))):
            task = self._task(task_id(text))
            if task is not None or text.startswith("arn:"):
                return task
        elif text.startswith("arn:"):
            return None
        # A given id may have 32 hexadecimal digits, as a task's id has.
        started_by = RunId(text, given=True).started_by
        in_ecs = self._in_ecs_by(started_by)
        if in_ecs:
            return self._only(text, [*in_ecs, *(() if self._one_family else self._others(started_by, in_ecs))])
        return (
            (self._short(text) if SHORT_ID.fullmatch(text) else None)
            or self._only(text, self.past(run_pattern(started_by)))
            or self._only(text, self._of_machines_seen(executions_named(self.aws, self.manifests, started_by)))
        )

    def _execution(self, arn: str) -> Attempt | None:
        """The run of an execution, by its ARN: other machines may have one of its name."""
        name = identity(arn)
        manifest = self._manifest(arn.rpartition(":execution:")[2].partition(":")[0])  # it is called as the family is
        if manifest is None or execution_arn(manifest.machine, name) != arn:
            return None
        own = Runs(self._stage, [manifest])
        return (
            _first(own.of_machines(name))
            or _first([run for run in own.past(run_pattern(name)) if run.execution])
            or _first(self._of_machines_seen(executions_named(self.aws, own.manifests, name)))
        )

    def _in_ecs_by(self, started_by: str) -> list[Attempt]:
        """What is known of an id without the history: tasks of our runner and of machines, and runs that wait."""
        tasks = [*self._tasks(startedBy=started_by), *self.of_machines(started_by)]
        return [*tasks, *self._waiting_as(lambda _path, run: run == started_by)]

    def _waiting_as(self, fits: Callable[[str, str], bool]) -> list[Attempt]:
        """The waiting runs whose record's path and run id fit."""
        return [run for run in self.waiting() if fits(run.arn, run.started_by)]

    def _others(self, started_by: str, known: Sequence[Attempt]) -> Iterator[Attempt]:
        """Runs that other batches may have under the id of one that ECS knows, and that ECS does not show."""
        in_ecs = {attempt.arn for attempt in known}
        since = min(attempt.created for attempt in known) - SHARED_WITHIN
        read = partial(past_tasks, self._stage.aws, pattern=run_pattern(started_by), since=since)
        what = f"whether another batch has a run {started_by}"
        tasks = self._briefly(lambda: chain.from_iterable(map(read, self._groups)), what)
        yield from self._known((task for task in tasks if task["taskArn"] not in in_ecs), in_ecs=False)
        if any(attempt.execution for attempt in known) and not UNIQUE.fullmatch(started_by):
            yield from self._of_machines_seen(executions_named(self.aws, self.manifests, started_by))

    def _briefly(self, look: Callable[[], Iterable[T]], what: str) -> list[T]:
        """What there is beside a run that ECS knows: no one who wants to stop that one waits long for it."""
        try:
            return repeat(lambda: [*look()], self._stage.waiter, Patience(OTHERS_WITHIN))
        except ApiError as error:
            self._stage.tell.note(f"{what} cannot be seen: {error}")
            return []

    def _only(self, text: str, attempts: Iterable[Attempt]) -> Attempt | None:
        """The newest attempt of the one run that has an id; none where none has it."""
        newest: dict[tuple[str, str], Attempt] = {}
        for attempt in sorted(attempts, key=lambda attempt: (attempt.waits, attempt.created)):
            newest[attempt.manifest.batch, attempt.execution] = attempt
        batches = [batch for batch, _ in newest]
        refuse_ambiguous(
            text,
            [
                f"{batch}@{text}" if batches.count(batch) == 1 else attempt.execution or task_id(attempt.arn)
                for (batch, _), attempt in newest.items()
            ],
            "Say which one",
        )
        return next(iter(newest.values()), None)

    def _task(self, identity: str) -> Attempt | None:
        return self._in_ecs(identity) or _first(self.past(task_pattern(identity), enough=1))

    def _in_ecs(self, identity: str) -> Attempt | None:
        by_cluster = (self._known(describe(self.aws, cluster, [identity])) for cluster in self._clusters)
        return next((attempts[0] for attempts in by_cluster if attempts), None)

    def of_machines(self, name: str) -> list[Attempt]:
        """The tasks of machines' executions of a name, the newest first: ECS cannot be asked for a group."""
        if "/" in name or (self._families and not any(manifest.machine for manifest in self.manifests)):
            return []
        filters = self._one_family if self._families else {"startedBy": STEP_FUNCTIONS}
        return [run for run in self._tasks(group=name, **filters) if run.execution]

    def _short(self, text: str) -> Attempt | None:
        """The run whose task id, or execution's name, begins with a text."""
        tasks = self._tasks(beginning=text, **self._one_family)
        waiting = self._waiting_as(lambda path, _run: task_id(path).startswith(text))
        by_arn = {run.arn: run for run in [*tasks, *waiting]}
        by_arn = by_arn or {run.arn: run for run in self.past(task_pattern(f"{text}*"))}
        by_arn = by_arn or {run.arn: run for run in self._executions(text)}
        refuse_ambiguous(text, map(identity, by_arn), "Give more of it")
        run = next(iter(by_arn.values()), None)
        return run if run is None or not run.execution or run.has_task else self._task_of(run) or run

    def _task_of(self, run: Attempt) -> Attempt | None:
        """The run of an execution as its newest task shows it."""
        own, name = Runs(self._stage, [run.manifest]), run.started_by
        return _first(own.of_machines(name)) or _first(own.past(run_pattern(name), enough=1))

    def _executions(self, text: str) -> list[Attempt]:
        """The executions whose names begin so, as far back as the history is read."""
        since = time.time() - DAYS * DAY
        runs = executions_without_tasks(self.aws, self.manifests, [], since, beginning=text)
        return [run for run in self._of_machines_seen(runs) if identity(run.arn).startswith(text)]

    def _of_machines_seen(self, runs: Iterable[Attempt]) -> list[Attempt]:
        """The runs of machines that may be asked. What refuses the others is for `find` to say, where it finds none."""
        seen: list[Attempt] = []
        try:
            seen.extend(runs)  # keeps those before the refusal
        except DeniedError as error:
            self.refused = error
        return seen

    def _latest(self) -> Attempt | None:
        """The last run of the one batch."""
        newest = _first(self.current()) or _first(self.past(family_pattern(self._families[0]), enough=1))
        return self._waiting(newest) or newest

    def _waiting(self, newest: Attempt | None) -> Attempt | None:
        """The newest run that waits, or whose machine has no task just now, where it is newer than a run."""
        since, run, shown = (0.0, "", "") if newest is None else (newest.created, newest.started_by, newest.execution)
        (manifest,) = self.manifests
        if newest is not None and newest.verdict is None:
            look = partial(running_without_tasks, self._stage.aws, manifest, [shown])
            running = self._briefly(look, "whether a newer run waits")
        else:
            running = self._of_machines_seen(running_without_tasks(self.aws, manifest, [shown]))
        running += self.waiting()
        newer = (
            attempt for attempt in running if attempt.created > since or (attempt.waits and attempt.started_by == run)
        )
        return max(newer, key=lambda attempt: attempt.created, default=None)

    def _tasks(self, beginning: str = "", group: str | None = None, **filters: str) -> list[Attempt]:
        """The tasks that ECS lists by these filters and that have such an id and group, the newest first."""
        attempts: list[Attempt] = []
        for cluster in self._clusters:
            arns = [arn for arn in list_tasks(self.aws, cluster, **filters) if task_id(arn).startswith(beginning)]
            tasks = describe(self.aws, cluster, arns)
            attempts += self._known(task for task in tasks if group is None or task.get("group") == group)
        return sorted(attempts, key=lambda attempt: attempt.created, reverse=True)

    def _manifest(self, name: str) -> BatchManifest | None:
        """The batch of that family; none where it is none of these."""
        return self._by_family.get(name)

    def _known(self, tasks: Iterable[Mapping[str, Any]], *, in_ecs: bool = True) -> list[Attempt]:
        """Tasks as attempts; those of other batches are left out."""
        attempts = []
        for task in tasks:
            manifest = self._manifest(family_of(task))
            if manifest is not None:
                attempt = Attempt.of(manifest, task, in_ecs=in_ecs)
                attempts.append(replace(attempt, state=explained(self.aws, manifest, task, attempt.state)))
        return attempts


def runs_of(stage: Stage, batch: str | None) -> Runs:
    """The runs of a batch, or of all, after the account has been checked."""
    stage.check_account()
    return Runs.of(stage) if batch is None else Runs(stage, [stage.read(batch).manifest])


def refuse_ambiguous(text: str, could_be: Iterable[str], advice: str) -> None:
    """Refuses what fits several runs."""
    names = sorted(could_be)
    if len(names) > 1:
        raise AmbiguousError(
            f"ambiguous run id {text!r}: it matches {len(names)} runs", hint=f"{advice}: {', '.join(names)}"
        )


def _first(runs: Sequence[Attempt]) -> Attempt | None:
    return runs[0] if runs else None
