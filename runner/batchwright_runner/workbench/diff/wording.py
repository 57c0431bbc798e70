"""Values as people read them, and where two of them differ. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from batchwright_runner.contract.batch_file import unresolved
from batchwright_runner.host.terminal.text import one_line, shorten

LONGEST = 120
"""Characters of a value that are shown."""
_LEAD = 24
"""Characters of what two texts have in common that are shown before the place where they differ."""
_KEYS = ("Name", "name", "Key", "key", "Id", "id", "Sid", "provider", "sourceVolume", "containerName")
NOTHING = "none"
Item = TypeVar("Item")


def shown(value: Any) -> str:  # noqa: ANN401 - JSON
    """A value in one line, shortened."""
    return f"<{unresolved(value)}>" if unresolved(value) else shorten(_whole(value), LONGEST)


def _whole(value: Any) -> str:  # noqa: ANN401 - JSON
    """A value in one line."""
    if value is None or value in ("", [], {}, ()):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, list | tuple) and all(isinstance(item, str | int) for item in value):
        return one_line(", ".join(map(str, value)))
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def became(before: Any, after: Any) -> str:  # noqa: ANN401 - JSON
    """``a → b``; where both begin alike and are cut off, from where they differ: ``… --fast → … --slow``."""
    old, new = shown(before), shown(after)
    if old == new:
        whole = _whole(before), _whole(after)
        old, new = apart(*whole) if whole[0] != whole[1] else (old, "another one that reads alike")
    return f"{old} → {new}"


def apart(old: str, new: str) -> tuple[str, str]:
    """Two texts that begin alike, each from a little before the place where they differ, shortened."""
    both = enumerate(zip(old, new, strict=False))
    same = next((place for place, (first, second) in both if first != second), min(len(old), len(new)))
    start = max(same - _LEAD, 0)
    begin = "…" if start else ""
    return f"{begin}{shorten(old[start:], LONGEST)}", f"{begin}{shorten(new[start:], LONGEST)}"


def command_line(words: Any) -> str:  # noqa: ANN401 - JSON
    """A command as people type it."""
    return shown(_command(words)) if isinstance(words, list) and words else "the image's own"


def became_command(before: Any, after: Any) -> str:  # noqa: ANN401 - JSON
    """``python -m report → python -m report --strict``."""
    old, new = command_line(before), command_line(after)
    if old != new:
        return f"{old} → {new}"
    old, new = _command(before), _command(after)
    return became(old, new) if old != new else f"{json.dumps(before)} → {json.dumps(after)}"


def _command(words: Any) -> str:  # noqa: ANN401 - JSON
    return one_line(" ".join(map(str, words))) if isinstance(words, list) else ""


def listed(texts: Iterable[str]) -> str:
    """``a, b and c``."""
    *others, last = [*texts] or [""]
    return f"{', '.join(others)} and {last}" if others else last


def differing(before: Mapping[str, Item], after: Mapping[str, Item]) -> Iterator[tuple[str, Item | None, Item | None]]:
    """The keys whose values differ, each with what was there and what is there now; none for nothing."""
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if old != new:
            yield key, old, new


def leaves(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401 - JSON
    """Where two values differ: the path, what was there, what is there now.

    Lists of objects that have a name of their own are held against each other by that, others by their places.
    """
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping) and not (unresolved(before) or unresolved(after)):
        for key, old, new in differing(before, after):
            yield from leaves(old, new, f"{path}.{key}" if path else str(key))
        return
    if isinstance(before, list) and isinstance(after, list):
        key = _key(before, after)
        if key:
            named = [{str(item[key]): item for item in items} for items in (before, after)]
            for name, old, new in differing(*named):
                yield from leaves(old, new, f"{path}[{name}]")
            names = [list(items) for items in named]
            if names[0] != names[1] and sorted(names[0]) == sorted(names[1]):
                yield f"{path} (order)", names[0], names[1]
            return
        if len(before) == len(after) and any(isinstance(item, Mapping) for item in [*before, *after]):
            for place, (old, new) in enumerate(zip(before, after, strict=True)):
                yield from leaves(old, new, f"{path}[{place}]")
            return
    yield path, before, after


def _key(before: Sequence[Any], after: Sequence[Any]) -> str:
    both = [*before, *after]
    if not both or not all(isinstance(item, Mapping) for item in both):
        return ""
    for key in _KEYS:
        if all(isinstance(item.get(key), str) for item in both) and all(
            len({item[key] for item in items}) == len(items) for items in (before, after)
        ):
            return key
    return ""
