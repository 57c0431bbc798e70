"""Waits while another run of a batch is in progress.

Nothing in AWS holds a queue, or shows who waits: each waiting runner looks by itself, with growing pauses. Of two
that start at the same moment the older task runs, and the runner of the other stops it and waits again. So two never
run at once; who is next is not certain.
"""

import random
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.moments import CLOCK, DATE, SECONDS, cell, shown
from batchwright_runner.contract.tasks import created_at, name_of_run
from batchwright_runner.errors import OverlapError, RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import FORBIDDEN_FOR, Patience, patiently
from batchwright_runner.host.fargate.overlap import UNSEEN, other_runs, still_in_progress
from batchwright_runner.host.fargate.request import RunPlan
from batchwright_runner.host.runs.signals import end_if_told
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.live_line import LiveLine

PAUSES = (3.0, 12.0)
"""Seconds between two looks: at first, and once a run has waited for `SETTLED`. A look is one DescribeTasks, of the run
that is waited for; all tasks are listed when that one has ended."""
SETTLED = 600.0
PATIENCE = 90.0
"""Seconds for which a look is tried at least when AWS does not answer."""
FORBIDDEN_LATER_FOR = 120.0
"""Seconds for which a look that a permission is missing for is tried, once the run waits: it had the permission."""
REFUSED_FOR, REFUSED_LATER_FOR = 15.0, 3600.0
"""The same for credentials that are no good any more: they may be renewed late, or a person may have to log in."""


T = TypeVar("T")


def pause_after(waited: float, chance: Callable[[], float] = random.random) -> float:
    """Seconds until the next look, with jitter. Pure.

    `chance`: Gives a number from 0 to 1.
    """
    first, last = PAUSES
    return (first + (last - first) * min(waited / SETTLED, 1)) * (0.5 + chance())


@dataclass(frozen=True, slots=True)
class Queue:
    """Waits for the runs that are in progress."""

    stage: Stage
    console: Console

    def wait(self, plan: RunPlan, own: Collection[str], since: float) -> Mapping[str, Any] | None:
        """Waits until no other run of the batch is in progress.

        Returns a task of the run's own given id that another runner has started meanwhile; none for the run's turn.
        """
        waiter, reported = self.stage.waiter, ""
        until = since + plan.manifest.at_once.longest
        others = partial(other_runs, self.stage.aws, plan.manifest, own)
        while ahead := self._look(others, until, waits=bool(reported)):
            first, arn = ahead[0], str(ahead[0]["taskArn"])
            mine = [task for task in ahead if plan.run.given and task.get("startedBy") == plan.run.started_by]
            if mine:
                return mine[0]
            if waiter.now() >= until:
                raise self._gave_up(plan, first)
            if arn != reported:
                reported = arn
                left = format_duration(until - waiter.now())
                name, at = name_of_run(plan.manifest.batch, arn), self._since(first)
                self.stage.tell.note(f"waiting for run {name}, in progress since {at}, for at most {left}")
            goes_on = partial(still_in_progress, self.stage.aws, plan.manifest, arn)
            with LiveLine(self.console, f"waiting for {name_of_run(plan.manifest.batch, arn)}") as line:
                while waiter.now() < until:
                    self._pause(min(until, waiter.now() + pause_after(waiter.now() - since)), line)
                    if not self._look(goes_on, until, waits=True):
                        break
        return None

    def _pause(self, until: float, line: LiveLine) -> None:
        waiter = self.stage.waiter
        while waiter.now() < until:
            end_if_told(waiter)
            waiter.wait(min(until - waiter.now(), line.tick()))

    def _look(self, look: Callable[[], T], until: float, *, waits: bool) -> T:
        waiter = self.stage.waiter
        seconds = max(PATIENCE, until - waiter.now())
        forbidden, refused = (FORBIDDEN_LATER_FOR, REFUSED_LATER_FOR) if waits else (FORBIDDEN_FOR, REFUSED_FOR)
        try:
            return patiently(
                look, UNSEEN, waiter, patience=Patience(seconds, forbidden_for=forbidden, refused_for=refused), but=None
            )
        except ApiError as error:
            raise RunnerError(f"{UNSEEN}: {error}", hint="Nothing was started", again="safe") from error

    def _gave_up(self, plan: RunPlan, task: Mapping[str, Any]) -> OverlapError:
        waited = format_duration(plan.manifest.at_once.longest)
        blocking = name_of_run(plan.manifest.batch, str(task["taskArn"]))
        return OverlapError(
            f"run {blocking} has been in progress since {self._since(task)}: "
            f"ours has waited for {waited}, and may not wait longer",
            hint=f"Follow that one: batchwright attach {blocking} -s {plan.manifest.stage}",
        )

    def _since(self, task: Mapping[str, Any]) -> str:
        at, now = created_at(task), time.time()
        return shown(at, CLOCK if cell(at, DATE) == cell(now, DATE) else SECONDS)
