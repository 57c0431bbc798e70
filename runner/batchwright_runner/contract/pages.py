"""Answers that come in pages, and parameters of SSM that are directly below a path."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

Parameter = Mapping[str, Any]
"""A parameter as SSM answers it, with ``Name``, ``Value``, ``ARN``, ``Version`` and ``LastModifiedDate``."""


def pages(call: Callable[..., Mapping[str, Any]], key: str, *, next_key: str = "nextToken") -> Iterator[Any]:
    """Yields the items of all pages of an operation, and asks for a page only when it is needed."""
    more: dict[str, str] = {}
    while True:
        answer = call(**more)
        yield from answer.get(key, [])
        if not answer.get(next_key):
            return
        more = {next_key: answer[next_key]}


def parameters_below(
    call: Callable[..., Mapping[str, Any]], folder: str, *, recursive: bool = False
) -> Iterator[Parameter]:
    """The parameters below a path, a page when it is needed.

    `call`: makes a call to AWS: service, operation, and its parameters by name.
    """
    wanted = {"Recursive": True} if recursive else {}
    read = partial(call, "ssm", "get_parameters_by_path", Path=folder, **wanted)
    return pages(read, "Parameters", next_key="NextToken")


def last_part(parameter: Parameter) -> str:
    """The last part of a parameter's name, which in a stage's folders is the batch's."""
    return str(parameter["Name"]).rpartition("/")[2]
