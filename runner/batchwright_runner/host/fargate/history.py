"""The ends of runs that ECS has forgotten: task state change events in the stage's history log group."""

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

from batchwright_runner.contract.judgment.state import TaskState, state_of
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import family_of
from batchwright_runner.contract.tasks import run_of
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.pages import pages

DAYS = 30
DAY = 86400
ATTEMPT_WITHIN = 300.0
"""Seconds after an attempt's end within which the next one is started at the latest, where AWS takes the start."""
STEPS = (3600, DAY, 7 * DAY)
"""Seconds: how far back the newest runs are looked for, before all is read. CloudWatch Logs gives the oldest first."""


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run that has ended.

    Attributes:
        arn: Its task.
        started_by: Its run id, as ECS keeps it.
        family: Its task definition's family.
        state: How it ended.
        detail: The event's detail.
    """

    arn: str
    started_by: str
    family: str
    state: TaskState
    detail: Mapping[str, Any]


def past_runs(
    aws: Aws,
    group: str,
    container: str,
    pattern: str = "",
    *,
    since: float | None = None,
    enough: int = 0,
    families: Collection[str] = (),
    wall: Callable[[], float] = time.time,
) -> list[PastRun]:
    """Reads ended runs, the newest first.

    Args:
        aws: Calls AWS.
        group: The history log group; empty where the stage has none.
        container: Name of the main container.
        pattern: CloudWatch Logs' filter pattern; empty for all.
        since: From when on, in seconds since 1970; the last `DAYS` days by default.
        enough: So many of the newest runs are wanted: it is read back until they are known, with all attempts that
            their runner makes at once; 0 for all.
        families: Families of the task definitions whose runs are wanted; empty for all.
        wall: Seconds since 1970.

    Raises:
        ApiError: A call failed.
    """
    if not group:
        return []
    now = wall()
    begin = since if since is not None else now - DAYS * DAY
    runs: dict[str, PastRun] = {}
    for part in parts(begin, now) if enough else [(begin, None)]:
        for event in _events(aws, group, pattern, *part):
            run = _run(event, container)
            if run is not None and (not families or run.family in families):
                runs[run.arn] = run  # EventBridge delivers at least once
        if enough and _whole_runs(runs.values(), part[0]) >= enough:
            break
    return sorted(runs.values(), key=lambda run: run.state.times.get("stoppedAt", 0.0), reverse=True)


def _whole_runs(tasks: Collection[PastRun], begin: float) -> int:
    """How many runs began so long after a moment that none of their attempts can have ended before it."""
    first: dict[tuple[str, str], float] = {}
    for task in tasks:
        name, times = (task.family, task.started_by or task.arn), task.state.times
        first[name] = min(times.get("createdAt") or times.get("stoppedAt", 0.0), first.get(name, float("inf")))
    return sum(1 for at in first.values() if at >= begin + ATTEMPT_WITHIN)


def parts(begin: float, now: float, steps: Sequence[float] = STEPS) -> list[tuple[float, float | None]]:
    """A time until now in parts, the newest first. Pure.

    Args:
        begin: From when on, in seconds since 1970.
        now: Now. The newest part has no end: this host's clock may be behind AWS's.
        steps: How far back each part but the last begins, in seconds.

    Returns:
        Begin and end of each part; no end for none.
    """
    edges: list[float] = [now - step for step in steps if now - step > begin]
    edges.append(begin)
    return [(edges[0], None), *((older, newer) for newer, older in pairwise(edges))]


def judged(run: PastRun, manifest: BatchManifest) -> PastRun:
    """The run as its batch's manifest lets one judge it: by that one's main and essential containers."""
    return replace(run, state=state_of(run.detail, manifest.container, essential=manifest.essential))


def run_pattern(started_by: str) -> str:
    """The filter pattern for a run id: as ``startedBy``, or as the group of a task that a machine has started."""
    return f'{{ $.detail.startedBy = "{started_by}" || $.detail.group = "{started_by}" }}'


def family_pattern(family: str) -> str:
    """The filter pattern for a batch, by its task definitions: ``group`` is the family only where nobody gives one."""
    return f'{{ $.detail.taskDefinitionArn = "*:task-definition/{family}:*" }}'


def task_pattern(identity: str) -> str:
    """The filter pattern for a task, by the last part of its ARN."""
    return f'{{ $.detail.taskArn = "*/{identity}" }}'


def _events(aws: Aws, group: str, pattern: str, begin: float, end: float | None) -> Iterator[Mapping[str, Any]]:
    wanted: dict[str, Any] = {"filterPattern": pattern} if pattern else {}
    if end is not None:
        wanted["endTime"] = int(end * 1000)
    read = partial(aws.call, "logs", "filter_log_events", logGroupName=group, startTime=int(begin * 1000), **wanted)
    try:
        yield from pages(read, "events")
    except ApiError as error:
        if error.code != "ResourceNotFoundException":
            raise


def _run(event: Mapping[str, Any], container: str) -> PastRun | None:
    try:
        detail = json.loads(event["message"])["detail"]
        state = state_of(detail, container)
        arn = str(detail["taskArn"])
    except (AttributeError, ValueError, KeyError, TypeError):  # anything may have been written there
        return None
    if state.status != "STOPPED":
        return None
    family = family_of(str(detail.get("taskDefinitionArn", "")))
    return PastRun(arn, run_of(detail), family, state, detail)
