"""Reads the logs of a run's containers: each from where it was, with patience, until it is complete or given up."""

from collections.abc import Iterator, Sequence

from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.runs.task import LogPage, LogSink, Pace, RefusedError, Task, TemporaryError, Watcher
from batchwright_runner.host.runs.trouble import Troubles, log_of

REFUSED_FOR = 30
"""Seconds after the end for which a refused look at the log is tried again. While the run goes on there is no limit."""
FAILED_FOR = 120
"""The same for a look that fails in a way that passes."""
HUNG = 1.0
"""Seconds after which a look has hung: the follower may have something more urgent to do than the next one."""


class LogReading:
    """The reading of a run's log.

    `incomplete`: why lines may be missing; empty when none are known to be.
    """

    def __init__(
        self, task: Task, *, pace: Pace, waiter: Waiter, output: LogSink, watcher: Watcher, troubles: Troubles
    ) -> None:
        self._task = task
        self._pace = pace
        self._waiter = waiter
        self._output = output
        self._watcher = watcher
        self._troubles = troubles
        self._tokens: dict[str, str] = {}
        self._open: set[str] = set()
        self._turns: list[str] = []
        self._failing: dict[str, float] = {}
        self._ended_at: float | None = None
        self.more = False
        self.incomplete = ""
        self.meet_containers()

    @property
    def goes_on(self) -> bool:
        """Whether lines may still come of any container."""
        return bool(self._open)

    @property
    def complete(self) -> bool:
        """Whether all has been read, as far as the last reads know: the pace decides whether more may come."""
        return not self.more and not self._failing

    def meet_containers(self) -> None:
        """Learns whose logs are to be read."""
        for name in self._task.containers:
            if name not in self._tokens:
                self._tokens[name] = ""
                self._open.add(name)

    def ended(self, at: float, *, has_log: bool) -> None:
        """The run has ended: from now on there is a limit to the patience.

        `has_log`: a container whose log is shown had begun. If not there is no log, and it is not read again: a read
        that has failed is not waited for.
        """
        self._ended_at = at
        if not has_log:
            for container in self._failing:
                self._troubles.give_up(log_of(container))
            self._failing.clear()

    def read(self) -> None:
        """Reads a page of each container's log."""
        self.more = False
        results = list(self._read_all())
        pages = [page for page in results if isinstance(page, LogPage)]
        if pages:
            self._pace.saw_log(self._waiter.now(), _together(pages))
        for error in [error for error in results if isinstance(error, TemporaryError)]:
            self._pace.log_failed(self._waiter.now(), error)

    def _read_all(self) -> Iterator[LogPage | TemporaryError]:
        """Reads a page of each log; of those behind one that has hung in the next turn, so that a stop is not late."""
        if not self._turns:
            self._turns = [name for name in self._tokens if name in self._open]
        if not self._turns:
            yield TemporaryError("no container is known whose log could be read")
        while self._turns:
            began = self._waiter.now()
            yield self._read_of(self._turns.pop(0))
            if self._turns and self._waiter.now() - began > HUNG:
                self.more = True
                return

    def _read_of(self, container: str) -> LogPage | TemporaryError:
        """Reads a page of a container's log; why it cannot be read for now, if it cannot."""
        began = self._waiter.now()
        try:
            with self._troubles.outage.asking(log_of(container)):
                page = self._task.read_log(container, self._tokens[container])
        except TemporaryError as error:
            self._troubles.outage.failed(log_of(container), str(error), began)
            self._failed(container, str(error), FAILED_FOR)
            return error
        except RefusedError as error:
            self._troubles.refusal.failed(log_of(container), str(error), began)
            self._failed(container, str(error), REFUSED_FOR)
            return TemporaryError(str(error))
        self._take(container, page)
        return page

    def _failed(self, container: str, why: str, patience: float) -> None:
        now = self._waiter.now()
        since = self._failing.setdefault(container, now)
        if self._ended_at is not None and now - max(since, self._ended_at) > patience:
            self._open.discard(container)
            del self._failing[container]
            self._troubles.give_up(log_of(container))
            self.incomplete = f"{log_of(container).fails}: {why}"
            self._watcher.note(self.incomplete)

    def _take(self, container: str, page: LogPage) -> None:
        self._failing.pop(container, None)
        self._troubles.good(log_of(container))
        self._tokens[container] = page.token
        self.more = self.more or page.more
        if page.closed:
            self._open.discard(container)
        if page.lines:
            label = f"{container} | ".encode() if len(self._tokens) > 1 else b""
            self._output.put(page.lines, label)


def _together(pages: Sequence[LogPage]) -> LogPage:
    """Pages of several containers as one, for the pace: the silence of one must not pass for that of all. Pure."""
    return LogPage(
        [line for page in pages for line in page.lines],
        more=any(page.more for page in pages),
        delay=max(page.delay for page in pages),
        unwanted=any(page.unwanted for page in pages),
    )
