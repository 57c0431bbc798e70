"""Reads what the runs of a batch have written, page by page, and goes on if asked to. No more than a page is kept."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count, groupby

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.host.fargate.history import DAY, parts
from batchwright_runner.host.fargate.log_view import LogPosition, LogView, lines_of
from batchwright_runner.host.fargate.logs import LogReader
from batchwright_runner.host.fargate.task import task_id
from batchwright_runner.host.runs.task import LogLine
from batchwright_runner.host.stage.patient import patient
from batchwright_runner.host.stage.session import Stage

FOLLOW_PAUSE = 2.0
NEAR, LATE = 10.0, 60.0
"""Seconds for which events of a batch may still come out of order while it is followed: each look reads the first
again, and each `SWEEP`th look the second."""
SWEEP = 20
TAIL_STEPS = (60, 600, 3600, DAY, 7 * DAY)
"""Seconds: how far back the last lines are looked for, one step after the other."""
SHOWN_ID = 8
"""Digits of a task id that mark its lines."""

Found = tuple[str, LogLine]
"""A log stream, and a line in it."""


class BatchLogs:
    """Shows what the runs of a batch have written.

    `wall`: seconds since 1970.
    """

    def __init__(self, stage: Stage, reader: LogReader, *, wall: Callable[[], float] = time.time) -> None:
        self._stage = stage
        self._reader = reader
        self._wall = wall

    def show(self, manifest: BatchManifest, view: LogView, *, follow: bool) -> bool:
        """Shows what the runs of a batch have written, each line marked with its task; whether there was any."""
        if not follow:
            return self._show(self._last(manifest, view) if view.tail else self._pages(manifest, view), view)
        positions = Positions(view.since)
        self._show(self._last(manifest, view, positions) if view.tail else self._new(manifest, view, positions), view)
        for look in count(1):
            self._stage.waiter.wait(FOLLOW_PAUSE)
            if self._reader.stopped:
                break
            since = positions.begin_again(NEAR if look % SWEEP else LATE)
            self._show(self._new(manifest, replace(view, since=since), positions), view)
        return True  # what is followed may still come

    def _new(self, manifest: BatchManifest, view: LogView, positions: "Positions") -> Iterator[Sequence[Found]]:
        return map(positions.new, self._pages(manifest, view))

    def _last(
        self, manifest: BatchManifest, view: LogView, positions: "Positions | None" = None
    ) -> Iterator[Sequence[Found]]:
        """The last lines, as one page. What is read on the way to them is remembered."""
        last: list[Found] = []
        now = view.until or self._wall()
        for begin, end in parts(view.since, now, TAIL_STEPS):
            step = replace(view, since=begin, until=end or view.until)
            matching: deque[Found] = deque(maxlen=view.tail - len(last))
            for page in self._pages(manifest, step) if positions is None else self._new(manifest, step, positions):
                matching += [(stream, line) for stream, line in page if view.wanted([line])]
                if self._reader.stopped:
                    return
            last = [*matching, *last]
            if len(last) >= view.tail:
                break
        yield last

    def _pages(self, manifest: BatchManifest, view: LogView) -> Iterator[Sequence[Found]]:
        request = {
            "logGroupName": manifest.log_group,
            "logStreamNamePrefix": f"{manifest.log_stream_prefix}/{manifest.container}/",
            **view.between,
        }
        with patient(self._stage, f"the log group {manifest.log_group} cannot be read") as aws:
            while True:
                answer = aws.call("logs", "filter_log_events", **request)
                events = answer.get("events", [])
                yield [(event.get("logStreamName", ""), line) for event in events for line in lines_of(event)]
                if not answer.get("nextToken"):
                    return
                request["nextToken"] = answer["nextToken"]

    def _show(self, pages: Iterable[Sequence[Found]], view: LogView) -> bool:
        any_line = False
        for page in pages:
            for stream, entries in groupby(page, key=lambda entry: entry[0]):
                label = task_id(stream)[:SHOWN_ID].encode() + b" | "
                lines = view.wanted([line for _, line in entries])
                any_line |= bool(lines)
                self._reader.write(lines, label)
            if self._reader.stopped:
                break
        return any_line


class Positions:
    """How far the streams of a batch have been read, so that what is read again is not shown again.

    `since`: from when on lines are read, in seconds since 1970.
    """

    def __init__(self, since: float) -> None:
        self._since = since
        self._newest = since
        self._streams: dict[str, LogPosition] = {}

    def new(self, page: Sequence[Found]) -> list[Found]:
        """Those of a page that were not there before."""
        new: list[Found] = []
        for stream, entries in groupby(page, key=lambda entry: entry[0]):
            lines = [line for _, line in entries]
            self._newest = max(self._newest, *(line.at for line in lines))
            position = self._streams.setdefault(stream, LogPosition(round(LATE * 1000)))
            new += [(stream, line) for line in position.new(lines, [round(line.at * 1000) for line in lines])]
        return new

    def begin_again(self, late: float) -> float:
        """The reading begins again, so many seconds before the newest line.

        Returns from when on, in seconds since 1970.
        """
        since = max(self._since, self._newest - late)
        for stream, position in list(self._streams.items()):
            if position.newest < (self._newest - LATE) * 1000:
                del self._streams[stream]
            else:
                position.begin_again()
        return since
