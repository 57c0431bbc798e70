"""Looks at AWS: each question once, whichever check asks it, from several threads, and never changes anything."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from threading import Lock
from typing import Any

from batchwright_runner.contract.pages import pages
from batchwright_runner.errors import DeniedError
from batchwright_runner.host.aws.client import Aws, permission_of
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import Patience, patiently
from batchwright_runner.host.runs.signals import Waiter

PATIENCE = Patience(20.0)
"""Seconds for which a question is asked again while it fails in a way that passes."""
TICK = 0.1
"""Seconds. A thread cannot be woken by a signal: it looks for one this often."""


class UnseenError(DeniedError):
    """The caller may not look.

    `permission`: the IAM action that is missing, ``ec2:DescribeSubnets``.
    """

    def __init__(self, permission: str) -> None:
        super().__init__(f"{permission} is not allowed")
        self.permission = permission


class StageQuestions:
    """Asks AWS, and remembers the answers."""

    def __init__(self, aws: Aws, waiter: Waiter, elsewhere: Callable[[str], Aws]) -> None:
        self.waiter: Waiter = _InThreads(waiter)
        self._aws = aws
        self._elsewhere = elsewhere
        self._regions: dict[str, StageQuestions] = {}
        self._answers: dict[str, Future[Mapping[str, Any]]] = {}
        self._lock = Lock()

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        """The answer to a question; the same question is asked once."""
        key = json.dumps([service, operation, parameters], sort_keys=True)
        with self._lock:
            mine = key not in self._answers
            answer = self._answers.setdefault(key, Future())
        if mine:
            try:
                answer.set_result(self._ask(service, operation, parameters))
            except BaseException as error:  # noqa: BLE001 - whoever waits for the answer must get the error
                answer.set_exception(error)
        return answer.result()

    def find(self, absent: str, service: str, operation: str, **parameters: Any) -> Mapping[str, Any] | None:  # noqa: ANN401 - any shape
        """The same; ``None`` where AWS answers with a code that means that there is no such thing."""
        try:
            return self.call(service, operation, **parameters)
        except ApiError as error:
            if error.code.startswith(absent):
                return None
            raise

    def at(self, region: str) -> "StageQuestions":
        """The same in another region."""
        with self._lock:
            if region not in self._regions:
                self._regions[region] = StageQuestions(self._elsewhere(region), self.waiter, self._elsewhere)
            return self._regions[region]

    def pages(self, service: str, operation: str, items: str, **parameters: Any) -> list[Any]:  # noqa: ANN401 - any
        """All items of an answer that comes in pages."""
        return list(pages(partial(self.call, service, operation, **parameters), items))

    def _ask(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return patiently(
                lambda: self._aws.call(service, operation, **parameters),
                f"{permission_of(service, operation)} failed",
                self.waiter,
                patience=PATIENCE,
                but=None,
            )
        except DeniedError as error:
            raise UnseenError(permission_of(service, operation)) from error


class _InThreads:
    """A waiter that threads may share: only the main thread can be woken by a signal."""

    def __init__(self, waiter: Waiter) -> None:
        self._waiter = waiter

    @property
    def signals(self) -> Sequence[int]:
        return self._waiter.signals

    def now(self) -> float:
        return self._waiter.now()

    def wait(self, seconds: float, read: Sequence[int] = (), write: Sequence[int] = ()) -> None:
        del read, write
        until = self.now() + seconds
        while self.now() < until and not self.signals:
            time.sleep(min(TICK, max(0.0, until - self.now())))

    def note(self, text: str) -> None:
        self._waiter.note(text)
