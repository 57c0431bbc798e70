"""Keeps the Node behind aws_cdk small: what is made in it is never given back, since jsii cannot know who still has it.

A worker that makes thousands of stacks would need gigabytes. Between two modules nothing is in use any more, so a new
Node takes over. It asks the CDK's own rules for templates only where a module wants them: they take ten seconds.
"""

import gc
import os
import resource
import sys
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import Duration
from jsii import _reference_map
from jsii._kernel.providers import process

LARGEST = 400 * 2**20
"""Bytes, above which a new one is started."""

RULES = "CDK_VALIDATION"
"""The variable by which the CDK asks its own rules or does not; Node reads its own."""

_KERNEL: Any = jsii.kernel
_NODE: Any = process._NodeProcess


class OwnProcess(process.ProcessProvider):
    """A provider with a process of its own: all others share the first that was started (jsii 1.142)."""

    def __init__(self, *, rules: bool) -> None:
        self.rules = rules
        self._own = _NODE()
        before = os.environ.pop(RULES, None)
        os.environ |= {} if rules else {RULES: "false"}
        try:
            self._own.start()
        finally:
            os.environ.pop(RULES, None)
            os.environ |= {} if before is None else {RULES: before}

    @property
    def _process(self) -> Any:  # noqa: ANN401 - jsii has no types for it
        return self._own


def suits(*, rules: bool) -> bool:
    """Whether Node is small, and asks the CDK's own rules, or does not, as is wanted."""
    return getattr(_KERNEL.provider, "rules", False) == rules and size() <= LARGEST


def renew(*, rules: bool) -> None:
    """Ends Node and starts another, with the same packages, which asks the CDK's own rules or does not.

    Of what was made before, only a Duration may be used after it: modules have those as constants, tests as parameters.
    """
    old = _KERNEL.provider._process
    _reference_map._refs._refs.clear()
    gc.collect()
    gc.unfreeze()  # what has been imported is not seen otherwise
    durations: list[tuple[Any, str, float]] = [
        (kept, *_said(kept)) for kept in gc.get_objects() if type(kept) is Duration
    ]
    gc.freeze()
    _KERNEL.provider = OwnProcess(rules=rules)
    for name in list(_reference_map._assembly_to_module.values()):
        assembly = sys.modules[f"{name}._jsii"].__jsii_assembly__
        jsii.JSIIAssembly.load(assembly.name, assembly.version, assembly.module, assembly.filename)
    for kept, unit, amount in durations:
        kept.__jsii_ref__ = getattr(Duration, unit)(amount).__jsii_ref__
    old.stop()


def _said(duration: Duration) -> tuple[str, float]:
    """The unit and the amount that a duration was declared with."""
    unit = str(duration.unit_label())
    amount: float = getattr(duration, f"to_{'milliseconds' if unit == 'millis' else unit}")(integral=False)
    return unit, amount


def size() -> int:
    """The memory of Node and of the processes it has started, in bytes."""
    top = _KERNEL.provider._process._process.pid
    pids = [top, *_children(top)]
    resident = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids if Path(f"/proc/{pid}").exists()]
    return sum(resident) * resource.getpagesize()


def _children(pid: int) -> list[int]:
    text = "".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    return [below for child in map(int, text.split()) for below in (child, *_children(child))]
