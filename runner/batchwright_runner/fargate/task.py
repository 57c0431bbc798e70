"""A task on Fargate, as the follow loop sees it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from batchwright_runner.aws.client import Aws
from batchwright_runner.aws.errors import ApiError
from batchwright_runner.aws.moments import seconds
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.fargate.aws_clock import AwsClock
from batchwright_runner.fargate.executions import explained, stop_execution
from batchwright_runner.fargate.history import judged, past_runs, task_pattern
from batchwright_runner.fargate.log_position import LogPosition
from batchwright_runner.fargate.log_view import WHOLE, LogView, line_of
from batchwright_runner.fargate.state import SOME_CONTAINER, state_of, were_stopped_after
from batchwright_runner.runs.task import AlreadyStoppingError, LogPage, RefusedError, TaskState, TemporaryError

APPEARS_WITHIN = 60.0
"""Seconds after RunTask within which ECS may not know the task yet: its API is eventually consistent."""
NOT_YET = "ECS does not know the task yet"
UNKNOWN_TASK = "The referenced task was not found"
"""In StopTask's answer for a task that ECS does not know, or not yet (seen right after RunTask; 2026-11)."""
NO_GROUP = "log group"
"""In CloudWatch Logs' answer where a group is not there; where only the stream is not, it names that (2026-11)."""
BIG_PAGE = 2000
"""Events from which a page is taken as a sign that there are more."""
BEHIND = 3.0
"""Seconds that the newest event of a page is old when more are taken to be there."""


