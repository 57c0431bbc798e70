"""Sets and drops the deadlines of a run's tasks beside the following: a scheduler that hangs delays nothing."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from batchwright_runner.contract.ends import NO_DEADLINE
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.fargate.deadline import drop_deadline, make_deadline
from batchwright_runner.host.runs.signals import LeaveNow
from batchwright_runner.host.terminal.console import Tell

SET_WITHIN = 5.0
"""Seconds for which a runner that leaves a task waits at the end until its deadline is set."""
DROPPED_WITHIN = 1.0
"""Seconds for which a runner waits at the end until a deadline is dropped. One that stays fires once, at nothing."""


class _Pauses:
    """Time and pauses of a thread, which gets no signals."""

    signals: Sequence[int] = ()

    def now(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float, read: Sequence[int] = (), write: Sequence[int] = ()) -> None:
        del read, write
        time.sleep(max(0.0, seconds))

    def note(self, text: str) -> None:
        """Nothing: nobody waits for it."""


class _Kept:
    """The deadline of one task, and the thread that sees to it.

    Args:
        make: Sets it, and gives why that did not work.
        drop: Drops it.
        tell: Who is told that it is not set.
    """

    def __init__(self, make: Callable[[], str], drop: Callable[[], None], tell: Tell) -> None:
        self._make = make
        self._drop = drop
        self._tell = tell
        self.settled = threading.Event()
        self.over = threading.Event()
        self.dropped = threading.Event()
        threading.Thread(target=self._keep, daemon=True).start()

    def _keep(self) -> None:
        try:
            problem = self._make()
        except Exception as error:  # noqa: BLE001 - whatever it is, the run does not depend on it
            problem = f"{type(error).__name__}: {error}"
        self.settled.set()
        if problem and not self.over.is_set():
            self._tell.note(f"no deadline could be set: {problem}\n{NO_DEADLINE}")
        self.over.wait()
        with suppress(Exception):  # one that stays fires once, at nothing
            self._drop()
        self.dropped.set()


class Deadlines:
    """The deadlines of a run's tasks.

    Args:
        aws: Calls AWS, from several threads.
        tell: Who is told that one is not set.
    """

    def __init__(self, aws: Aws, tell: Tell) -> None:
        self._aws = aws
        self._tell = tell
        self._kept: dict[str, _Kept] = {}

    def keep(self, manifest: BatchManifest, arn: str, due: float | None = None) -> None:
        """Begins to set the deadline of a task, and returns at once.

        Args:
            manifest: The batch.
            arn: The task.
            due: When its timeout stops it, in seconds since 1970; none where another runner has set the deadline.
        """
        deadline, pauses = manifest.deadline, _Pauses()
        if deadline is None or arn in self._kept:
            return

        def make() -> str:
            return "" if due is None else make_deadline(self._aws, manifest, deadline, arn, due, pauses)

        self._kept[arn] = _Kept(make, partial(drop_deadline, self._aws, deadline, arn, pauses), self._tell)

    def drop(self, arn: str) -> None:
        """Begins to drop the deadline of a task that has ended, and returns at once."""
        if arn in self._kept:
            self._kept[arn].over.set()

    def finish(self) -> None:
        """Waits, within bounds, for what was begun: before the command exits. A signal ends the waiting."""
        until = time.monotonic() + DROPPED_WITHIN
        with suppress(LeaveNow):
            for kept in self._kept.values():
                if kept.over.is_set():
                    kept.dropped.wait(max(0.0, until - time.monotonic()))
                else:
                    kept.settled.wait(SET_WITHIN)
        for kept in self._kept.values():
            if not kept.over.is_set() and not kept.settled.is_set():
                self._tell.note(f"no deadline could be set: the scheduler has not answered\n{NO_DEADLINE}")
