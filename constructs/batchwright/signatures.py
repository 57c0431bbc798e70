"""Whether what was given to an argument has the type that its signature says, and the words for that type. Pure."""

import inspect
import types
from collections.abc import Callable, Collection, KeysView, Mapping, Sequence, ValuesView
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from batchwright.errors import DeclarationError, shown

SILENT = frozenset({"secrets"})
"""Arguments of which an error shows no value, since someone may have written a secret there."""

_PLAIN: Mapping[object, str] = {
    str: "a string",
    int: "a whole number",
    bool: "True or False",
    float: "a number",
    Path: "a Path",
}
_LISTS = (Sequence, KeysView, ValuesView)


def check_types(subject: str, method: Callable[..., object], given: Mapping[str, object]) -> None:
    """Raises unless every argument has the type of the signature.

    What a signature leaves open is not looked at, nor is an interface of the CDK, which has no type to ask.
    """
    types_of = inspect.get_annotations(method)
    for argument, value in given.items():
        if argument in types_of and not fits(value, types_of[argument]):
            what = "something else" if argument in SILENT else shown(_misfits(value, types_of[argument]))
            raise DeclarationError(subject, argument, f"{what} was given; allowed: {words(types_of[argument])}")


def _misfits(value: object, annotation: Any) -> object:  # noqa: ANN401 - any annotation
    """Of a dict, the entries that have another type; any other value as it is."""
    kinds = [get_args(option) for option in (annotation, *get_args(annotation)) if get_origin(option) is Mapping]
    if not isinstance(value, Mapping) or not kinds:
        return value
    return {
        key: element
        for key, element in value.items()
        if not any(fits(key, kind[0]) and fits(element, kind[1]) for kind in kinds)
    }


def fits(value: object, annotation: Any) -> bool:  # noqa: ANN401 - any annotation
    """Whether a value has a type."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return any(fits(value, option) for option in inner)
    if origin is Literal:
        return value in inner
    if origin in (Sequence, Collection):
        if not isinstance(value, Collection if origin is Collection else _LISTS) or isinstance(value, (str, bytes)):
            return False
        return all(fits(item, inner[0]) for item in value)
    if origin is Mapping:
        return isinstance(value, Mapping) and all(fits(key, inner[0]) and fits(value[key], inner[1]) for key in value)
    if origin is tuple:
        return isinstance(value, tuple) and len(value) == len(inner) and all(map(fits, value, inner))
    return _is_one(value, annotation)


def words(annotation: Any) -> str:  # noqa: ANN401 - any annotation
    """A type as an error says it: ``a list, each a string``."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return " or ".join(words(option) for option in inner)
    if origin is Literal:
        return ", ".join(map(str, inner))
    if origin in (Sequence, Collection):
        return f"a list, each {words(inner[0])}"
    if origin is Mapping:
        return f"a dict, each key {words(inner[0])}, each value {words(inner[1])}"
    if origin is tuple:
        return f"a pair of {words(inner[0])} and {words(inner[-1])}"
    if annotation in (None, type(None)):
        return "None"
    name = getattr(annotation, "__name__", str(annotation))
    return _PLAIN.get(annotation, f"{'an' if name[0] in 'AEIOU' else 'a'} {name}")


def _is_one(value: object, annotation: object) -> bool:
    if annotation in (None, type(None)):
        return value is None
    if annotation in (int, float) and isinstance(value, bool):
        return False
    if annotation is float:
        return isinstance(value, (int, float))
    # A string stands for what is imported for type checkers alone; a protocol is an interface of the CDK.
    if not inspect.isclass(annotation) or annotation is Any or getattr(annotation, "_is_protocol", False):
        return True
    return isinstance(value, annotation)
