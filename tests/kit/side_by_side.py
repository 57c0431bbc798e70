"""Which tests run side by side: the workers of pytest-xdist take them by groups, and a group stays together.

A group is a module, so that what it makes once is made once. Stories are one group, since they are all played at once.
What a module does on a container engine is a group of its own; each worker has images and names of its own there. Tests
in a pseudo-terminal, and those that replay a page of docs/moving, share nothing, and each takes long: each is a group.
"""

import os
from collections import Counter
from collections.abc import Sequence

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

WAITING_WORKERS = 1
"""Workers beside one for each core: one waits nearly all of its time, for stories or for containers."""
FEW = 20
"""Files that are named, no folders, and fewer than these have no workers: it would take longer to start those."""
STORIES = "stories"
ENGINES = {"docker", "podman"}
APART = ("tests/terminal/", "tests/scaffold/test_moving_pages.py")
"""Where each test is a group."""


class Groups(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Hands out whole groups. xdist's own `xdist_group` does nothing with pytest 9."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


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
    return group.rpartition("-")[2] in ENGINES or group.startswith((*APART, "tests/stories/"))


def turns(tests: Sequence[str]) -> dict[str, float]:
    """When each group has its turn, by the ids of all tests.

    Stories come first, since they take longest. The groups that wait are spread among the others, and end before them:
    side by side they would leave the processor idle.
    """
    sizes = Counter(map(group, tests))
    found = dict.fromkeys(sizes, -1.0)
    del sizes[STORIES]
    for waiting, share in ((True, 0.8), (False, 1.0)):
        alike = Counter({one: size for one, size in sizes.items() if waits(one) is waiting})
        before = 0
        for one, size in alike.items():
            found[one] = share * before / alike.total()
            before += size
    return found


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Groups:
    """Takes the groups in the order of their turns."""
    return Groups(config, log)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """No workers for a few tests, which would end before the workers have started, nor where output is to be seen."""
    options = config.option
    few = options.keyword or options.markexpr or getattr(options, "lf", False)  # absent without pytest's cache
    files = [given.partition("::")[0].endswith(".py") for given in config.args]
    named = config.args_source is pytest.Config.ArgsSource.ARGS and all(files) and len(files) < FEW
    if few or named or options.capture == "no":
        return 0
    return WAITING_WORKERS + len(os.sched_getaffinity(0))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests in the order of their turns."""
    found = turns([item.nodeid for item in items])
    items.sort(key=lambda item: found[group(item.nodeid)])
