"""Files of other schedulers: YAML with the line of every key, the shape of JSON, and what a free text says of a job.

All scalars of YAML are texts, as they are written: ``hour: 02`` is ``02``, and ``on:`` is ``on``.
"""

import json
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from batchwright_runner.contract.checks import DESCRIPTION_LIMIT
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
_OWNER = re.compile(
    r"(?:^|[·|])[ \t*_>-]*(?:owner|team|contact|担当者?|担当チーム|オーナー)[*_]*\s*[:=\uff1a][*_]*\s*"
    r"(?P<value>.+?)(?= [·|] |$)",
    re.IGNORECASE | re.MULTILINE,
)
_RUNBOOK = re.compile(
    r"(?:runbook|playbook|手順書?|wiki|docs?)\s*[:=\uff1a]\s*<?(?P<plain>https?://[^\s>)\]]+)>?"
    r"|\[(?:runbook|playbook|手順書?)\]\((?P<link>https?://[^\s)]+)\)",
    re.IGNORECASE,
)
T = TypeVar("T")
TEXT = "a text"
NUMBER = "a whole number"


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
        return self._read(key, str, "a text is expected") or ""

    def table(self, key: str) -> "SourceTable":
        """The value of a key as a mapping; an empty one where there is none."""
        return self._read(key, SourceTable, "a mapping is expected") or SourceTable(self.at(key))

    def tables(self, key: str) -> list["SourceTable"]:
        """The value of a key as a list of mappings; an empty one where there is none."""
        value = self.get(key) or []
        if not isinstance(value, list) or not all(isinstance(entry, SourceTable) for entry in value):
            raise UnwritableError(self.at(key), key, "a list of mappings is expected")
        return value

    def _read(self, key: str, kind: type[T], expected: str) -> T | None:
        value = self.get(key)
        if value is None or isinstance(value, kind):
            return value
        noun = "list" if isinstance(value, list) else "mapping" if isinstance(value, dict) else "text"
        raise UnwritableError(self.at(key), key, f"a {noun} was given; {expected}")

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


def number(value: object) -> int | None:
    """A number, as ECS writes it: ``256``, ``"256"``, ``".25 vCPU"``, ``"1 GB"``."""
    text = str(value or "").strip().lower().replace(" ", "")
    if text.isdecimal():
        return int(text)
    match = re.fullmatch(r"([0-9.]+)(vcpu|gb)", text)
    return int(float(match[1]) * 1024) if match else None


def read_about(text: str) -> dict[str, Any]:
    """Reads a description, as people write it: ``description``, ``owner``, ``runbook`` and ``notes`` of a job.

    ``owner: billing`` and ``runbook: https://…``, on lines of their own or beside each other, are taken out.
    """
    owner, runbook = _OWNER.search(text), _RUNBOOK.search(text)
    lines = [line.rstrip() for line in text.strip().splitlines() if not _is_about(line)]
    first, *others = [part for part in "\n".join(lines).split("\n\n") if part.strip()] or [""]
    first, notes = one_line(first), "\n\n".join(others).strip()
    if len(first) > DESCRIPTION_LIMIT:
        short = first[: DESCRIPTION_LIMIT - 1].rpartition(" ")[0] or first[: DESCRIPTION_LIMIT - 1]
        first, notes = f"{short}…", "\n\n".join(filter(None, (first, notes)))
    return {
        "description": first,
        "owner": one_line(owner["value"].strip(" .*_")) if owner else "",
        "runbook": (runbook["plain"] or runbook["link"]).rstrip(".,") if runbook else "",
        "notes": notes,
    }


def one_line(text: str) -> str:
    """A text as a declaration may hold it: in one line, without invisible characters and SSM's references."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split()).replace("{{", "{ {")


def _is_about(line: str) -> bool:
    """Whether a line says nothing but owner and runbook."""
    left = _RUNBOOK.sub("", _OWNER.sub("", line))
    return left != line and not re.search(r"\w", left)


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
        mark, why = marked.problem_mark or marked.context_mark, filter(None, (marked.context, marked.problem))
        place = SourcePlace(file, mark.line + 1 if mark else 1)
        raise UnwritableError(place, "", f"it is not YAML: {', '.join(why)}") from error


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


def problem(value: object, shape: object, path: str = "") -> str:
    """What is wrong with a value, and where: ``a[0].command is 'a', not a list``; empty for nothing.

    A key of a shape with ``!`` must be there; no other one need be.
    """
    if value is None:
        return ""
    if isinstance(shape, Mapping):
        if not isinstance(value, Mapping):
            return f"{path or 'it'} is {value!r}, not an object"
        keys = {key.removesuffix("!"): key for key in shape}
        wrong = [f"{path} has no {name}" for name, key in keys.items() if name != key and value.get(name) is None]
        wrong += [problem(value.get(name), shape[key], f"{path}.{name}".lstrip(".")) for name, key in keys.items()]
        return next(filter(None, wrong), "")
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f"{path} is {value!r}, not a list"
        wrong = [f"{path}[{index}] is null" for index, entry in enumerate(value) if entry is None]
        wrong += [problem(entry, shape[0], f"{path}[{index}]") for index, entry in enumerate(value)]
        return next(filter(None, wrong), "")
    is_number = shape != NUMBER or re.fullmatch(r"\s*-?\d+\s*", str(value), re.ASCII)
    return "" if is_number and not isinstance(value, dict | list) else f"{path} is {value!r}, not {shape}"
