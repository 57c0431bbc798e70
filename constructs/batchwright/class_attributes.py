"""What the body of a batch's class may set: an argument that is set there alone has no effect, and so is an error."""

import functools
import inspect
import itertools
import reprlib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from types import CodeType

from batchwright.arguments import arguments_of
from batchwright.errors import DeclarationError
from batchwright.origins import of_class
from batchwright.signatures import SILENT
from batchwright_runner.contract.gone import ARGUMENTS

STAGES = "stages"
"""The attribute that a class may set: in which stages the batch exists."""


def check_attributes(
    subject: str,
    kind: type,
    base: type,
    *,
    groups: Mapping[str, type],
) -> None:
    """Raises if a class sets an attribute that looks like an argument and is given to nothing.

    A base class of several batches may hold a value in its body and give it on: ``image=self.image``.
    """
    places = {name: f"{name}=…" for name in _arguments(base)}
    for argument, group in groups.items():
        places |= {name: f"{argument}={group.__name__}({name}=…)" for name in arguments_of(group)}
    read = _reads(kind, base)
    for owner, name, value in _attributes(kind, base):
        if name in read:
            continue
        if gone := ARGUMENTS.get(f"{base.__name__}({name})"):
            raise DeclarationError(
                subject, name, f"the class sets it, and it was removed. {gone}", of_class(owner, name)
            )
        if name in places:
            shown = "a value" if name in SILENT else reprlib.repr(value)
            problem = f"the class sets it to {shown}, which has no effect; write super().__init__(…, {places[name]})"
            raise DeclarationError(subject, name, problem, of_class(owner, name))
        if name != STAGES and not name.startswith("_") and get_close_matches(name, [STAGES], cutoff=0.8):
            problem = f"the class sets it to {reprlib.repr(value)}, which has no effect; did you mean {STAGES} = …?"
            raise DeclarationError(subject, name, problem, of_class(owner, name))


@functools.cache
def _arguments(base: type) -> tuple[str, ...]:
    parameters = inspect.signature(vars(base)["__init__"]).parameters
    return tuple(name for name in parameters if name not in ("self", "scope", "platform"))


def _attributes(kind: type, base: type) -> Iterator[tuple[type, str, object]]:
    """The plain values that a class and those between it and the base set."""
    for owner in kind.__mro__:
        if owner is base:
            return
        for name, value in vars(owner).items():
            if not inspect.isroutine(value) and not inspect.isdatadescriptor(value) and not name.startswith("__"):
                yield owner, name, value


def _reads(kind: type, base: type) -> set[str]:
    """The names that the methods of a class and of those between it and the base read: ``self.image``."""
    owners = itertools.takewhile(lambda owner: owner is not base, kind.__mro__)
    methods = [value for owner in owners for value in vars(owner).values() if inspect.isfunction(value)]
    return {name for method in methods for name in _names(method.__code__)}


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
