"""Which tests run side by side: a worker of pytest-xdist takes a module, and only then imports it.

So the first test begins at once, and a worker holds no more than what it runs. The long modules are taken first. What a
module does on a container engine, and some of the screens, are parts of it that several workers take.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from tests.kit.tiers import is_short

CORES = len(os.sched_getaffinity(0))
MEMORY = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
WAITING_WORKERS = max(1, min(3, int(MEMORY / 7)))
"""Workers beside one for each core, one for 7 GiB: for what waits nearly all of its time."""
FEW = 20
"""Files that are named, no folders, and fewer than these have no workers: it would take longer to start those."""
ENGINES = ("docker", "podman")
WAITING = ("tests/stories/", "tests/terminal/", "tests/scaffold/", "tests/containers/", "tests/browser/")
"""Folders whose tests wait most of their time: for a command that is followed, a terminal, or an engine."""
LONG = (
    "tests/library/assembly/test_identities.py",
    "tests/library/automation/test_limits.py",
    "tests/library/test_cfn_lint.py",
    "tests/library/test_full.py",
    "tests/runner/commands/test_really_started.py",
    "tests/runner/host/fargate/test_logs.py",
    "tests/runner/workbench/permissions/test_operations.py",
    "tests/test_layout.py",
)
"""Modules that compute for more than six seconds, which their size does not show."""
SPLIT = {"tests/terminal/": 3, "tests/scaffold/test_moving_pages.py": 4}
"""How many parts a module has whose tests share nothing and take long."""
LAZY = pytest.StashKey[bool]()


class Part(pytest.Item):
    """The tests of a module, or a part of them, as one worker runs them."""

    parent: "LazyModule"

    def tests(self) -> list[pytest.Item]:
        """Its tests: the module is imported now, if it has not been."""
        tests = self.parent.tests()
        if self.name in ENGINES:
            return [test for test in tests if self.name in _parameters(test.nodeid)]
        if self.name == "process":
            return [test for test in tests if not _parameters(test.nodeid) & {*ENGINES}]
        number, _, parts = self.name.partition("of")
        return tests[int(number) :: int(parts)]

    def runtest(self) -> None:
        """Nothing: its tests run in its place."""

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name


class LazyModule(pytest.Module):
    """A module of which a worker knows only that it is there, until it runs it."""

    found: list[pytest.Item] | None = None
    opening = False

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        if self.opening:
            return super().collect()
        return [Part.from_parent(self, name=name) for name in parts(self.nodeid)]

    def tests(self) -> list[pytest.Item]:
        """Imports it, once; a mistake in it is reported as one of any collection."""
        if self.found is None:
            self.opening = True
            self.found = list(self.session.genitems(self))
            self.config.hook.pytest_collection_modifyitems(session=self.session, config=self.config, items=self.found)
        return self.found


def parts(module: str) -> list[str]:
    """The names of a module's parts."""
    if module.startswith("tests/containers/"):
        return ["process", *ENGINES]
    count = next((count for begins, count in SPLIT.items() if module.startswith(begins)), 1)
    return [f"{number}of{count}" for number in range(count)]


def _parameters(test: str) -> set[str]:
    return set(test.partition("[")[2].removesuffix("]").split("-"))


def chosen_beside(item: pytest.Item) -> list[pytest.Item]:
    """The tests of an item's module that are to run."""
    module = item.getparent(LazyModule)
    return module.tests() if module else [other for other in item.session.items if other.path == item.path]


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> LazyModule | None:
    """Workers of a run of whole modules open each when its turn comes."""
    if parent.config.stash.get(LAZY, False):
        return LazyModule.from_parent(parent, path=module_path)
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Runs the tests of a part in its place."""
    if not isinstance(item, Part):
        return None
    session, tests = item.session, item.tests()
    place = session.items.index(item)
    if not tests:
        session._setupstate.teardown_exact(nextitem)
    try:
        for test, following in zip(tests, [*tests, nextitem][1:], strict=True):
            session.items[place] = test  # a worker looks there what it reports on
            item.config.hook.pytest_runtest_protocol(item=test, nextitem=following)
            if session.shouldfail or session.shouldstop:
                break
    finally:
        session.items[place] = item
    return True


class Parts(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Hands out parts of modules.

    As many workers as there are cores have parts that compute, as long as there are any, and the others parts that
    wait: side by side those would leave the processor idle.
    """

    def _split_scope(self, nodeid: str) -> str:
        module, _, part = nodeid.partition("::")
        return nodeid if part in parts(module) else module

    def _assign_work_unit(self, node: WorkerController) -> None:
        newest = [_left(units)[-1:] for other, units in self.assigned_work.items() if other is not node]
        computing = sum(not waits(scope) for scopes in newest for scope in scopes)
        chosen = next_part(self.workqueue, wait=computing >= CORES)
        self.workqueue.move_to_end(chosen, last=False)
        super()._assign_work_unit(node)


def next_part(queue: Iterable[str], *, wait: bool) -> str:
    """The next part of the kind that is wanted; of the other kind where none is left."""
    waiting = list(queue)
    return next((part for part in waiting if waits(part) is wait), waiting[0])


def _left(units: Mapping[str, Mapping[str, bool]]) -> list[str]:
    """The parts of a worker of which not all tests have ended."""
    return [scope for scope, tests in units.items() if not all(tests.values())]


def waits(part: str) -> bool:
    """Whether a part waits for most of its time."""
    return part.startswith(WAITING)


def sort(items: list[pytest.Item]) -> None:
    """Puts first what takes long: what waits, then what is known to compute for long, then the largest modules."""
    size = {path: path.stat().st_size for path in {item.path for item in items}}
    items.sort(key=lambda item: (not waits(item.nodeid), not item.nodeid.startswith(LONG), -size[item.path]))


def open_late(config: pytest.Config) -> None:
    """Lets workers open each module when its turn comes, where all of its tests are wanted."""
    option = config.option
    picked = option.keyword or option.markexpr or getattr(option, "lf", False) or option.deselect
    whole = not picked and not any("::" in argument for argument in config.args)
    config.stash[LAZY] = whole and hasattr(config, "workerinput")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Parts:
    """Hands out parts."""
    return Parts(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """No workers for a few tests, which would end before the workers have started, nor where output is to be seen."""
    options = config.option
    few = options.keyword or options.markexpr or getattr(options, "lf", False)  # absent without pytest's cache
    files = [argument.partition("::")[0].endswith(".py") for argument in config.args]
    named = config.args_source is pytest.Config.ArgsSource.ARGS and all(files) and len(files) < FEW
    if few or named or options.capture == "no":
        return 0
    return CORES + (1 if is_short(config) else WAITING_WORKERS)
