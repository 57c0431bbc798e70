"""Starts a task: repeats what AWS refuses for a moment, and never starts two."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.stop_reasons import (
    BATCH_AGAIN,
    INACTIVE_DEFINITION,
    TEMPORARY_FAILURES,
    advice,
    is_temporary,
)
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.errors import InterruptedEarlyError, RunnerError, StartError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import LATE_FOR, Patience, denied, ends_at_once, repeat
from batchwright_runner.host.aws.trying import Trying
from batchwright_runner.host.fargate.end import come_back
from batchwright_runner.host.fargate.request import RunPlan
from batchwright_runner.host.runs.signals import LeaveNow, Waiter
from batchwright_runner.host.runs.task import TemporaryError
from batchwright_runner.host.terminal.console import Tell
from batchwright_runner.host.terminal.text import sentence

PATIENCE = 300.0
"""Seconds for which a start that AWS refuses for a moment is tried."""
CAPACITY_PAUSE = 20.0
"""Seconds between attempts when AWS has no capacity: that takes longer to pass than throttling."""
FATAL = "the task could not be started"


@dataclass(frozen=True, slots=True)
class Started:
    """A task that was started, or joined."""

    arn: str
    # The plan it was started with; its manifest is newer than the first where the first was out of date
    plan: RunPlan
    joined: bool
    # The task as ECS answered; empty for a joined one
    task: Mapping[str, Any]


class Launcher:
    """Starts tasks."""

    def __init__(self, aws: Aws, waiter: Waiter, tell: Tell, reread: Callable[[str], BatchManifest]) -> None:
        self._aws = aws
        self._waiter = waiter
        self._reread = reread
        self._trying = Trying(FATAL, waiter, tell.note)
        self._asking = self._lost = False

    def start(self, plan: RunPlan) -> Started:
        """Starts a task, or joins the one that an earlier request of the same id has started."""
        self._asking = self._lost = False
        try:
            return self._start(plan)
        except RunnerError as error:
            if not self._lost:
                raise
            raise _maybe(plan, str(error.args[0])) from error
        except LeaveNow as left:
            if not self._asking and not self._lost:
                raise
            why = f"left at once on a second signal, the first was {signal.Signals(left.first).name}"
            raise _maybe(plan, f"{FATAL}: {why}") from left

    def _start(self, plan: RunPlan) -> Started:
        renewed = False

        def ask() -> Started:
            nonlocal plan, renewed
            # Once a request may have been carried out it is repeated, so that its task is known and can be stopped.
            if self._waiter.signals and not self._lost:
                raise InterruptedEarlyError(self._waiter.signals[0])
            try:
                return self._ask(plan)
            except _InactiveError as error:
                if renewed:
                    raise StartError(f"{FATAL}: {error}", hint=sentence(BATCH_AGAIN)) from error
                renewed = True
                plan = replace(plan, manifest=self._reread(plan.manifest.batch))
                return ask()

        try:
            return repeat(ask, self._waiter, Patience(PATIENCE, late_for=LATE_FOR), trying=self._trying)
        except _PassingError as error:
            raise error.final() from error
        except ApiError as error:
            raise denied(FATAL, error) from error

    def _ask(self, plan: RunPlan) -> Started:
        self._asking = True
        try:
            answer = self._aws.call("ecs", "run_task", **plan.request())
        except ApiError as error:
            self._lost = self._lost or error.lost
            self._asking = False
            return self._refused(plan, error)
        failures, tasks = answer.get("failures", []), answer.get("tasks", [])
        if tasks:
            return Started(tasks[0]["taskArn"], plan, joined=False, task=tasks[0])
        if failures:
            self._asking = False
            raise _failure(failures[0])
        self._lost = True
        raise _PassingError("ECS answered with neither a task nor a failure")

    def _refused(self, plan: RunPlan, error: ApiError) -> Started:
        if error.code == "ConflictException":
            arns = error.response.get("resourceIds") or []
            if arns:
                return Started(arns[0], plan, joined=True, task={})
        if error.temporary and not (error.credentials and not self._lost):
            raise _PassingError(str(error), throttled=error.throttled) from error
        if INACTIVE_DEFINITION in str(error):
            raise _InactiveError(str(error)) from error
        if error.late:
            raise error
        if ends_at_once(error):
            raise denied(FATAL, error) from error
        if is_temporary(str(error)):
            raise _PassingError(str(error), refused=True) from error
        raise StartError(f"{FATAL}: {error}", hint=_hint(str(error))) from error


class _PassingError(TemporaryError):
    """ECS does not start the task now; later it may."""

    def __init__(self, message: str, *, throttled: bool = False, refused: bool = False) -> None:
        super().__init__(message, throttled=throttled, longest=CAPACITY_PAUSE if refused else 0.0)
        self._refused = refused

    def final(self) -> RunnerError:
        """The error when it has not passed."""
        kind = StartError if self._refused else RunnerError
        return kind(f"{FATAL}: {self}", hint=_hint(str(self)) or "Try again later", again="safe")


def _maybe(plan: RunPlan, message: str) -> RunnerError:
    """The error where a request may have been carried out whose answer was lost."""
    hint = come_back(plan.manifest, plan.run.started_by, "It may have been started all the same")
    return RunnerError(message, hint=hint, again="ask")


class _InactiveError(Exception):
    """The task definition was deregistered: a deployment came between."""


def _failure(failure: Mapping[str, Any]) -> Exception:
    reason = str(failure.get("reason", "no reason given"))
    detail = f"{reason} ({failure['detail']})" if failure.get("detail") else reason
    if any(part in reason for part in TEMPORARY_FAILURES) or is_temporary(detail):
        return _PassingError(detail, refused=True)
    return StartError(f"{FATAL}: {detail}", hint=_hint(reason))


def _hint(reason: str) -> str:
    return sentence(advice(Verdict(Row.NEVER_STARTED, 126, "", "useless"), reason))
