"""What a machine lacks: tests that need it are skipped, or fail in CI. Two lines at the end of `make test` say so."""

import os
import re
from collections import Counter
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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what was not tried, in place of a line for each test."""
    skipped = (report.longrepr for report in terminalreporter.getreports("skipped"))
    for line in summary(Counter(str(reason[2]) for reason in skipped if isinstance(reason, tuple | list))):
        terminalreporter.write_line(line, yellow=True)


def _tests(count: int) -> str:
    return "1 test" if count == 1 else f"{count} tests"
