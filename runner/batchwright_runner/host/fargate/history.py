"""Ended tasks that ECS has forgotten: task state change events in the stage's history log group."""

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from batchwright_runner.contract.judgment.retries import ATTEMPT_WITHIN
from batchwright_runner.contract.judgment.state import state_of
from batchwright_runner.contract.moments import seconds
from batchwright_runner.contract.pages import pages
from batchwright_runner.contract.tasks import created_at, run_of
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.tasks import family_of

DAYS = 30
DAY = 86400
STEPS = (3600, DAY, 7 * DAY)
"""Seconds: how far back the newest runs are looked for, before all is read. CloudWatch Logs gives the oldest first."""


def past_tasks(
    aws: Aws,
    group: str,
    pattern: str = "",
    *,
    since: float | None = None,
    enough: int = 0,
    families: Collection[str] = (),
    wall: Callable[[], float] = time.time,
) -> list[Mapping[str, Any]]:
    """Reads ended tasks, the newest first, each as DescribeTasks had shown it.

    `group`: the history log group; empty where the stage has none.
    `pattern`: CloudWatch Logs' filter pattern; empty for all.
    `since`: from when on, in seconds since 1970; the last `DAYS` days by default.
    `enough`: So many of the newest runs are wanted: it is read back until they are known, with all attempts that their
    runner makes at once; 0 for all.
    `families`: Families of the task definitions whose tasks are wanted; empty for all.
    `wall`: seconds since 1970.
    """
    if not group:
        return []
    now = wall()
    begin = since if since is not None else now - DAYS * DAY
    tasks: dict[str, Mapping[str, Any]] = {}
    for part in parts(begin, now) if enough else [(begin, None)]:
        for event in events(aws, group, pattern, *part):
            task = _ended(event)
            if task is not None and (not families or family_of(task) in families):
                tasks[task["taskArn"]] = task  # EventBridge delivers at least once
        if enough and _whole_runs(tasks.values(), part[0]) >= enough:
            break
    return sorted(tasks.values(), key=_stopped_at, reverse=True)


def _whole_runs(tasks: Collection[Mapping[str, Any]], begin: float) -> int:
    """How many runs began so long after a moment that none of their attempts can have ended before it."""
    first: dict[tuple[str, str], float] = {}
    for task in tasks:
        name = family_of(task), run_of(task) or task["taskArn"]
        first[name] = min(created_at(task) or _stopped_at(task), first.get(name, float("inf")))
    return sum(1 for at in first.values() if at >= begin + ATTEMPT_WITHIN)


def parts(begin: float, now: float, steps: Sequence[float] = STEPS) -> list[tuple[float, float | None]]:
    """A time until now in parts, the newest first. Pure.

    `begin`: from when on, in seconds since 1970.
    `now`: Now. The newest part has no end: this host's clock may be behind AWS's.
    `steps`: how far back each part but the last begins, in seconds.
    Returns Begin and end of each part; no end for none.
    """
    edges: list[float] = [now - step for step in steps if now - step > begin]
    edges.append(begin)
    return [(edges[0], None), *((older, newer) for newer, older in pairwise(edges))]


def run_pattern(started_by: str, beginning: str = "") -> str:
    """The filter pattern for a run id: as ``startedBy``, or as the group of a task that a machine has started.

    `beginning`: what may begin the id of its task, too; empty for nothing.
    """
    task = f' || $.detail.taskArn = "*/{beginning}*"' if beginning else ""
    return f'{{ $.detail.startedBy = "{started_by}" || $.detail.group = "{started_by}"{task} }}'


def family_pattern(family: str) -> str:
    """The filter pattern for a batch, by its task definitions: ``group`` is the family only where none was given."""
    return f'{{ $.detail.taskDefinitionArn = "*:task-definition/{family}:*" }}'


def task_pattern(identity: str) -> str:
    """The filter pattern for a task, by the last part of its ARN."""
    return f'{{ $.detail.taskArn = "*/{identity}" }}'


def events(aws: Aws, group: str, pattern: str, begin: float, end: float | None = None) -> Iterator[Mapping[str, Any]]:
    """The events of a log group, the oldest first; none of a group that is not there.

    `pattern`: CloudWatch Logs' filter pattern; empty for all.
    `begin`: from when on, in seconds since 1970.
    """
    wanted: dict[str, Any] = {"filterPattern": pattern} if pattern else {}
    if end is not None:
        wanted["endTime"] = int(end * 1000)
    read = partial(aws.call, "logs", "filter_log_events", logGroupName=group, startTime=int(begin * 1000), **wanted)
    try:
        yield from pages(read, "events")
    except ApiError as error:
        if error.code != "ResourceNotFoundException":
            raise


def _ended(event: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The task of an event that says it has ended; none for anything else that may have been written there."""
    try:
        task: Mapping[str, Any] = json.loads(event["message"])["detail"]
        return task if state_of(task, "").status == "STOPPED" and isinstance(task["taskArn"], str) else None
    except (AttributeError, ValueError, KeyError, TypeError):
        return None


def _stopped_at(task: Mapping[str, Any]) -> float:
    return seconds(task.get("stoppedAt", 0))
