"""What the tests cost: seconds and processor time, by folder and by kind, as a table at the end of a run."""

import os
import time
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.kit import starts

TICK = os.sysconf("SC_CLK_TCK")
SPENT = "spent"
"""The property of a report: seconds, processor seconds, and the programs that were started."""
KINDS = {
    "tests/stories/": "stories",
    "tests/terminal/": "screens",
    "tests/containers/": "engines",
    "tests/recording/": "engines",
    "tests/browser/": "browser",
    "tests/library/": "synthesis",
    "tests/batches/": "synthesis",
}
"""Folder to the kind of its tests. The others compute, or start processes."""
TIMES = slice(11, 15)
"""The fields of /proc/PID/stat behind the name: the times of a process and of the children it waited for."""


def processor_seconds() -> float:
    """The processor time of this process and of its children; of those that still run only on Linux."""
    spent = os.times()
    total = spent.user + spent.system + spent.children_user + spent.children_system
    for children in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # a thread, or a child, that has just ended
            for child in children.read_text().split():
                text = Path(f"/proc/{child}/stat").read_text()
                total += sum(map(int, text.rpartition(")")[2].split()[TIMES])) / TICK
    return total


def kind(test: str, *, process: bool) -> str:
    """The kind of a test, by its id and whether it started a process."""
    found = next((kind for folder, kind in KINDS.items() if test.startswith(folder)), "")
    return found or ("processes" if process else "computing")


def folder(test: str) -> str:
    """The folder of a test, three names of it at most."""
    return "/".join(test.partition("::")[0].split("/")[:-1][:3])


@dataclass
class Cost:
    """What some tests cost."""

    tests: int = 0
    seconds: float = 0.0
    processor: float = 0.0

    def add(self, seconds: float, processor: float, tests: int) -> None:
        self.tests += tests
        self.seconds += seconds
        self.processor += processor


class Spending:
    """Writes to each report what was spent since the one before it, the import of its module included."""

    def __init__(self) -> None:
        self.seconds, self.processor = time.monotonic(), processor_seconds()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        seconds, processor = time.monotonic(), processor_seconds()
        since = seconds - self.seconds, processor - self.processor, starts.taken()
        self.seconds, self.processor = seconds, processor
        report.user_properties.append((SPENT, since))
        return report


def spent(report: pytest.TestReport) -> tuple[float, float, list[str]]:
    """What a report says: seconds, processor seconds, and the programs that were started."""
    properties: dict[str, Any] = dict(report.user_properties)
    seconds, processor, started = properties.get(SPENT, (0.0, 0.0, []))
    return seconds, processor, started


class Costs:
    """Adds up the reports of a run."""

    def __init__(self) -> None:
        self.folders: dict[str, Cost] = defaultdict(Cost)
        self.kinds: dict[str, Cost] = defaultdict(Cost)
        self.processes: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        seconds, processor, started = spent(report)
        if started:
            self.processes.add(report.nodeid)
        done = report.when == "teardown"
        for table, row in (
            (self.folders, folder(report.nodeid)),
            (self.kinds, kind(report.nodeid, process=report.nodeid in self.processes)),
        ):
            table[row].add(seconds, processor, done)

    def lines(self) -> list[str]:
        """The table."""
        return [
            f"{'what the tests cost':32}  tests  seconds  processor",
            *(line for table in (self.folders, self.kinds) for line in _rows(table)),
        ]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if terminalreporter.config.args_source is not pytest.Config.ArgsSource.ARGS:
            for line in self.lines():
                terminalreporter.write_line(line)


def _rows(table: Mapping[str, Cost]) -> Iterator[str]:
    for name, cost in sorted(table.items(), key=lambda row: -row[1].processor):
        yield f"{name:32} {cost.tests:6,} {cost.seconds:8,.1f} {cost.processor:10,.1f}"
