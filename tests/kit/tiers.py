"""The two tiers: `make test` runs what starts no process but jsii's Node, and one story and one screen of each verb.

`make test-all` runs everything. A test that is named, by its file or by `-k`, runs in either.
"""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.kit import starts
from tests.kit.costs import spent

WHOLE = ("browser", "containers", "recording", "release", "scaffold", "soak", "stories")
"""Folders of `tests` that only `make test-all` reads."""
STORIES = "tests/runner/commands/test_really_started.py::test_a_verb["
"""One story of each verb."""
SCREENS = (
    "alerts_test_that_arrives",
    "attach",
    "catalog",
    "describe",
    "diff",
    "export_for_rundeck",
    "image_list",
    "init_asks_and_asks_again",
    "list",
    "logs",
    "new_batch",
    "params_list",
    "pause",
    "release",
    "resume",
    "rollback",
    "run_that_fails",
    "runs",
    "stop",
    "verify_a_batch",
)
"""One screen of each verb, as tests/terminal/screens names it; of 80 columns."""
BROKEN = (
    "this test starts {}. `make test` starts no process: mark it with @pytest.mark.process, and make test-all runs it"
)


def add_option(parser: pytest.Parser) -> None:
    """The option ``--short``."""
    parser.addoption("--short", action="store_true", help="leave out what starts processes, unless it is named")


def is_short(config: pytest.Config) -> bool:
    """Whether only the tier of `make test` is wanted."""
    option = config.option
    picked = option.keyword or option.markexpr or getattr(option, "lf", False)  # absent without pytest's cache
    return bool(config.getoption("short", default=False)) and not picked


def is_named(path: Path, config: pytest.Config) -> bool:
    """Whether a file is named on the command line."""
    return any(path == config.invocation_params.dir / name.partition("::")[0] for name in config.args)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out the folders of the other tier, unless something in them is named."""
    inside = collection_path.is_relative_to(config.rootpath / "tests")
    folders = collection_path.relative_to(config.rootpath / "tests").parts[:1] if inside else ()
    if not is_short(config) or not {*folders} & {*WHOLE}:
        return None
    named = (config.invocation_params.dir / name.partition("::")[0] for name in config.args)
    return None if any(path.is_relative_to(config.rootpath / "tests" / folders[0]) for path in named) else True


def leave_out(items: list[pytest.Item], config: pytest.Config) -> None:
    """Leaves out the tests of the other tier."""
    if is_short(config):
        items[:] = [item for item in items if is_named(item.path, config) or belongs(item)]


def belongs(item: pytest.Item) -> bool:
    """Whether a test is of the tier of `make test`."""
    return may(item) or not starts.starts_process(item)


def may(item: pytest.Item) -> bool:
    """Whether a test is a story or a screen of a verb, and starts processes in either tier."""
    if item.nodeid.startswith(STORIES):
        return True
    values = getattr(item, "callspec", None)
    if values is None or values.params.get("columns") != 80:
        return False
    return values.params.get("screen", item.name.partition("[")[0].removeprefix("test_")) in SCREENS


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In `make test`, a second try too, a test that starts a process has failed where its source does not show it."""
    report = yield
    started = spent(report)[2]
    short = item.config.getoption("short", default=False)
    if started and report.passed and short and not (may(item) or starts.starts_process(item)):
        report.outcome, report.longrepr = "failed", BROKEN.format(started[0])
    return report
