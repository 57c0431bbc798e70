"""The forms that a manifest's fields have in JSON: each reads and writes its own kind. Pure."""

import dataclasses
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LONGEST_SHOWN = 60
"""Characters of a wrong value that a message shows."""


class Form(ABC):
    """One kind of field. JSON has any type, hence the ``Any``."""

    __slots__ = ()

    @abstractmethod
    def read(self, name: str, value: Any, faults: list[str]) -> Any:  # noqa: ANN401 - any JSON
        """The value that a field's JSON stands for; what is wrong with it is added to ``faults``."""

    def write(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """The field's JSON: the value as it is, where a form does not say otherwise."""
        return value


def fault(name: str, value: object, expected: str) -> str:
    """What is wrong with a field: its name, what was given, what is expected."""
    shown = json.dumps(value, ensure_ascii=False, default=str)
    if len(shown) > LONGEST_SHOWN:
        shown = f"{shown[:LONGEST_SHOWN]}…"
    return f"{name} is {shown}, not {expected}"


@dataclass(frozen=True, slots=True)
class TextForm(Form):
    """A string."""

    expected: str = "a string"
    pattern: re.Pattern[str] | None = None
    # Characters it has at least
    shortest: int = 0
    longest: int | None = None

    def read(self, name: str, value: Any, faults: list[str]) -> Any:  # noqa: ANN401, D102 - as in Form
        if not isinstance(value, str) or (self.pattern and value and not self.pattern.fullmatch(value)):
            faults.append(fault(name, value, self.expected))
        elif self.longest is not None and not self.shortest <= len(value) <= self.longest:
            allowed = f"{self.shortest} to {self.longest}" if self.shortest else str(self.longest)
            faults.append(f"{name} has {len(value)} characters, {allowed} are allowed")
        elif len(value) < self.shortest:
            faults.append(fault(name, value, self.expected))
        return value


@dataclass(frozen=True, slots=True)
class Number(Form):
    """A whole number."""

    expected: str
    least: int
    most: int | None = None

    def read(self, name: str, value: Any, faults: list[str]) -> Any:  # noqa: ANN401, D102 - as in Form
        number = whole(value)
        if number is None or number < self.least or (self.most is not None and number > self.most):
            faults.append(fault(name, value, self.expected))
        return number


@dataclass(frozen=True, slots=True)
class Flag(Form):
    """True or false."""

    def read(self, name: str, value: Any, faults: list[str]) -> Any:  # noqa: ANN401, D102 - as in Form
        if not isinstance(value, bool):
            faults.append(fault(name, value, "true or false"))
        return value


@dataclass(frozen=True, slots=True)
class Choice(Form):
    """One of a few words."""

    words: Sequence[str]

    def read(self, name: str, value: Any, faults: list[str]) -> Any:  # noqa: ANN401, D102 - as in Form
        if value not in self.words:
            faults.append(fault(name, value, f"one of {', '.join(self.words)}"))
        return value


@dataclass(frozen=True, slots=True)
class Ids(Form):
    """Ids or names: one comma-joined string in JSON, a tuple in Python.

    A token of CDK that stands for a list would add a Lambda function to the stack; one in a string does not.
    """

    expected: str
    least: int = 0

    def read(self, name: str, value: Any, faults: list[str]) -> Any:  # noqa: ANN401, D102 - as in Form
        names = value
        if isinstance(value, str):
            names = tuple(part.strip() for part in value.split(",")) if value.strip() else ()
        elif not isinstance(value, tuple):
            names = ("",)
        if not all(isinstance(part, str) and part for part in names) or len(names) < self.least:
            faults.append(fault(name, value, self.expected))
        return names

    def write(self, value: Any) -> Any:  # noqa: ANN401, D102 - as in Form
        return ",".join(value)


@dataclass(frozen=True, slots=True)
class NamesForm(Form):
    """A list of names."""

    expected: str
    item: Form

    def read(self, name: str, value: Any, faults: list[str]) -> Any:  # noqa: ANN401, D102 - as in Form
        if not isinstance(value, list | tuple):
            faults.append(fault(name, value, self.expected))
            return ()
        return tuple(self.item.read(f"{name}[{index}]", entry, faults) for index, entry in enumerate(value))

    def write(self, value: Any) -> Any:  # noqa: ANN401, D102 - as in Form
        return [self.item.write(entry) for entry in value]


@dataclass(frozen=True, slots=True)
class TableForm(Form):
    """An object from names to texts."""

    expected: str
    key: TextForm
    value: TextForm
    # Whether a list of names stands for a table of empty texts
    listed: bool = False

    def read(self, name: str, value: Any, faults: list[str]) -> Any:  # noqa: ANN401, D102 - as in Form
        if self.listed and isinstance(value, list | tuple):
            value = dict.fromkeys(key if isinstance(key, str) else json.dumps(key) for key in value)
        if not isinstance(value, Mapping):
            faults.append(fault(name, value, self.expected))
            return {}
        faults += [
            f"{name} holds {json.dumps(key, ensure_ascii=False)}, not {self.key.expected}"
            for key in value
            if not isinstance(key, str) or not key or (self.key.pattern and not self.key.pattern.fullmatch(key))
        ]
        texts = {key: "" if text is None else text for key, text in value.items() if self.listed or text is not None}
        return {key: self.value.read(f"{name}.{key}", text, faults) for key, text in texts.items()}

    def write(self, value: Any) -> Any:  # noqa: ANN401, D102 - as in Form
        return dict(value)


@dataclass(frozen=True, slots=True)
class RecordForm(Form):
    """An object with fields of its own."""

    cls: type
    forms: Mapping[str, Form]
    # The field that a string in the object's place stands for; empty for none
    short: str = ""

    def read(self, name: str, value: Any, faults: list[str]) -> Any:  # noqa: ANN401, D102 - as in Form
        if isinstance(value, self.cls):
            value = {form: getattr(value, form) for form in self.forms}
        if self.short and isinstance(value, str):
            value = {self.short: value}
        if not isinstance(value, Mapping):
            faults.append(fault(name, value, f"an object with {', '.join(self.forms)}"))
            return value
        parts = {key: part for key, part in value.items() if key in self.forms and part is not None}
        missing = [key for key in required(self.cls) if key not in parts]
        faults += [f"{name}.{key} is missing" for key in missing]
        read = {key: self.forms[key].read(f"{name}.{key}", part, faults) for key, part in parts.items()}
        return value if missing else self.cls(**read)

    def write(self, value: Any) -> Any:  # noqa: ANN401, D102 - as in Form
        return without_defaults(self.cls, self.forms, value)


@dataclass(frozen=True, slots=True)
class Either(Form):
    """One word, or what another form takes."""

    word: str
    form: Form
    expected: str = field(kw_only=True)

    def read(self, name: str, value: Any, faults: list[str]) -> Any:  # noqa: ANN401, D102 - as in Form
        if value == self.word:
            return value
        wrong: list[str] = []
        inner = self.form.read(name, value, wrong)
        if wrong:
            faults.append(fault(name, value, self.expected))
        return inner


def whole(value: object) -> int | None:
    """A whole number, 1800.0 too; none for anything else."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def required(cls: Any) -> list[str]:  # noqa: ANN401 - any dataclass
    """The fields of a dataclass that have no default."""
    return [field.name for field in dataclasses.fields(cls) if default(field) is dataclasses.MISSING]


def default(field: "dataclasses.Field[Any]") -> Any:  # noqa: ANN401 - any field's default
    """A field's default; ``dataclasses.MISSING`` without one."""
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def without_defaults(cls: Any, forms: Mapping[str, Form], value: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    """A record's JSON, without what a reader would read anyway."""
    values = {field.name: (getattr(value, field.name), default(field)) for field in dataclasses.fields(cls)}
    return {name: forms[name].write(part) for name, (part, usual) in values.items() if part != usual}
