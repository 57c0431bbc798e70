"""What the records share that one half publishes as an SSM parameter and the other half reads. Pure.

A record is one JSON object with a schema. Readers ignore fields they do not know, and refuse a schema they do not know.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self, cast

from batchwright_runner.contract.forms import Form, fault, required, whole
from batchwright_runner.contract.gone import removed_key
from batchwright_runner.contract.json_text import compact, parsed
from batchwright_runner.contract.options import RunOption

_TYPES = {list: "array", str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}


BATCH = "batch"
"""The kind of a manifest that says none."""


def kind_of(data: Mapping[str, Any]) -> object:
    """The kind of a manifest, as its JSON says it."""
    written = data.get("kind")
    return BATCH if written is None else written


class RecordError(ValueError):
    """A record cannot be used. The message says what is wrong with it and, where that helps, what to do."""

    # Whether its schema is one that this runner does not know. Then the message says which runner reads it.
    newer = False
    removed = ""
    """What to do instead of a field that was removed; empty where the record has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKind:
    """A kind of record."""

    # What it is called in messages: ``manifest``
    name: str
    # What its JSON says in ``kind``
    kind: str
    # The field that, with project and stage, makes its parameter's name
    key: str
    forms: Mapping[str, Form]
    schema: int
    # What is raised where a record cannot be used
    error: type[RecordError]

    def unreadable(self, why: str) -> RecordError:
        """The error of what is no such record at all."""
        return self.error(f"the {self.name} cannot be read: {why}")

    def invalid(self, why: str) -> RecordError:
        """The error of a record with something wrong in it."""
        return self.error(f"the {self.name} is not valid: {why}")


class Record:
    """A record, to be inherited from by a frozen dataclass that calls `settle` when it is made."""

    __slots__ = ()

    kind: ClassVar[RecordKind]
    options: tuple[RunOption, ...]

    @property
    @abstractmethod
    def path(self) -> str:
        """The SSM parameter that holds it."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """The JSON form as plain data, without what a reader computes or takes for granted."""

    def to_json(self) -> str:
        """The ASCII JSON form, without white space."""
        return compact(self.to_dict())

    @classmethod
    def unpacked(cls, data: object) -> object:
        """The plain data of what is read."""
        return data

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Reads the JSON form."""
        try:
            data = parsed(text)
        except ValueError as error:
            raise cls.kind.unreadable(f"it is not JSON ({error})") from error
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Reads the JSON form's plain data. ``null`` means that a field is not given."""
        kind, data = cls.kind, cls.unpacked(data)
        if not isinstance(data, Mapping):
            raise kind.unreadable(f"it is a JSON {_TYPES.get(type(data), type(data).__name__)}, not an object")
        if data.get("kind") not in (None, kind.kind):
            raise kind.unreadable(fault("its kind", data["kind"], kind.kind))
        schema = whole(data.get("schema"))
        if schema is None or schema < 1:
            raise kind.unreadable(fault("its schema", data.get("schema"), "a positive number"))
        if schema > kind.schema:
            newer = kind.unreadable(
                f"it has schema {schema} and this runner reads up to {kind.schema}. "
                f"Update the runner to {data.get('runner') or 'a newer version'} or later"
            )
            newer.newer = True
            raise newer
        if gone := removed_key(kind.name, data):
            error = kind.invalid(f"{gone[0]} was removed")
            error.removed = gone[1]
            raise error
        values = {name: data[name] for name in kind.forms if data.get(name) is not None}
        missing = [name for name in required(cls) if name not in values]
        if missing:
            raise kind.invalid(f"it lacks {', '.join(missing)}")
        record: Self = cast("Any", cls)(**values)
        return record

    def settle(self) -> list[str]:
        """Brings each field into its form; says what is wrong with them."""
        faults: list[str] = []
        optional = {field.name for field in fields(cast("Any", self)) if field.default is None}
        for name, form in self.kind.forms.items():
            value = getattr(self, name)
            if value is not None or name not in optional:
                object.__setattr__(self, name, form.read(name, value, faults))
        names = [] if faults else [option.name for option in self.options]
        return faults + [f"options has {name} twice" for name in dict.fromkeys(names) if names.count(name) > 1]
