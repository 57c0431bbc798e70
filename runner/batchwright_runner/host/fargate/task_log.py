"""The log of one task on Fargate, page by page."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.host.fargate.log_view import LogPosition, LogView, lines_of, moment_of
from batchwright_runner.host.fargate.tasks import InvalidError, NotFoundError, TaskCalls
from batchwright_runner.host.runs.task import LogPage

NO_GROUP = "log group"
"""In CloudWatch Logs' answer where a group is not there; where only the stream is not, it names that (2026-11)."""
BIG_PAGE = 2000
"""Events from which a page is taken as a sign that there are more."""
BEHIND = 3.0
"""Seconds that the newest event of a page is old when more are taken to be there."""


class TaskLog:
    """The logs of a task's containers.

    `task`: the task's id: the last part of its ARN.
    """

    def __init__(self, calls: TaskCalls, manifest: BatchManifest, task: str, view: LogView) -> None:
        self._calls = calls
        self._manifest = manifest
        self._task = task
        self._view = view
        self._positions: dict[str, LogPosition] = defaultdict(LogPosition)

    def read(self, container: str, token: str, *, over: bool) -> LogPage:
        """Reads one page with GetLogEvents. A stream that does not exist yet is an empty one.

        Once the main container has ended, its stream must be there: awslogs makes it before the container's first line,
        also of one that writes nothing (moby, daemon/logger/awslogs, New; 2026-11). Where it is not, the group was
        deleted and made again, or the log went elsewhere. Of other containers that is not known: AWS adds some by
        itself that have no log, such as GuardDuty's.

        Where a token is refused, because a day has passed for example, the reading begins again shortly before the
        newest line, and the lines that were there before are left out.

        `token`: what the last page gave; empty for the beginning.
        """
        position = self._positions[container]
        try:
            answer = self._read_page(container, token, position)
        except NotFoundError as error:
            if token or NO_GROUP in str(error) or (over and container == self._manifest.container):
                raise
            return LogPage((), token=token)
        except InvalidError:
            if not token:
                raise
            position.begin_again()
            answer = self._read_page(container, "", position)
        page = page_of(answer, token, self._calls.now())
        lines = position.new(page.lines, [round(line.at * 1000) for line in page.lines])
        if not page.token:  # nothing says from where to go on
            position.begin_again()
        wanted = self._view.wanted(lines)
        return replace(page, lines=wanted, unwanted=bool(lines) and not wanted)

    def _tail(self, container: str) -> Mapping[str, Any]:
        """The last lines that are wanted, read backwards, as one page from which the reading goes on."""
        answer = self._get(container, startFromHead=False)
        events: list[Mapping[str, Any]] = []
        page, back = answer, ""
        while True:
            events = [*(event for event in page.get("events", []) if self._view.wanted(lines_of(event))), *events]
            events = events[-self._view.tail :]
            if len(events) >= self._view.tail or page.get("nextBackwardToken", back) == back:
                return {**answer, "events": events}
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
        return self._calls.call(
            "logs",
            "get_log_events",
            logGroupName=self._manifest.log_group,
            logStreamName=stream_name(self._manifest, container, self._task),
            **{**self._view.between, **more},
        )


def page_of(answer: Mapping[str, Any], token: str, now: float | None) -> LogPage:
    """A page as GetLogEvents answers it. Pure.

    The same token back means that all has been read, and so does none. A page may be empty, or short, while there is
    more.

    `now`: AWS's time, in seconds since 1970; none where it is not known.
    """
    events = answer.get("events", [])
    after = str(answer.get("nextForwardToken", ""))
    newest = max((event.get("ingestionTime", 0) for event in events), default=0) / 1000
    behind = now is None or now - newest > BEHIND
    return LogPage(
        [line for event in events for line in lines_of(event)],
        token=after,
        more=after != token and (not events or len(events) >= BIG_PAGE or behind),
        delay=max((event.get("ingestionTime", 0) - moment_of(event) for event in events), default=0) / 1000,
    )


def stream_name(manifest: BatchManifest, container: str, task: str) -> str:
    """The log stream of a container. It is computed by awslogs' rule, never looked for."""
    return f"{manifest.log_stream_prefix}/{container}/{task}"