class FargateTask:
    """One task.

    Args:
        aws: Calls AWS.
        manifest: The batch.
        arn: The task's ARN.
        clock: A clock that never goes back, in seconds.
        all_containers: Whether the other containers' logs are shown too. Which they are is seen when the task is.
        stopping: A stop has been accepted already.
        execution: The execution that keeps it, where a machine has started it: a stop goes to that.
        view: What of its log is wanted.
        over: Its main container has begun and ended, as far as is known already; `describe` sees it too.
        stop_forbidden_for: Seconds for which a stop that a permission is missing for is tried again.
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
        stop_forbidden_for: float = 0.0,
    ) -> None:
        self._over = over
        self._stop_forbidden_for = stop_forbidden_for
        self._stop_forbidden_since: float | None = None
        self._view = view
        self._execution = execution
        self._aws = aws
        self._manifest = manifest
        self._clock = clock
        self._aws_clock = AwsClock(clock)
        self._made_at = clock()
        self._seen = False
        self._stop_accepted = stopping
        self._stopped_by = ""
        self._created = 0.0
        self._positions: dict[str, LogPosition] = defaultdict(LogPosition)
        self.name = arn
        self.containers: Sequence[str] = () if all_containers else (manifest.container,)

    @property
    def id(self) -> str:
        """The last part of its ARN."""
        return task_id(self.name)

    def describe(self) -> TaskState:
        """Looks at it with DescribeTasks."""
        answer = self._call("ecs", "describe_tasks", cluster=self._manifest.cluster, tasks=[self.name])
        tasks = answer.get("tasks", [])
        if tasks:
            self._seen = True
            manifest = self._manifest
            state = state_of(tasks[0], manifest.container, self._aws_clock.now(), manifest.essential)
            state = self._remember(self._explained(tasks[0], state))
            if state.stopped_by == SOME_CONTAINER and were_stopped_after(tasks[0], manifest.container):
                self._stopped_by = ""
            self._show_containers(tasks[0])
            return replace(state, stopped_by=self._stopped_by)
        if not self._seen and self._young:
            raise TemporaryError(NOT_YET)
        # An hour or so after its end ECS forgets a task: an outage may have been as long.
        past = self._past()
        if past is None:
            raise RefusedError("ECS does not know the task any more")
        self._show_containers({})
        return self._remember(past)

    def read_log(self, container: str, token: str) -> LogPage:
        """Reads one page with GetLogEvents. A stream that does not exist yet is an empty one.

        Once the main container has ended, its stream must be there: awslogs makes it before the container's first line,
        also of one that writes nothing (moby, daemon/logger/awslogs, New; 2026-11). Where it is not, the group was
        deleted and made again, or the log went elsewhere. Of other containers that is not known: AWS adds some by
        itself that have no log, such as GuardDuty's.

        Where a token is refused, because a day has passed for example, the reading begins again shortly before the
        newest line, and the lines that were there before are left out.
        """
        position = self._positions[container]
        try:
            answer = self._read_page(container, token, position)
        except _NotFoundError as error:
            if token or NO_GROUP in str(error) or (self._over and container == self._manifest.container):
                raise
            return LogPage((), token=token)
        except _InvalidError:
            if not token:
                raise
            position.begin_again()
            answer = self._read_page(container, "", position)
        page = page_of(answer, token, self._aws_clock.now())
        lines = position.new(page.lines, [event["timestamp"] for event in answer.get("events", [])])
        wanted = self._view.wanted(lines)
        # A page of which nothing is wanted is not an empty one: whether the log is complete is seen from empty ones.
        return replace(page, lines=wanted, more=page.more or (bool(lines) and not wanted))

    def _tail(self, container: str) -> Mapping[str, Any]:
        """The last lines that are wanted, read backwards, as one page from which the reading goes on."""
        answer = self._get(container, startFromHead=False)
        kept: list[Mapping[str, Any]] = []
        page, back = answer, ""
        while True:
            kept = [*(one for one in page.get("events", []) if self._view.wanted([line_of(one)])), *kept]
            kept = kept[-self._view.tail :]
            if len(kept) >= self._view.tail or page.get("nextBackwardToken", back) == back:
                return {**answer, "events": kept}
            back = str(page["nextBackwardToken"])
            page = self._get(container, startFromHead=False, nextToken=back)

    def _read_page(self, container: str, token: str, position: LogPosition) -> Mapping[str, Any]:
        if self._view.tail and not token and not position.start:
            return self._tail(container)
        more: dict[str, Any] = {"nextToken": token} if token else {}
        if position.start:
            more["startTime"] = max(position.start, self._view.between.get("startTime", 0))
        return self._get(container, startFromHead=True, **more)

    def _get(self, container: str, **more: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any argument
        return self._call(
            "logs",
            "get_log_events",
            logGroupName=self._manifest.log_group,
            logStreamName=stream_name(self._manifest, container, self.id),
            **{**self._view.between, **more},
        )

    def stop(self, reason: str) -> None:
        """Asks ECS for a stop; Step Functions, where a machine keeps the run: else it might start it again.

        StopTask takes the tags away that allow it. So a refusal may mean that the task is stopping already: because of
        an earlier stop, or of this one, whose answer was lost. Or that ECS does not know the task yet, or not
        everywhere: then it has no tags either.
        """
        try:
            self._stop(reason)
        except _ForbiddenError as error:
            now = self._clock()
            since = self._stop_forbidden_since = (
                now if self._stop_forbidden_since is None else self._stop_forbidden_since
            )
            if now - since < self._stop_forbidden_for:
                raise TemporaryError(str(error)) from error
            raise
        except TemporaryError:
            self._stop_forbidden_since = None
            raise

    def _stop(self, reason: str) -> None:
        if self._execution and not self._stop_accepted and self._stop_execution(reason):
            self._stop_accepted = True
            return
        try:
            self._call("ecs", "stop_task", cluster=self._manifest.cluster, task=self.name, reason=reason)
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
        try:
            return stop_execution(self._aws, self._execution, reason)
        except ApiError as error:
            if error.temporary:
                raise TemporaryError(str(error), throttled=error.throttled) from error
            raise (_ForbiddenError if error.forbidden else RefusedError)(str(error)) from error

    def _explained(self, task: Mapping[str, Any], state: TaskState) -> TaskState:
        try:
            return explained(self._aws, self._manifest, task, state)
        except ApiError as error:
            raise TemporaryError(str(error), throttled=error.throttled) from error

    def watch(self, *, log: bool) -> Sequence[int]:  # noqa: ARG002 - AWS gives no news by itself
        """Nothing: AWS is asked."""
        return ()

    def _remember(self, state: TaskState) -> TaskState:
        """The state, with what an earlier look has seen and this one does not show."""
        if self._stopped_by in ("", SOME_CONTAINER):
            self._stopped_by = state.stopped_by or self._stopped_by
        self._created = state.times.get("createdAt", self._created)
        self._over = self._over or (state.began and state.ended)
        return replace(state, stopped_by=self._stopped_by)

    def _show_containers(self, task: Mapping[str, Any]) -> None:
        """Learns which containers it has: the main one first, then the others as the task definition has them."""
        if not self.containers:
            main = self._manifest.container
            names = [str(one["name"]) for one in task.get("containers", [])]
            self.containers = (main, *(name for name in names if name != main))

    def _past(self) -> TaskState | None:
        """Its end in the history; none where that has none, or may not be read."""
        manifest = self._manifest
        group, container, pattern = manifest.history_log_group, manifest.container, task_pattern(self.id)
        try:
            found = past_runs(self._aws, group, container, pattern, since=self._created or None)
        except ApiError as error:
            if error.temporary:
                raise TemporaryError(str(error), throttled=error.throttled) from error
            return None
        return self._explained(found[0].detail, judged(found[0], manifest).state) if found else None

    @property
    def _young(self) -> bool:
        """Whether ECS may not know it yet."""
        return self._clock() - self._made_at < APPEARS_WITHIN

    def _is_stopping(self) -> bool:
        """Whether ECS shows that it is being stopped. A look that is refused says nothing of the stop."""
        try:
            answer = self._call("ecs", "describe_tasks", cluster=self._manifest.cluster, tasks=[self.name])
        except RefusedError:
            return False
        tasks = answer.get("tasks", [])
        self._seen = self._seen or bool(tasks)
        return any(task.get("desiredStatus") == "STOPPED" for task in tasks)

    def _call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        try:
            answer = self._aws.call(service, operation, **parameters)
        except ApiError as error:
            if error.temporary:
                raise TemporaryError(str(error), throttled=error.throttled) from error
            if error.code == "ResourceNotFoundException":
                raise _NotFoundError(str(error)) from error
            if error.code == "InvalidParameterException":
                raise _InvalidError(str(error)) from error
            raise (_ForbiddenError if error.forbidden else RefusedError)(str(error)) from error
        self._aws_clock.hear(answer)
        return answer


class _ForbiddenError(RefusedError):
    """A permission is missing, or is not known everywhere yet."""


class _NotFoundError(RefusedError):
    """A log stream, or its group, is not there."""


class _InvalidError(RefusedError):
    """AWS does not take an argument, such as a token that is too old."""


def page_of(answer: Mapping[str, Any], token: str, now: float | None) -> LogPage:
    """A page as GetLogEvents answers it. Pure.

    The same token back means that all has been read. A page may be empty, or short, while there is more.

    Args:
        answer: The answer.
        token: The token that was sent.
        now: AWS's time, in seconds since 1970; none where it is not known.
    """
    events = answer.get("events", [])
    after = str(answer.get("nextForwardToken", token))
    newest = max((event.get("ingestionTime", 0) for event in events), default=0) / 1000
    behind = now is None or now - newest > BEHIND
    return LogPage(
        [line_of(event) for event in events],
        token=after,
        more=after != token and (not events or len(events) >= BIG_PAGE or behind),
        delay=max((event.get("ingestionTime", 0) - event["timestamp"] for event in events), default=0) / 1000,
    )


def stream_name(manifest: BatchManifest, container: str, task: str) -> str:
    """The log stream of a container. It is computed by awslogs' rule, never looked for."""
    return f"{manifest.log_stream_prefix}/{container}/{task}"


def task_id(arn: str) -> str:
    """The last part of a task's ARN."""
    return arn.rpartition("/")[2]


def created_at(task: Mapping[str, Any]) -> float:
    """When a task was created, in seconds since 1970."""
    return seconds(task.get("createdAt", 0))
