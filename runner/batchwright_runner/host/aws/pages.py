"""Pagination."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def pages(call: Callable[..., Mapping[str, Any]], key: str, *, next_key: str = "nextToken") -> Iterator[Any]:
    """Yields the items of all pages of an operation, and asks for a page only when it is needed."""
    more: dict[str, str] = {}
    while True:
        answer = call(**more)
        yield from answer.get(key, [])
        if not answer.get(next_key):
            return
        more = {next_key: answer[next_key]}
