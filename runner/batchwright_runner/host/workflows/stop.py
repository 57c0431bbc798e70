"""The stop of a workflow's run: its execution first, so that nothing more starts, then each step in progress by name.

Step Functions stops the executions that another one has started only as far as it can. So each is stopped here, too,
and gets our reason.
"""

from collections.abc import Iterable

from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import FORBIDDEN_FOR
from batchwright_runner.host.fargate.executions import stop_execution
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.workflows.look import passes

RETRY = 1.0
"""Seconds between two tries of a stop that did not get through."""


class WholeStop:
    """The stop of a run.

    `refused`: what will not be stopped: the ARN of an execution to why.
    """

    def __init__(self, aws: Aws, waiter: Waiter, arn: str, reason: str) -> None:
        self.reason = reason
        self.sent_at: float | None = None
        self.refused: dict[str, str] = {}
        self._aws = aws
        self._waiter = waiter
        self._arn = arn
        self._stopped: set[str] = set()
        self.asked_at = self._due = waiter.now()

    def try_now(self, children: Iterable[str]) -> None:
        """Stops what is not stopped yet, if it is time for that."""
        if self._waiter.now() < self._due or self._arn in self.refused:
            return
        if self.sent_at is None and self._stops(self._arn):
            self.sent_at = self._waiter.now()
        for child in children if self.sent_at is not None else ():
            self._stops(child)

    def _stops(self, arn: str) -> bool:
        """Stops one execution; whether that got through, now or before."""
        if arn in self._stopped or arn in self.refused:
            return arn in self._stopped
        try:
            stop_execution(self._aws, arn, self.reason)
        except ApiError as error:
            new = error.forbidden and self._waiter.now() - self.asked_at < FORBIDDEN_FOR
            if not passes(error) and not new:
                self.refused[arn] = str(error)
            self._due = self._waiter.now() + RETRY
            return False
        self._stopped.add(arn)
        return True
