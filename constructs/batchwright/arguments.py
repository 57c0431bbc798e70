"""Arguments that a declaration does not have: an error that says where they belong, or which one was meant."""

import functools
import inspect
import reprlib
from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import ParamSpec, Protocol, TypeVar

from batchwright.errors import DeclarationError, wrong

P = ParamSpec("P")
T = TypeVar("T")
Subject = Callable[[Sequence[object], Mapping[str, object]], str]


class Group(Protocol):
    """Several arguments that are given as one, and check themselves."""

    def check(self, subject: str) -> None:
        """Raises unless they can be declared."""


G = TypeVar("G", bound=Group)


def checked_group(subject: str, argument: str, given: G | None, kind: type[G]) -> G:
    """A group of arguments as it was given; one of all defaults where none was.

    Args:
        subject: Whose declaration it is.
        argument: The argument that takes the group.
        given: What was given.
        kind: The group's class.

    Raises:
        DeclarationError: Something else was given, or the group's own check fails.
    """
    if given is None:
        return kind()
    if not isinstance(given, kind):
        raise wrong(subject, argument, given, f"{kind.__name__}(…), with {', '.join(arguments_of(kind))}")
    given.check(subject)
    return given


def arguments_of(kind: type) -> list[str]:
    """The names of a class's arguments."""
    return list(inspect.signature(kind).parameters)


# Python's own error for an unknown keyword names neither the batch nor what to write instead. The wrapper sees the
# keyword first, and has the type of what it wraps: to mypy and to an editor the signature is the same, and a wrong
# keyword is an error. With **unknown in the signature, each misspelling would be valid to both.
def refuse_unknown(
    subject: str | Subject, *, renamed: Mapping[str, str] | None = None, groups: Mapping[str, type] | None = None
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Has a method say what is wrong with keywords that it does not have.

    Args:
        subject: Whose declaration it is, or a function that tells it from the arguments.
        renamed: Old names to what is written today.
        groups: Arguments that take several others to the class that has these.
    """

    def decorate(method: Callable[P, T]) -> Callable[P, T]:
        known = list(inspect.signature(method).parameters)[1:]

        @functools.wraps(method)
        def refusing(*args: P.args, **kwargs: P.kwargs) -> T:
            for name, given in kwargs.items():
                if name not in known:
                    whose = subject if isinstance(subject, str) else subject(args, kwargs)
                    raise misplaced(whose, name, given, known, renamed or {}, groups or {})
            return method(*args, **kwargs)

        return refusing

    return decorate


def refuse_unknown_fields(kind: type[T]) -> type[T]:
    """The same for a dataclass."""
    init: Callable[..., None] = kind.__init__
    kind.__init__ = refuse_unknown(kind.__name__)(init)  # type: ignore[method-assign]
    return kind


def misplaced(
    subject: str,
    name: str,
    given: object,
    known: Collection[str],
    renamed: Mapping[str, str],
    groups: Mapping[str, type],
) -> DeclarationError:
    """The error for an argument that does not exist. Pure.

    Args:
        subject: Whose declaration it is.
        name: The argument.
        given: Its value.
        known: The arguments that exist.
        renamed: Old names to what is written today.
        groups: Arguments that take several others to the class that has these.
    """
    places = {
        one: f"{argument}={kind.__name__}({one}=…)" for argument, kind in groups.items() for one in arguments_of(kind)
    }
    value = reprlib.repr(given)
    if place := renamed.get(name) or places.get(name):
        return DeclarationError(subject, name, f"{value} was given; allowed: {place}")
    closest = get_close_matches(name, [*known, *places])
    meant = f"; did you mean {' or '.join(places.get(one, one) for one in closest)}?" if closest else ""
    problem = f"{value} was given, and there is no such argument; known: {', '.join(known)}{meant}"
    return DeclarationError(subject, name, problem)
