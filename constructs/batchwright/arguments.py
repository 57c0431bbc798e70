"""The arguments of a declaration: unknown and missing ones, and those of another type, are errors with a remedy."""

import functools
import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import ParamSpec, Protocol, TypeVar

from batchwright.errors import DeclarationError, shown, wrong
from batchwright.signatures import check_types
from batchwright_runner.contract.gone import ARGUMENTS

P = ParamSpec("P")
T = TypeVar("T")
Subject = Callable[[Sequence[object], Mapping[str, object]], str]


def named(kind: str, argument: str = "name") -> Subject:
    """Whose declaration a call of ``__init__`` is, by what it declares, and its arguments: itself, scope and name."""

    def subject(args: Sequence[object], kwargs: Mapping[str, object]) -> str:
        name = args[2] if argument == "name" and len(args) > 2 else kwargs.get(argument)
        return f"{kind} class {type(args[0]).__name__}" if name is None else f"{kind} {name}"

    return subject


class ArgumentGroup(Protocol):
    """Several arguments that are given as one, and check themselves."""

    def _check(self, subject: str) -> None:
        """Raises unless they can be declared."""


G = TypeVar("G", bound=ArgumentGroup)


def checked_group(subject: str, argument: str, given: G | None, kind: type[G]) -> G:
    """A group of arguments as it was given; one of all defaults where none was."""
    if given is None:
        return kind()
    if not isinstance(given, kind):
        raise wrong(subject, argument, given, f"{kind.__name__}(…), with {', '.join(arguments_of(kind))}")
    check_fields(subject, given, given._check)
    return given


def check_fields(subject: str, given: object, check: Callable[[str], None]) -> None:
    """A dataclass's own check, and that of its fields' types: its own says more, but may fail on another type."""
    fields = {name: getattr(given, name) for name in arguments_of(type(given))}
    with types_checked(subject, type(given), fields):
        check(subject)


@contextmanager
def types_checked(subject: str, method: Callable[..., object], given: Mapping[str, object]) -> Iterator[None]:
    """Checks types when all else has been checked, or when something failed on a value of another type."""
    try:
        yield
    except DeclarationError:
        raise
    except Exception:
        check_types(subject, method, given)
        raise
    check_types(subject, method, given)


def arguments_of(kind: type) -> list[str]:
    """The names of a class's arguments."""
    return list(inspect.signature(kind).parameters)


# Python's own errors name neither the batch nor what to write instead. The wrapper sees the arguments first, and has
# the type of what it wraps: to mypy and to an editor the signature is the same, and a wrong keyword is an error. With
# **unknown in the signature, each misspelling would be valid to both.
def checked_arguments(
    subject: str | Subject,
    *,
    groups: Mapping[str, type] | None = None,
    types: bool = True,
    documents: object = None,
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Has a method say what is wrong with its arguments: unknown, missing, or of another type."""

    def decorate(method: Callable[P, T]) -> Callable[P, T]:
        parameters = list(inspect.signature(method).parameters.values())
        owner = method.__qualname__.removesuffix(".__init__")
        known = [parameter.name for parameter in parameters[1:]]
        hints = {name: f", {hint[:1].lower()}{hint[1:]}" for name, hint in documented(documents or method).items()}

        @functools.wraps(method)
        def checking(*args: P.args, **kwargs: P.kwargs) -> T:
            whose = subject if isinstance(subject, str) else subject(args, kwargs)
            for name, given in kwargs.items():
                if name not in known:
                    raise misplaced(whose, name, given, known, owner, groups or {})
            for parameter in parameters[len(args) :]:
                if parameter.default is parameter.empty and parameter.name not in kwargs:
                    hint = hints.get(parameter.name, "")
                    raise DeclarationError(whose, parameter.name, f"it is missing; write {parameter.name}=…{hint}")
            if not types:
                return method(*args, **kwargs)
            named = dict(zip([parameter.name for parameter in parameters], args, strict=False)) | kwargs
            with types_checked(whose, method, named):
                return method(*args, **kwargs)

        return checking

    return decorate


def checked_fields(kind: type[T]) -> type[T]:
    """The same for a dataclass, but for types: see `check_fields`."""
    init: Callable[..., None] = kind.__init__
    kind.__init__ = checked_arguments(kind.__name__, types=False, documents=kind)(init)  # type: ignore[method-assign]
    return kind


def documented(described: object) -> dict[str, str]:
    """Argument to the first sentence of its description, as a docstring has them."""
    text = inspect.getdoc(described) or ""
    return dict(re.findall(r"^    (\w+): ([^.]*?)\.", text, re.MULTILINE))


def misplaced(
    subject: str,
    name: str,
    given: object,
    known: Collection[str],
    owner: str,
    groups: Mapping[str, type],
) -> DeclarationError:
    """The error for an argument that does not exist. Pure."""
    places = {
        field: f"{argument}={kind.__name__}({field}=…)"
        for argument, kind in groups.items()
        for field in arguments_of(kind)
    }
    value = shown(given)
    if gone := ARGUMENTS.get(f"{owner}({name})"):
        return DeclarationError(subject, name, f"it was removed. {gone}")
    if place := places.get(name):
        return DeclarationError(subject, name, f"{value} was given; allowed: {place}")
    closest = get_close_matches(name, [*known, *places])
    meant = f"; did you mean {' or '.join(places.get(near, near) for near in closest)}?" if closest else ""
    known_ones = "" if closest else f"; known: {', '.join(known)}"
    problem = f"{value} was given, and there is no such argument{known_ones}{meant}"
    return DeclarationError(subject, name, problem)
