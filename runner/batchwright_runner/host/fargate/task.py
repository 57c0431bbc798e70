"""A task on Fargate, as the follow loop sees it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from batchwright_runner.contract.judgment.state import (
    SOME_CONTAINER,
    TaskState,
    beside,
    containers_of,
    state_of,
    were_stopped_after,
)
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.tasks import execution_of
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import FORBIDDEN_FOR, Patience, repeat
from batchwright_runner.host.aws.trying import Trying
from batchwright_runner.host.fargate.log_view import WHOLE, LogView
from batchwright_runner.host.fargate.task_log import TaskLog
from batchwright_runner.host.fargate.tasks import ForbiddenError, TaskCalls, meaning_of
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.runs.task import AlreadyStoppingError, LogPage, RefusedError, TemporaryError

APPEARS_WITHIN = 60.0
"""Seconds after RunTask within which ECS may not know the task yet: its API is eventually consistent."""
NOT_STOPPED = "it could not be stopped"
PATIENCE = APPEARS_WITHIN
"""Seconds for which a stop that does not get through is tried. Its task may be so young that ECS does not know it."""
NOT_YET = "ECS does not know the task yet"
UNKNOWN_TASK = "The referenced task was not found"
"""In StopTask's answer for a task that ECS does not know, or not yet (seen right after RunTask; 2026-11)."""


