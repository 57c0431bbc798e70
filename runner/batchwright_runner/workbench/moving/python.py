"""Python source, laid out as ruff lays it out: expressions, and several stages' expressions folded into one. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from batchwright_runner.workbench.moving import stages as names
from batchwright_runner.workbench.scaffold.text import escaped, literal

WIDTH = 120
_STAGE = "{platform.stage}"


class Expression(ABC):
    """Something of a Python source."""

    @abstractmethod
    def line(self) -> str:
        """All of it in one line."""

    def lines(self, before: str, after: str, indent: int) -> list[str]:
        """All of it, between two texts: in one line where that fits.

        Args:
            before: What stands before it in its first line.
            after: What stands behind it in its last line.
            indent: How far its lines are indented.
        """
        whole = " " * indent + before + self.line() + after
        return [whole] if len(whole) <= WIDTH else self.broken(before, after, indent)

    def broken(self, before: str, after: str, indent: int) -> list[str]:
        """All of it in several lines, where one is too short."""
        return [" " * indent + before + self.line() + after]


@dataclass(frozen=True, slots=True)
class Raw(Expression):
    """Source as it is: a number, a name."""

    source: str

    def line(self) -> str:
        """The source."""
        return self.source


@dataclass(frozen=True, slots=True)
class Text(Expression):
    """A string.

    Attributes:
        value: Its value.
        by_stage: Whether the stage's name in it is that of the stage, as in a path.
    """

    value: str
    by_stage: bool = False

    def line(self) -> str:
        """Its literal."""
        return literal(self.value)

    def broken(self, before: str, after: str, indent: int) -> list[str]:
        """Its parts, in parentheses."""
        inner = " " * (indent + 4)
        parts = [inner + literal(part) for part in _parts(self.value, WIDTH - indent - 12)]
        if len(parts) < 2:
            return [" " * indent + before + self.line() + after]
        return [" " * indent + before + "(", *parts, " " * indent + ")" + after]


@dataclass(frozen=True, slots=True)
class Template(Expression):
    """A string that holds the stage's name.

    Attributes:
        parts: What stands before, between and behind the names of the stage.
    """

    parts: tuple[str, ...]

    def line(self) -> str:
        """An f-string."""
        parts = [escaped(part).replace('"', '\\"').replace("{", "{{").replace("}", "}}") for part in self.parts]
        return 'f"' + _STAGE.join(parts) + '"'


@dataclass(frozen=True, slots=True)
class Items(Expression):
    """A list."""

    items: tuple[Expression, ...]

    def line(self) -> str:
        """The list."""
        return "[" + ", ".join(one.line() for one in self.items) + "]"

    def broken(self, before: str, after: str, indent: int) -> list[str]:
        """One item a line."""
        return _block(before + "[", (("", one) for one in self.items), "]" + after, indent)


@dataclass(frozen=True, slots=True)
class Table(Expression):
    """A dictionary with texts as keys."""

    entries: Mapping[str, Expression] = field(default_factory=dict)

    def line(self) -> str:
        """The dictionary."""
        return "{" + ", ".join(f"{literal(key)}: {one.line()}" for key, one in self.entries.items()) + "}"

    def broken(self, before: str, after: str, indent: int) -> list[str]:
        """One entry a line."""
        entries = ((f"{literal(key)}: ", one) for key, one in self.entries.items())
        return _block(before + "{", entries, "}" + after, indent)


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """A call.

    Attributes:
        name: What is called.
        positional: Its positional arguments.
        named: The others.
    """

    name: str
    positional: tuple[Expression, ...] = ()
    named: Mapping[str, Expression] = field(default_factory=dict)

    def line(self) -> str:
        """The call."""
        named = [f"{key}={one.line()}" for key, one in self.named.items()]
        return f"{self.name}({', '.join([*(one.line() for one in self.positional), *named])})"

    def broken(self, before: str, after: str, indent: int) -> list[str]:
        """One argument a line."""
        arguments = [("", one) for one in self.positional] + [(f"{key}=", one) for key, one in self.named.items()]
        return _block(f"{before}{self.name}(", arguments, ")" + after, indent)


@dataclass(frozen=True, slots=True)
class OnlyIn(Expression):
    """Something that only some stages have.

    Attributes:
        stages: The stages.
        then: What they have.
    """

    stages: tuple[str, ...]
    then: Expression

    def line(self) -> str:
        """A condition."""
        one = f"== {literal(self.stages[0])}" if len(self.stages) == 1 else f"in {tuple(self.stages)}".replace("'", '"')
        return f"{self.then.line()} if platform.stage {one} else None"

    def broken(self, before: str, after: str, indent: int) -> list[str]:
        """A condition, in parentheses."""
        body, _, rest = self.line().partition(" if platform.stage ")
        condition, _, _ = rest.rpartition(" else ")
        inner = " " * (indent + 4)
        whole = f"{inner}{self.line()}"
        middle = (
            [whole]
            if len(whole) <= WIDTH
            else [inner + body, f"{inner}if platform.stage {condition}", f"{inner}else None"]
        )
        return [" " * indent + before + "(", *middle, " " * indent + ")" + after]


def fold(by_stage: Mapping[str, Expression]) -> Expression:
    """What several stages say as one expression: what differs is chosen by the stage.

    Args:
        by_stage: Stage to what it says, in the order of the project's stages.
    """
    values = list(by_stage.values())
    first = values[0]
    templates = {stage: _template(one, stage) for stage, one in by_stage.items()}
    if all(one is not None and one == templates[next(iter(templates))] for one in templates.values()):
        return templates[next(iter(templates))] or first
    if isinstance(first, Call) and all(_alike(first, one) for one in values):
        calls = {stage: one for stage, one in by_stage.items() if isinstance(one, Call)}
        return Call(
            first.name,
            tuple(
                fold({s: one.positional[index] for s, one in calls.items()}) for index in range(len(first.positional))
            ),
            {key: fold({s: one.named[key] for s, one in calls.items()}) for key in first.named},
        )
    if isinstance(first, Table) and all(
        isinstance(one, Table) and set(one.entries) == set(first.entries) for one in values
    ):
        tables = {stage: one for stage, one in by_stage.items() if isinstance(one, Table)}
        return Table({key: fold({s: one.entries[key] for s, one in tables.items()}) for key in first.entries})
    if isinstance(first, Items) and (keyed := _keyed(by_stage)):
        keys = list(next(iter(keyed.values())))
        return Items(tuple(fold({s: one[key] for s, one in keyed.items()}) for key in keys))
    if all(one == first for one in values):
        return first
    if isinstance(first, Items) and all(_texts(one, len(first.items)) for one in values):
        lists = {stage: one.items for stage, one in by_stage.items() if isinstance(one, Items)}
        return Items(tuple(fold({s: one[index] for s, one in lists.items()}) for index in range(len(first.items))))
    usual = names.usual(list(by_stage))
    others = {stage: one for stage, one in by_stage.items() if one != by_stage[usual]}
    return Call("platform.choose", (), {"default": by_stage[usual], **others})


def _template(one: Expression, stage: str) -> Expression | None:
    """A text that holds its stage's name as a template; ``None`` for anything else."""
    if not isinstance(one, Text) or not one.by_stage or not stage or not names.is_named(one.value, stage):
        return None
    return Template(tuple(names.exchange(one.value, stage, "\0").split("\0")))


