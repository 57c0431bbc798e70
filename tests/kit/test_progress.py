"""The line that says how far the tests are."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.progress import IN_A_LOG, Progress, line


@pytest.mark.parametrize(
    ("done", "counts", "seconds", "expected"),
    [
        (0, {}, 2.9, "  0 % · 2 s · 0 of 8,640 passed"),
        (3640, {"passed": 3610, "skipped": 30}, 130, " 42 % · 2 min 10 s · 3,610 of 8,640 passed · 30 not tried"),
        (
            8640,
            {"passed": 8638, "failed": 2},
            300,
            "100 % · 5 min 0 s · 8,638 of 8,640 passed · 2 failed",
        ),
    ],
)
def test_the_line(done: int, counts: dict[str, int], seconds: float, expected: str) -> None:
    assert line(done, 8640, counts, seconds) == expected


def report(name: str, when: str, outcome: str) -> pytest.TestReport:
    return pytest.TestReport(name, ("test_a.py", 0, name), {}, outcome, "a reason\nand more", when)  # type: ignore[arg-type]


def watched(*, terminal: bool) -> str:
    """What is written of three tests, of which each takes a minute."""
    now, written = [0.0], list[str]()
    progress = Progress(written.append, terminal=terminal, clock=lambda: now[0])
    progress.pytest_xdist_node_collection_finished(["a", "b", "c"])
    for name, outcome in (("a", "passed"), ("b", "failed"), ("c", "skipped")):
        now[0] += 2 * IN_A_LOG
        progress.pytest_runtest_logreport(report(name, "call", outcome))
        progress.pytest_runtest_logreport(report(name, "teardown", "passed"))
    progress.pytest_sessionfinish()
    return "".join(written)


def test_in_a_log_the_line_comes_now_and_then_and_a_failure_at_once() -> None:
    assert watched(terminal=False).splitlines() == [
        " 33 % · 1 min 0 s · 1 of 3 passed",
        "FAILED b: a reason",
        " 66 % · 2 min 0 s · 1 of 3 passed · 1 failed",
        "100 % · 3 min 0 s · 1 of 3 passed · 1 failed · 1 not tried",
    ]


def test_at_a_terminal_it_is_written_over_and_gone_in_the_end() -> None:
    shown = watched(terminal=True)

    assert [part for part in shown.split("\r\x1b[K") if part] == [
        " 33 % · 1 min 0 s · 1 of 3 passed",
        "FAILED b: a reason\n",
        " 66 % · 2 min 0 s · 1 of 3 passed · 1 failed",
        "100 % · 3 min 0 s · 1 of 3 passed · 1 failed · 1 not tried",
    ]
    assert shown.endswith("\r\x1b[K")


CONFTEST = """
from tests.kit.progress import register
import pytest

@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    register(config)
"""


def test_there_are_no_dots_and_the_closing_line_stays(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_it.py").write_text("def test_a(): pass\ndef test_b(): assert False, 'so'\n", encoding="utf-8")
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-o", "console_output_style=classic"]

    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, check=False, timeout=120
    )

    body = done.stdout.partition("collected 2 items")[2].partition("= FAILURES")[0]
    assert body.split("\n=")[0].split() == ["FAILED", "test_it.py::test_b:", "AssertionError:", "so"]
    assert "1 failed, 1 passed in " in done.stdout.splitlines()[-1]
