"""Deadlines of a run's tasks: schedules that stop them when the runner's host is gone.

They are set and dropped beside the following: a scheduler that hangs delays nothing.
"""

import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from batchwright_runner.contract.ends import DEADLINE_REASON, NO_DEADLINE
from batchwright_runner.contract.manifest import BatchManifest, Deadline
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import Patience, backoff, repeat
from batchwright_runner.host.fargate.task import task_id
from batchwright_runner.host.runs.signals import LeaveNow, Waiter
from batchwright_runner.host.terminal.console import Tell

SAID_AFTER = 5.0
"""Seconds of failures after which a note says so."""
LONGEST = 20.0
"""Seconds between attempts at most, before jitter: many runs share Scheduler's quota, and once it answers, none is
without its deadline for more than a minute."""
LEFT_WITHIN, DETACHED_WITHIN = 5.0, 60.0
"""Seconds for which a runner that leaves a task waits until its deadline is set, and one that was not to follow it."""
DROPPED_WITHIN = 1.0
"""Seconds for which a runner waits at the end until a deadline is dropped. One that stays fires once, at nothing."""
LOOKED_AGAIN = 0.1
MARGIN = 120
"""Seconds after timeout and stop timeout: a schedule may fire a minute late, and the runner is to be the first."""
STOP_TASK = "scheduler:::aws-sdk:ecs:stopTask"
DROPPING = Patience(attempts=3, pause=lambda failed: backoff(failed) / 4)
RETRIES = 3


def schedule_request(manifest: BatchManifest, deadline: Deadline, arn: str, due: float) -> dict[str, Any]:
    """The CreateSchedule request. Pure.

    `due`: when the timeout stops the task, in seconds since 1970.
    """
    at = datetime.fromtimestamp(due + manifest.stop_timeout_seconds + MARGIN, UTC)
    # The names are those of the API: the scheduler takes them in this casing.
    target = {"Cluster": manifest.cluster, "Task": arn, "Reason": DEADLINE_REASON}
    return {
        "Name": task_id(arn),
        "GroupName": deadline.group,
        "ScheduleExpression": f"at({at:%Y-%m-%dT%H:%M:%S})",
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": {
            "Arn": f"arn:{arn.split(':')[1]}:{STOP_TASK}",
            "RoleArn": deadline.role,
            "Input": json.dumps(target),
            "RetryPolicy": {"MaximumRetryAttempts": RETRIES},
        },
    }


def make_deadline(aws: Aws, manifest: BatchManifest, deadline: Deadline, arn: str, due: float) -> None:
    """Makes the schedule, by one call. One that is there already is as good."""
    try:
        aws.call("scheduler", "create_schedule", **schedule_request(manifest, deadline, arn, due))
    except ApiError as error:
        if error.code != "ConflictException":
            raise


def drop_deadline(aws: Aws, deadline: Deadline, arn: str, waiter: Waiter) -> None:
    """Deletes the schedule. One that stays fires once, at a task that has ended, and deletes itself."""
    delete = partial(aws.call, "scheduler", "delete_schedule", Name=task_id(arn), GroupName=deadline.group)
    with suppress(ApiError):
        repeat(delete, waiter, DROPPING)


class _Aside:
    """Time and pauses of a thread, which gets no signals and writes no notes."""

    signals: Sequence[int] = ()

    def now(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float, read: Sequence[int] = (), write: Sequence[int] = ()) -> None:
        del read, write
        time.sleep(max(0.0, seconds))

    def note(self, text: str) -> None:
        """Nothing: it is not waited for."""


class _KeptDeadline:
    """The deadline of one task, and the thread that sets and drops it."""

    def __init__(self, make: Callable[[], None], drop: Callable[[], None], tell: Tell) -> None:
        self._make = make
        self._drop = drop
        self._tell = tell
        self._refused = False
        self.problem = "the scheduler has not answered"
        self.settled = threading.Event()
        self.over = threading.Event()
        self.dropped = threading.Event()
        threading.Thread(target=self._keep, daemon=True).start()

    def _keep(self) -> None:
        began, failed, reported = time.monotonic(), 0, False
        while not self.over.is_set() and not self._is_set():
            if not reported and not self.over.is_set() and (self._refused or time.monotonic() - began >= SAID_AFTER):
                reported = True
                self._tell.note(f"no deadline could be set yet: {self.problem}\ntrying again; until then {NO_DEADLINE}")
            self.over.wait(backoff(failed, longest=LONGEST))
            failed += 1
        if reported and self.settled.is_set():
            self._tell.note("the deadline is set")
        self.over.wait()
        with suppress(Exception):  # one that stays fires once, at nothing
            self._drop()
        self.dropped.set()

    def _is_set(self) -> bool:
        try:
            self._make()
        except Exception as error:  # noqa: BLE001 - whatever it is, the run does not depend on it
            self._refused = not (isinstance(error, ApiError) and error.temporary)
            self.problem = str(error) if isinstance(error, ApiError) else f"{type(error).__name__}: {error}"
            return False
        self.settled.set()
        return True


class Deadlines:
    """The deadlines of a run's tasks. Each is tried for as long as its task goes on."""

    def __init__(self, aws: Aws, tell: Tell | None = None) -> None:
        self._aws = aws
        self._tell = tell or _Aside()
        self._deadlines: dict[str, _KeptDeadline] = {}

    def keep(self, manifest: BatchManifest, arn: str, due: float) -> None:
        """Begins to set the deadline of a task, and returns at once.

        `due`: when its timeout stops it, in seconds since 1970.
        """
        deadline = manifest.deadline
        if deadline is not None and arn not in self._deadlines:
            make = partial(make_deadline, self._aws, manifest, deadline, arn, due)
            self._deadlines[arn] = _KeptDeadline(
                make, partial(drop_deadline, self._aws, deadline, arn, _Aside()), self._tell
            )

    def drop(self, arn: str) -> None:
        """Begins to drop the deadline of a task that has ended, and returns at once."""
        if arn in self._deadlines:
            self._deadlines[arn].over.set()

    def why_not_set(self, arn: str, waiter: Waiter) -> str:
        """Waits until a task's deadline is set, for a minute, or until a signal comes.

        Returns why it is not set; empty where it is, or the stage keeps none.
        """
        deadline, until = self._deadlines.get(arn), waiter.now() + DETACHED_WITHIN
        while deadline is not None and not deadline.settled.is_set():
            if waiter.now() >= until or waiter.signals:
                return self._deadlines.pop(arn).problem
            waiter.wait(LOOKED_AGAIN)
        return ""

    def finish(self) -> None:
        """Waits, within bounds, for what was begun: before the command exits. A signal ends the waiting."""
        until = time.monotonic() + DROPPED_WITHIN
        with suppress(LeaveNow):
            for deadline in self._deadlines.values():
                if deadline.over.is_set():
                    deadline.dropped.wait(max(0.0, until - time.monotonic()))
                else:
                    deadline.settled.wait(LEFT_WITHIN)
        for deadline in self._deadlines.values():
            if not deadline.over.is_set() and not deadline.settled.is_set():
                self._tell.note(f"no deadline could be set: {deadline.problem}\n{NO_DEADLINE}")
