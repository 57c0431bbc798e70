"""Reads logs of tasks that are there already, page by page. No more than a page is kept."""

from collections.abc import Sequence
from functools import partial

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.retry import READ, repeat
from batchwright_runner.host.aws.trying import Trying
from batchwright_runner.host.fargate.log_view import WHOLE, LogView
from batchwright_runner.host.fargate.task import FargateTask
from batchwright_runner.host.runs.task import LogLine, LogPage, RefusedError, TemporaryError
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.log_output import Output


class LogReader:
    """Shows logs."""

    def __init__(self, stage: Stage, output: Output) -> None:
        self._stage = stage
        self._output = output

    def whole(
        self,
        manifest: BatchManifest,
        arn: str,
        view: LogView = WHOLE,
        *,
        over: bool = False,
        container: str = "",
        label: bytes = b"",
    ) -> None:
        """Shows the log of a task, as far as there is one by now."""
        waiter, container = self._stage.waiter, container or manifest.container
        what = f"the log of {arn if container == manifest.container else f'{container} of {arn}'} cannot be read"
        task = FargateTask(self._stage.aws, manifest, arn, clock=waiter.now, view=view, over=over)
        token, trying = "", Trying(what, waiter)
        while True:
            try:
                page = repeat(partial(self._page, task, container, token), waiter, READ, trying=trying)
            except (RefusedError, TemporaryError) as error:
                raise RunnerError(f"{what}: {error}") from error
            if page is None:
                return
            self.write(page.lines, label)
            if page.token == token:
                return
            token = page.token

    def possible(
        self,
        manifest: BatchManifest,
        arn: str,
        state: TaskState,
        containers: Sequence[str] | None = None,
        view: LogView = WHOLE,
    ) -> str:
        """Shows the log of a task that has ended, as far as it can be read.

        `containers`: Whose logs are shown, one after the other, each line with its container's name; the main
        container's alone where it is ``None``.
        Returns why lines may be missing; empty when none are.
        """
        problems, shown = [], containers or [manifest.container]
        for name in shown:
            label = f"{name} | ".encode() if len(shown) > 1 else b""
            try:
                self.whole(manifest, arn, view, over=state.began, container=name, label=label)
            except RunnerError as error:
                problems.append(str(error))
        return "; ".join(problems)

    def _page(self, task: FargateTask, container: str, token: str) -> LogPage | None:
        """One page; none when no more is wanted."""
        if self.stopped:
            return None
        try:
            return task.read_log(container, token)
        except TemporaryError as error:
            if error.by_hand:  # nothing goes on meanwhile for which it would be worth waiting
                raise RefusedError(str(error)) from error
            raise

    def write(self, lines: Sequence[LogLine], label: bytes = b"") -> None:
        """Shows lines, and waits until they are written."""
        self._output.put(lines, label)
        while not self._output.empty and not self.stopped:
            self._stage.waiter.wait(1.0, write=self._output.watch())
            self._output.pump()
        if self._output.problem:
            raise RunnerError(self._output.problem)

    @property
    def stopped(self) -> bool:
        """Whether no more is wanted: a signal came, or no one reads."""
        return bool(self._stage.waiter.signals) or self._output.closed
