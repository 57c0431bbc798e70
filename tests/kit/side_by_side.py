"""Which tests run side by side: the workers of pytest-xdist take them by groups, and a group stays together.

A group is a module, so that what it makes once is made once. Stories are one group, since they are all played at once.
What a module does on a container engine is a group of its own; each worker has images and names of its own there. Tests
in a pseudo-terminal, and those that replay a page of docs/moving, share nothing, and each takes long: each is a group.
"""

import os
from collections.abc import Iterable, Mapping

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

CORES = len(os.sched_getaffinity(0))
MEMORY = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
WAITING_WORKERS = max(1, min(3, int(MEMORY / 7)))
"""Workers beside one for each core, one for 7 GiB: they wait nearly all of their time, for stories, terminals or
containers."""
FEW = 20
"""Files that are named, no folders, and fewer than these have no workers: it would take longer to start those."""
STORIES = "stories"
ENGINES = {"docker", "podman"}
APART = ("tests/terminal/", "tests/scaffold/test_moving_pages.py")
"""Where each test is a group."""


class Groups(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Hands out whole groups. xdist's own `xdist_group` does nothing with pytest 9.

    As many workers as there are cores have groups that compute, as long as there are any, and the others groups that
    wait: side by side those would leave the processor idle.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        newest = [_left(units)[-1:] for other, units in self.assigned_work.items() if other is not node]
        computing = sum(not waits(scope) for scopes in newest for scope in scopes)
        chosen = next_group(self.workqueue, wait=computing >= CORES)
        self.workqueue.move_to_end(chosen, last=False)
        super()._assign_work_unit(node)


def next_group(queue: Iterable[str], *, wait: bool) -> str:
    """The next group of the kind that is wanted; of the other kind where none is left."""
    groups = list(queue)
    return next((group for group in groups if waits(group) is wait), groups[0])


def _left(units: Mapping[str, Mapping[str, bool]]) -> list[str]:
    """The groups of a worker of which not all tests have ended."""
    return [scope for scope, tests in units.items() if not all(tests.values())]


def group(test: str) -> str:
    """The group of a test, by its id."""
    module, _, rest = test.partition("::")
    parameters = set(rest.partition("[")[2].removesuffix("]").split("-"))
    if "story" in parameters:
        return STORIES
    if module.startswith(APART):
        return test
    engines = parameters & ENGINES if module.startswith("tests/containers/") else set()
    return "-".join([module, *sorted(engines)])


def waits(group: str) -> bool:
    """Whether a group waits for most of its time: for an engine, a terminal, or a command that is followed."""
    return group == STORIES or group.rpartition("-")[2] in ENGINES or group.startswith((*APART, "tests/stories/"))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Groups:
    """Hands out groups."""
    return Groups(config, log)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """No workers for a few tests, which would end before the workers have started, nor where output is to be seen."""
    options = config.option
    few = options.keyword or options.markexpr or getattr(options, "lf", False)  # absent without pytest's cache
    files = [argument.partition("::")[0].endswith(".py") for argument in config.args]
    named = config.args_source is pytest.Config.ArgsSource.ARGS and all(files) and len(files) < FEW
    if few or named or options.capture == "no":
        return 0
    return WAITING_WORKERS + CORES


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the stories first: nothing takes longer."""
    items.sort(key=lambda item: group(item.nodeid) != STORIES)
