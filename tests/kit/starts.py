"""The programs that a test starts, and whether its source says that it does."""

import os
import subprocess
import sys
from collections.abc import Hashable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

UNSEEN = {"node", "uname"}
"""The programs that are not counted: jsii's Node, and what Python's `platform` asks."""

_started: list[str] = []
_known: dict[object, bool] = {}


def _see(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"subprocess.Popen", "os.posix_spawn"}:  # the first, or both
        program = os.fsdecode(arguments[0])
        if Path(program).name not in UNSEEN:
            _started.append(program)
    elif event in {"os.fork", "os.forkpty", "os.system"}:
        _started.append(event)


def watch() -> None:
    """From now on it is written down what this process starts."""
    sys.addaudithook(_see)


def taken() -> list[str]:
    """What was started since this was asked last."""
    started = _started.copy()
    _started.clear()
    return started


def starts_process(item: pytest.Item) -> bool:
    """Whether a test, a fixture of it, or a helper in `tests` that they call, uses what starts processes."""
    if item.get_closest_marker("process") is not None:
        return True
    if not isinstance(item, pytest.Function):
        return False
    fixtures = item._fixtureinfo.name2fixturedefs.values()
    functions = [item.function, *(definition.func for definitions in fixtures for definition in definitions[-1:])]
    return any(_reaches(function) for function in functions)


def _reaches(thing: object) -> bool:
    if thing not in _known:
        _known[thing] = False  # also what a circle of calls comes back to
        _known[thing] = any(_starts(used) for used in _used(thing))
    return _known[thing]


def _starts(thing: object) -> bool:
    if thing is subprocess or getattr(thing, "__module__", "") == "subprocess" or thing is os.fork:
        return True
    ours = str(getattr(thing, "__module__", "")).startswith("tests.")
    return ours and callable(thing) and isinstance(thing, Hashable) and _reaches(thing)


def _used(thing: object) -> Iterator[object]:
    """What a function names, or the functions of a class and its bases."""
    if isinstance(thing, type):
        yield from (base for base in thing.__bases__ if base is not object)
        for value in vars(thing).values():
            yield from _functions(value)
    for function in _functions(thing):
        names = _names(function.__code__)
        for name in names:
            value = function.__globals__.get(name)
            if isinstance(value, ModuleType) and value is not subprocess:
                yield from (getattr(value, other, None) for other in names)
            yield value


def _functions(value: object) -> list[FunctionType]:
    inner = getattr(value, "fget", None) or getattr(value, "__func__", None) or getattr(value, "__wrapped__", None)
    return [function for function in (value, inner) if isinstance(function, FunctionType)]


def _names(code: CodeType) -> set[str]:
    nested = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*(_names(inner) for inner in nested))
