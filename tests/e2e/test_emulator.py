"""The emulator that is installed is the one that its patches were written for."""

import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.e2e.emulator.patches import Patch, log_reader_known, misfits, removed_after_its_log, stopped_after_its_log
from tests.e2e.places import EMULATOR_COMMAND, ROOT


def unchanged(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


HERE = Patch(
    module=__name__,
    name="unchanged",
    signature="(function: collections.abc.Callable[..., typing.Any]) -> collections.abc.Callable[..., typing.Any]",
    change=unchanged,
)


def test_every_patch_fits_the_installed_emulator() -> None:
    done = subprocess.run([*EMULATOR_COMMAND, "--check"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_patch_fits_where_name_and_parameters_are_the_same() -> None:
    assert not list(misfits(HERE))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": "renamed"}, "it is not there any more"),
        ({"module": "tests.e2e.moved"}, "it is not there any more"),
        ({"signature": "(function, more)"}, "the patch was written for (function, more)"),
    ],
)
def test_a_patch_does_not_fit_where_something_is_gone_or_another(change: dict[str, Any], problem: str) -> None:
    [found] = misfits(replace(HERE, **change))

    assert problem in found


def test_a_task_is_stopped_and_its_container_removed_after_its_log_has_been_read() -> None:
    order = []

    def read() -> None:
        time.sleep(0.05)
        order.append("read")

    def start(container: Any, cdef: Any, task_id: str) -> None:  # noqa: ANN401 - the emulator's
        del container
        threading.Thread(target=read, name=f"ministack-ecs-awslogs-{task_id[:8]}-{cdef['name']}").start()

    log_reader_known(start, SimpleNamespace(id="c"), {"name": "main"}, "0123456789")
    task = {"containers": [{"name": "main", "lastStatus": "STOPPED"}]}
    stopped_after_its_log(lambda *_, **__: order.append("stopped"), "cluster/0123456789", task, "", "")
    removed_after_its_log(lambda *_: order.append("removed"), None, "c")

    assert order == ["read", "stopped", "removed"]
