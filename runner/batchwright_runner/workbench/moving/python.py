"""Python source, laid out as ruff lays it out: expressions, and several stages' expressions folded into one. Pure."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

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
class TextExpression(Expression):
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
class Group(Expression):
    """Parts between brackets: a list, a dictionary, a call with its arguments.

    Attributes:
        opening: What begins it: ``[``, ``{``, ``Secret.shared(``.
        parts: Its parts, each with what stands before it: ``owner=``; in a list nothing does.
    """

    opening: str
    parts: tuple[tuple[str, Expression], ...]

    @classmethod
    def items(cls, values: Iterable[Expression] = ()) -> "Group":
        """A list."""
        return cls("[", tuple(("", value) for value in values))

    @classmethod
    def table(cls, entries: Mapping[str, Expression] | None = None) -> "Group":
        """A dictionary with texts as keys."""
        return cls("{", tuple((f"{literal(key)}: ", value) for key, value in (entries or {}).items()))

    @classmethod
    def call(
        cls, name: str, positional: Sequence[Expression] = (), named: Mapping[str, Expression] | None = None
    ) -> "Group":
        """A call with its positional arguments and the others."""
        others = ((f"{key}=", value) for key, value in (named or {}).items())
        return cls(f"{name}(", (*(("", value) for value in positional), *others))

    @property
    def first(self) -> Expression | None:
        """Its first part, where nothing stands before that."""
        return next((part for before, part in self.parts[:1] if not before), None)

    def line(self) -> str:
        """All of it."""
        return self.opening + ", ".join(before + part.line() for before, part in self.parts) + self._closing

    def broken(self, before: str, after: str, indent: int) -> list[str]:
        """One part a line."""
        lines = [line for lead, part in self.parts for line in part.lines(lead, ",", indent + 4)]
        return [" " * indent + before + self.opening, *lines, " " * indent + self._closing + after]

    @property
    def _closing(self) -> str:
        return {"[": "]", "{": "}", "(": ")"}[self.opening[-1]]


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
        inner = " " * (indent + 4)
        parts = [f"{inner}{self.line()}"]
        if len(parts[0]) > WIDTH:
            parts = [inner + part for part in re.split(r" (?=if platform\.stage |else None$)", self.line())]
        return [" " * indent + before + "(", *parts, " " * indent + ")" + after]


def fold(by_stage: Mapping[str, Expression]) -> Expression:
    """What several stages say as one expression: what differs is chosen by the stage.

    Args:
        by_stage: Stage to what it says, in the order of the project's stages.
    """
    first, *others = by_stage.values()
    template, *templates = (_template(one, stage) for stage, one in by_stage.items())
    if template is not None and all(one == template for one in templates):
        return template
    keyed = {stage: _keyed(one) for stage, one in by_stage.items()}
    known = next(iter(keyed.values()))
    if isinstance(first, Group) and known and all(one.keys() == known.keys() for one in keyed.values()):
        parts = ((before, {stage: one[key][1] for stage, one in keyed.items()}) for key, (before, _) in known.items())
        return Group(first.opening, tuple((before, fold(by)) for before, by in parts))
    if all(value == first for value in others):
        return first
    usual = by_stage[names.usual(list(by_stage))]
    differ = {stage: one for stage, one in by_stage.items() if one != usual}
    return Group.call("platform.choose", (), {"default": usual, **differ})


def _template(one: Expression, stage: str) -> Expression | None:
    """A text that holds its stage's name as a template; ``None`` for anything else."""
    if not isinstance(one, TextExpression) or not one.by_stage or not stage or not names.is_named(one.value, stage):
        return None
    return Template(tuple(names.exchange(one.value, stage, "\0").split("\0")))


def _keyed(one: Expression) -> dict[str, tuple[str, Expression]]:
    """The parts of an expression by what tells each from the others in every stage; nothing where that is not known.

    The calls of a list are told by their names and first arguments; the texts of one by their places.
    """
    if not isinstance(one, Group):
        return {}
    keyed = {}
    for place, (before, part) in enumerate(one.parts):
        key = before or str(place)
        if one.opening == "[" and isinstance(part, Group):
            key = f"{part.opening}{part.first.line() if part.first else place}"
        elif one.opening == "[" and not isinstance(part, TextExpression):
            return {}
        keyed[f"{one.opening} {key}"] = before, part
    return keyed if len(keyed) == len(one.parts) else {}


def _parts(text: str, width: int) -> list[str]:
    """A text in pieces that fit, cut behind spaces where there are some."""
    parts = []
    while len(literal(text)) > width:
        cut = text.rfind(" ", 1, width - 8) + 1 or width - 8
        parts.append(text[:cut])
        text = text[cut:]
    return [*parts, text]
