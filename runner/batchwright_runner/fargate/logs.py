"""Reads logs that are there already, and goes on if asked to."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from batchwright_runner.aws.client import ApiError
from batchwright_runner.aws.pages import pages
from batchwright_runner.aws.retry import patiently, retry
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.errors import RunnerError
from batchwright_runner.fargate.task import FargateTask, task_id
from batchwright_runner.runs.task import LogLine, LogPage, RefusedError
from batchwright_runner.stage.session import Stage
from batchwright_runner.terminal.log_output import Output

FOLLOW_PAUSE = 2.0
LATE = 60.0
"""Seconds for which events of a batch may still come out of order while it is followed."""
SHOWN_ID = 8
"""Digits of a task id that mark its lines."""


class LogReader:
    """Shows logs.

    Args:
        stage: The stage.
        output: Where lines go.
    """

    def __init__(self, stage: Stage, output: Output) -> None:
        self._stage = stage
        self._output = output

    def whole(self, manifest: BatchManifest, arn: str) -> None:
        """Shows the log of a task that has ended.

        Raises:
            RunnerError: It cannot be read.
        """
        task = FargateTask(self._stage.aws, manifest, arn, clock=self._stage.waiter.now)
        token = ""
        while True:
            try:
                page = retry(partial(self._page, task, token), self._stage.waiter)
            except RefusedError as error:
                raise RunnerError(f"the log of {arn} cannot be read: {error}") from error
            if page is None:
                return
            self._write(page.lines)
            if page.token == token:
                return
            token = page.token

    def possible(self, manifest: BatchManifest, arn: str) -> str:
        """Shows the log of a task that has ended, as far as it can be read.

        Returns:
            Why lines may be missing; empty when none are.
        """
        try:
            self.whole(manifest, arn)
        except RunnerError as error:
            return str(error)
        return ""

    def batch(self, manifest: BatchManifest, since: float, *, follow: bool) -> None:
        """Shows what the runs of a batch have written, each line marked with its task.

        Raises:
            RunnerError: It cannot be read.
        """
        seen: dict[str, float] = {}
        while not self._stop():
            newest = since
            for event in self._events(manifest, since):
                at = event["timestamp"] / 1000
                newest = max(newest, at)
                if event["eventId"] not in seen:
                    seen[event["eventId"]] = at
                    label = task_id(event["logStreamName"])[:SHOWN_ID].encode() + b" | "
                    self._write([LogLine(event["message"].encode("utf-8", "replace"), at)], label)
            if not follow:
                return
            since = max(since, newest - LATE)
            seen = {identity: at for identity, at in seen.items() if at >= since}
            self._stage.waiter.wait(FOLLOW_PAUSE)

    def _events(self, manifest: BatchManifest, since: float) -> list[Mapping[str, Any]]:
        what = f"the log group {manifest.log_group} cannot be read"
        read = partial(
            self._stage.aws.call,
            "logs",
            "filter_log_events",
            logGroupName=manifest.log_group,
            logStreamNamePrefix=f"{manifest.log_stream_prefix}/{manifest.container}/",
            startTime=int(since * 1000),
        )
        try:
            return list(pages(lambda **more: patiently(partial(read, **more), what, self._stage.waiter), "events"))
        except ApiError as error:
            raise RunnerError(f"{what}: {error}") from error

    def _page(self, task: FargateTask, token: str) -> LogPage | None:
        """One page; none when nobody wants more."""
        return None if self._stop() else task.read_log(task.containers[0], token)

    def _write(self, lines: Sequence[LogLine], label: bytes = b"") -> None:
        self._output.put(lines, label)
        while not self._output.empty and not self._stop():
            self._stage.waiter.wait(1.0, write=self._output.watch())
            self._output.pump()
        if self._output.problem:
            raise RunnerError(self._output.problem)

    def _stop(self) -> bool:
        return bool(self._stage.waiter.signals) or self._output.closed
