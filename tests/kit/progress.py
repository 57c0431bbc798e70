"""A line with the share of the tests that is done, and the time, instead of a dot for each test.

At a terminal it is rewritten, in a log it comes every half minute. What fails is shown at once.
"""

import time
from collections.abc import Callable

import pytest

IN_A_LOG, AT_A_TERMINAL = 30.0, 0.2
"""Seconds between two lines."""
_GONE = "\r\x1b[K"


def line(done: int, total: int, counts: dict[str, int], seconds: float) -> str:
    """The line.

    Args:
        done: How many tests have ended.
        total: How many there are.
        counts: What became of them: ``passed``, ``failed``, ``skipped``.
        seconds: How long it has taken so far.
    """
    share = 100 * done // total if total else 0
    words = {"failed": "failed", "skipped": "not tried"}
    more = "".join(f" · {counts[kind]:,} {word}" for kind, word in words.items() if counts.get(kind))
    minutes, rest = divmod(int(seconds), 60)
    took = f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"{share:3} % · {took} · {counts.get('passed', 0):,} of {total:,} passed{more}"


class Progress:
    """Counts the tests, and writes the line.

    Args:
        write: Writes text.
        terminal: Whether that is to a terminal, where a line can be written over.
        clock: Seconds since any time.
    """

    def __init__(
        self, write: Callable[[str], object], *, terminal: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write
        self._terminal = terminal
        self._clock = clock
        self._began = self._last = clock()
        self._total = 0
        self._outcomes: dict[str, str] = {}

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """The workers have collected the tests."""
        self._total = len(ids)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """The tests have been collected here."""
        self._total = len(session.items) or self._total

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport | pytest.CollectReport) -> tuple[str, str, str] | None:
        """No dot for what has passed, been skipped or failed."""
        if isinstance(report, pytest.CollectReport) or hasattr(report, "wasxfail"):
            return None
        if report.failed:
            return ("failed", "", "FAILED") if report.when == "call" else ("error", "", "ERROR")
        if report.skipped:
            return "skipped", "", "SKIPPED"
        return ("passed", "", "PASSED") if report.when == "call" else ("", "", "")

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A part of a test has ended."""
        if report.failed:
            self._outcomes[report.nodeid] = "failed"
            self._write(f"{_GONE if self._terminal else ''}FAILED {report.nodeid}: {_reason(report)}\n")
        elif report.when == "call" or report.skipped:
            self._outcomes.setdefault(report.nodeid, report.outcome)
        if self._clock() - self._last >= (AT_A_TERMINAL if self._terminal else IN_A_LOG):
            self._show()

    def pytest_sessionfinish(self) -> None:
        """The line makes way for what pytest says at the end."""
        if self._terminal:
            self._write(_GONE)

    def _show(self) -> None:
        self._last = self._clock()
        outcomes = list(self._outcomes.values())
        counts = {kind: outcomes.count(kind) for kind in ("passed", "failed", "skipped")}
        shown = line(len(outcomes), self._total, counts, self._last - self._began)
        self._write(f"{_GONE}{shown}" if self._terminal else f"{shown}\n")


def _reason(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(crash.message if crash is not None else report.longrepr)
    return (text.splitlines() or [""])[0]


def register(config: pytest.Config) -> None:
    """Has the line written, unless more is wanted (``-v``) or output is watched (``-s``); a worker writes none."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput") or config.option.verbose > 0 or config.option.capture == "no":
        return

    def write(text: str) -> None:
        reporter.write(text, flush=True)

    reporter.showfspath = False
    config.pluginmanager.register(Progress(write, terminal=reporter.isatty), "progress")