def _texts(one: Expression, length: int) -> bool:
    """Whether it is a list of so many texts."""
    return isinstance(one, Items) and len(one.items) == length and all(isinstance(item, Text) for item in one.items)


def _alike(first: Call, other: Expression) -> bool:
    """Whether a call differs from another in the values of its arguments alone."""
    if not isinstance(other, Call) or other.name != first.name or set(other.named) != set(first.named):
        return False
    return len(other.positional) == len(first.positional)


def _keyed(by_stage: Mapping[str, Expression]) -> dict[str, dict[str, Expression]]:
    """Lists of calls by their first argument, where all stages have the same; nothing for other lists."""
    found: dict[str, dict[str, Expression]] = {}
    for stage, one in by_stage.items():
        items = one.items if isinstance(one, Items) else ()
        calls = {
            f"{call.name} {call.positional[0].line()}": call
            for call in items
            if isinstance(call, Call) and call.positional
        }
        if not items or len(calls) != len(items):
            return {}
        found[stage] = dict(calls)
    first = next(iter(found.values()))
    return found if all(set(one) == set(first) for one in found.values()) else {}


def _block(
    head: str, parts: Iterator[tuple[str, Expression]] | Sequence[tuple[str, Expression]], tail: str, indent: int
) -> list[str]:
    lines = [" " * indent + head]
    for before, one in parts:
        lines += one.lines(before, ",", indent + 4)
    return [*lines, " " * indent + tail]


def _parts(text: str, width: int) -> list[str]:
    """A text in pieces that fit, cut behind spaces where there are some."""
    parts = []
    while len(literal(text)) > width:
        cut = text.rfind(" ", 1, width - 8) + 1 or width - 8
        parts.append(text[:cut])
        text = text[cut:]
    return [*parts, text]
