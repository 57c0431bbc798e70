"""What a machine lacks: tests that need it are skipped, or fail in CI. Two lines at the end of `make test` say so."""

import os
import re
from collections import Counter
from pathlib import Path
from typing import NoReturn

import pytest

_WORDS = "no {what} here: {why}. To have it, {how}"
_READ = re.compile(r"Skipped: no (?P<what>.+?) here: (?P<why>.+)\. To have it, (?P<how>.+)", re.DOTALL)


def unavailable(what: str, why: str, how: str) -> NoReturn:
    """Ends a test that needs what is not here. Where CI is set, that is a failure.

    Args:
        what: What is not here: ``podman``.
        why: Why it cannot be used.
        how: What to do to have it, as an imperative.
    """
    text = _WORDS.format(what=what, why=why, how=how)
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)


def summary(reasons: Counter[str]) -> list[str]:
    """The lines for the end of a run.

    Args:
        reasons: Reasons of skipped tests, as pytest reports them, and how many tests have each.
    """
    tests: Counter[str] = Counter()
    why: dict[str, str] = {}
    how: dict[str, str] = {}
    others = []
    for reason, count in reasons.items():
        match = _READ.fullmatch(reason)
        if match is None:
            others.append(f"skipped: {_tests(count)}: {reason.removeprefix('Skipped: ')}")
            continue
        what = match["what"]
        tests[what] += count
        why.setdefault(what, match["why"])
        how.setdefault(what, match["how"])
    if not tests:
        return others
    return [
        "not tried here: " + "; ".join(f"{what} ({_tests(tests[what])}): {why[what]}" for what in sorted(tests)),
        "to try it: " + "; ".join(f"{what}: {how[what]}" for what in sorted(tests)),
        *others,
    ]


def add_option(parser: pytest.Parser) -> None:
    """The option ``--not-tried-to``."""
    parser.addoption(
        "--not-tried-to",
        type=Path,
        metavar="FILE",
        help="write the ids of the tests that were not tried here to FILE: pytest @FILE tries them where it can",
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what was not tried, in place of a line for each test."""
    skipped = [
        (report.nodeid, str(report.longrepr[2]))
        for report in terminalreporter.getreports("skipped")
        if isinstance(report.longrepr, tuple | list)
    ]
    for line in summary(Counter(reason for _, reason in skipped)):
        terminalreporter.write_line(line, yellow=True)
    ids: Path | None = terminalreporter.config.getoption("not_tried_to", None)
    if ids is not None:
        tests = sorted(test for test, reason in skipped if _READ.fullmatch(reason))  # workers report in any order
        ids.write_text("".join(f"{test}\n" for test in tests), encoding="utf-8")


def _tests(count: int) -> str:
    return "1 test" if count == 1 else f"{count} tests"