class FargateTask:
    """One task.

    `clock`: a clock that never goes back, in seconds.
    `execution`: the execution that keeps it, where a machine has started it: a stop goes to that.
    """

    def __init__(
        self,
        aws: Aws,
        manifest: BatchManifest,
        arn: str,
        *,
        clock: Callable[[], float],
        all_containers: bool = False,
        stopping: bool = False,
        execution: str = "",
        view: LogView = WHOLE,
        over: bool = False,
    ) -> None:
        self._over = over
        self._stop_forbidden_since: float | None = None
        self._execution = execution
        self._aws = aws
        self._manifest = manifest
        self._clock = clock
        self._calls = TaskCalls(aws, clock)
        self._log = TaskLog(self._calls, manifest, task_id(arn), view)
        self._made_at = clock()
        self._seen = False
        self._stop_accepted = stopping
        self._stopped_by = ""
        self._created = 0.0
        self.name = arn
        self.containers: Sequence[str] = () if all_containers else (manifest.container,)

    @property
    def id(self) -> str:
        """The last part of its ARN."""
        return task_id(self.name)

    def describe(self) -> TaskState:
        """Looks at it with DescribeTasks."""
        answer = self._calls.call("ecs", "describe_tasks", cluster=self._manifest.cluster, tasks=[self.name])
        tasks = answer.get("tasks", [])
        if tasks:
            self._seen = True
            manifest = self._manifest
            state = state_of(tasks[0], manifest.container, self._calls.now(), manifest.essential)
            state = self._remember(self._explained(tasks[0], state))
            if state.stopped_by == SOME_CONTAINER and were_stopped_after(
                tasks[0], manifest.container, manifest.essential
            ):
                self._stopped_by = ""
            self._show_containers(tasks[0])
            return beside(tasks[0], replace(state, stopped_by=self._stopped_by), self.containers[1:])
        if not self._seen and self._young:
            raise TemporaryError(NOT_YET)
        # An hour or so after its end ECS forgets a task: an outage may have been as long.
        past = self._past()
        if past is None:
            raise RefusedError("ECS does not know the task any more")
        self._show_containers({})
        return replace(self._remember(past), others_began=len(self.containers) > 1)

    def read_log(self, container: str, token: str) -> LogPage:
        """Reads one page. A stream that does not exist yet is an empty one, until the main container has ended."""
        return self._log.read(container, token, over=self._over)

    def stop(self, reason: str) -> None:
        """Asks ECS for a stop; Step Functions, where a machine keeps the run: else it might start it again.

        StopTask takes the tags away that allow it. So a refusal may mean that the task is stopping already: because of
        an earlier stop, or of this one, whose answer was lost. Or that ECS does not know the task yet, or not
        everywhere: then it has no tags either.
        """
        try:
            self._stop(reason)
        except ForbiddenError as error:
            now = self._clock()
            since = self._stop_forbidden_since = (
                now if self._stop_forbidden_since is None else self._stop_forbidden_since
            )
            if now - since < FORBIDDEN_FOR:
                raise TemporaryError(str(error), until=since + FORBIDDEN_FOR) from error
            raise
        except TemporaryError:
            self._stop_forbidden_since = None
            raise

    def _stop(self, reason: str) -> None:
        if self._execution and not self._stop_accepted and self._stop_execution(reason):
            self._stop_accepted = True
            return
        try:
            self._calls.call("ecs", "stop_task", cluster=self._manifest.cluster, task=self.name, reason=reason)
        except RefusedError as error:
            if not self._stop_accepted and not self._is_stopping():
                unknown = UNKNOWN_TASK in str(error) or not self._seen
                if unknown and self._young:
                    raise TemporaryError(NOT_YET) from error
                raise
            if not self._stop_accepted:
                self._stop_accepted = True
                raise AlreadyStoppingError(str(error)) from error
        self._stop_accepted = True

    def _stop_execution(self, reason: str) -> bool:
        from batchwright_runner.host.fargate.executions import stop_execution  # for runs that a machine has started

        try:
            return stop_execution(self._aws, self._execution, reason)
        except ApiError as error:
            raise meaning_of(error) from error

    def _explained(self, task: Mapping[str, Any], state: TaskState) -> TaskState:
        if not execution_of(self._manifest, task):
            return state
        from batchwright_runner.host.fargate.executions import explained  # likewise

        try:
            return explained(self._aws, self._manifest, task, state)
        except ApiError as error:
            raise meaning_of(error) from error

    def watch(self, *, log: bool) -> Sequence[int]:  # noqa: ARG002 - AWS gives no news by itself
        """No descriptors: AWS is asked again and again."""
        return ()

    def _remember(self, state: TaskState) -> TaskState:
        """The state, with what an earlier look has seen and this one does not show."""
        if self._stopped_by in ("", SOME_CONTAINER):
            self._stopped_by = state.stopped_by or self._stopped_by
        self._created = state.times.get("createdAt", self._created)
        self._over = self._over or (state.began and state.ended)
        return replace(state, stopped_by=self._stopped_by)

    def _show_containers(self, task: Mapping[str, Any]) -> None:
        """Learns which containers it has."""
        if not self.containers:
            self.containers = containers_of(task, self._manifest.container)

    def _past(self) -> TaskState | None:
        """Its end in the history; none where that has none, or may not be read."""
        from batchwright_runner.host.fargate.history import past_tasks, task_pattern  # few runs are forgotten so soon

        manifest = self._manifest
        try:
            found = past_tasks(
                self._aws, manifest.history_log_group, task_pattern(self.id), since=self._created or None
            )
        except ApiError as error:
            meant = meaning_of(error)
            if isinstance(meant, TemporaryError):
                raise meant from error
            return None
        if not found:
            return None
        self._show_containers(found[0])
        return self._explained(found[0], state_of(found[0], manifest.container, essential=manifest.essential))

    @property
    def _young(self) -> bool:
        """Whether ECS may not know it yet."""
        return self._clock() - self._made_at < APPEARS_WITHIN

    def _is_stopping(self) -> bool:
        """Whether ECS shows that it is being stopped. A look that is refused says nothing of the stop."""
        try:
            answer = self._calls.call("ecs", "describe_tasks", cluster=self._manifest.cluster, tasks=[self.name])
        except RefusedError:
            return False
        tasks = answer.get("tasks", [])
        self._seen = self._seen or bool(tasks)
        return any(task.get("desiredStatus") == "STOPPED" for task in tasks)


def task_id(arn: str) -> str:
    """The last part of a task's ARN."""
    return arn.rpartition("/")[2]


def stop_task(
    aws: Aws,
    manifest: BatchManifest,
    arn: str,
    reason: str,
    waiter: Waiter,
    *,
    stopping: bool = False,
    execution: str = "",
) -> TemporaryError | RefusedError | None:
    """Asks ECS to stop a task. Does not wait for its end.

    Returns why it could not be stopped; ``None`` when it was.
    """
    task = FargateTask(
        aws,
        manifest,
        arn,
        clock=waiter.now,
        stopping=stopping,
        execution=execution,
    )
    try:
        repeat(lambda: task.stop(reason), waiter, Patience(PATIENCE), trying=Trying(NOT_STOPPED, waiter))
    except AlreadyStoppingError:
        return None
    except (TemporaryError, RefusedError) as error:
        return error
    return None
