"""Files of other schedulers: YAML with the line of every key, and JSON.

All scalars are texts, as they are written: ``hour: 02`` is ``02``, and ``on:`` is ``on``.
"""

import json
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchwright_runner.contract.duration import parse_duration
from batchwright_runner.errors import UsageError, missing_package
from batchwright_runner.workbench.moving.jobs import SourcePlace, Todo, UnwritableError

if TYPE_CHECKING:
    import yaml

_NULLS = ("", "~", "null", "Null", "NULL")
_TRUE = ("true", "yes", "on", "y", "1")
_DEEPEST = 100
_TOO_DEEP = "it is nested too deeply"
_TOO_MANY = "its aliases repeat more than the file holds; write what they repeat"


class SourceTable(dict[str, Any]):
    """A mapping of a file."""

    def __init__(self, place: SourcePlace) -> None:
        super().__init__()
        self.place = place
        self.lines: dict[str, int] = {}

    def at(self, key: str) -> SourcePlace:
        """The line of a key; the mapping's own where it has none."""
        return SourcePlace(self.place.file, self.lines.get(key, self.place.line))

    def text(self, key: str) -> str:
        """The value of a key as a text; empty where there is none."""
        value = self.get(key, "")
        if not isinstance(value, str | None):
            raise UnwritableError(self.at(key), key, f"a {_kind(value)} was given; a text is expected")
        return value or ""

    def table(self, key: str) -> "SourceTable":
        """The value of a key as a mapping; an empty one where there is none."""
        value = self.get(key)
        if value is None:
            return SourceTable(self.at(key))
        if not isinstance(value, SourceTable):
            raise UnwritableError(self.at(key), key, f"a {_kind(value)} was given; a mapping is expected")
        return value

    def tables(self, key: str) -> list["SourceTable"]:
        """The value of a key as a list of mappings; an empty one where there is none."""
        value = [] if self.get(key) is None else self[key]
        if not isinstance(value, list) or not all(isinstance(entry, SourceTable) for entry in value):
            raise UnwritableError(self.at(key), key, "a list of mappings is expected")
        return value

    def is_true(self, key: str, *, default: bool) -> bool:
        """The value of a key as a truth."""
        text = self.text(key)
        return text.lower() in _TRUE if text else default


def rest(table: Mapping[str, Any], read: Collection[str], prefix: str = "") -> Iterator[Todo]:
    """What stands under keys that were not read."""
    for key, value in table.items():
        if key not in read and value not in (None, "", [], {}, False, 0):
            yield Todo(f"{prefix}{key}", as_text(value))


def as_text(value: object) -> str:
    """A value as the original has it, in one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def read_timeout(text: str, todos: list[Todo]) -> int | None:
    """Seconds that a run may take: ``2h``, ``1h 30m``, or their number; anything else becomes a TODO."""
    compact = "".join(text.split())
    if compact in ("", "0"):
        return None
    try:
        return parse_duration(f"{compact}s" if compact.isdecimal() else compact)
    except ValueError:
        todos.append(Todo("timeout", text, "write timeout=Duration…"))
        return None


def read_file(path: Path) -> str:
    """The text of a file, or of stdin for ``-``."""
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return content.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint="Name a file that exists") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} cannot be read: it is not UTF-8", hint="Convert it, or name another file") from error


def read_yaml(text: str, file: str) -> Any:  # noqa: ANN401 - whatever the file holds
    """The value of a YAML or JSON document: `SourceTable`, lists and texts."""
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise missing_package("PyYAML", f"{file} cannot be read") from error
    if text.lstrip()[:1] in ("[", "{"):  # PyYAML takes no tab for a space
        text = re.sub(r"(?m)^\t+", lambda tabs: " " * len(tabs[0]), text)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        return None if node is None else _value(node, file, 0, iter(range(len(text))))
    except RecursionError as error:
        raise UnwritableError(SourcePlace(file, 1), "", _TOO_DEEP) from error
    except yaml.YAMLError as error:
        marked = error if isinstance(error, yaml.MarkedYAMLError) else yaml.MarkedYAMLError(problem=str(error))
        mark = marked.problem_mark or marked.context_mark
        place = SourcePlace(file, mark.line + 1 if mark else 1)
        raise UnwritableError(
            place, "", f"it is not YAML: {', '.join(filter(None, (marked.context, marked.problem)))}"
        ) from error


def _value(node: "yaml.Node", file: str, depth: int, room: Iterator[int]) -> Any:  # noqa: ANN401 - as above
    import yaml

    place = SourcePlace(file, node.start_mark.line + 1)
    if depth > _DEEPEST or next(room, None) is None:
        raise UnwritableError(place, "", _TOO_DEEP if depth > _DEEPEST else _TOO_MANY)
    if isinstance(node, yaml.ScalarNode):
        if node.style is None and node.value in _NULLS:
            return None
        return str(node.value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # JSON: "\ud83d\ude00"
    if isinstance(node, yaml.SequenceNode):
        return [_value(entry, file, depth + 1, room) for entry in node.value]
    table = SourceTable(place)
    for key, value in node.value:
        table[str(key.value)] = _value(value, file, depth + 1, room)
        table.lines[str(key.value)] = key.start_mark.line + 1
    return table


def _kind(value: object) -> str:
    return "list" if isinstance(value, list) else "mapping" if isinstance(value, dict) else "text"
