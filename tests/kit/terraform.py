"""Terraform's language, as far as a page of the documentation uses it: reads blocks, and evaluates what is in them."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import hcl2

from tests.kit.pages import blocks

_REFERENCE = re.compile(r"\$\{([^{}]+)\}")
_CALL = re.compile(r"\$\{(jsonencode|join|tostring)\((.*)\)\}", re.DOTALL)


@dataclass(frozen=True)
class Terraform:
    """The Terraform of a page.

    Attributes:
        text: All of its blocks.
        values: Reference to value, of what the text does not make itself: ``var.private_subnets``.
    """

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_page(cls, page: Path, values: Mapping[str, Any]) -> "Terraform":
        """All of a page's blocks."""
        return cls("\n".join(blocks(page.read_text(encoding="utf-8"), "hcl")), values)

    @cached_property
    def blocks(self) -> Mapping[str, Any]:
        """The parsed text."""
        parsed: Mapping[str, Any] = hcl2.loads(self.text)
        return parsed

    def block(self, kind: str, type: str, name: str) -> Mapping[str, Any]:  # noqa: A002 - Terraform's word
        """A resource, or a data source.

        Raises:
            StopIteration: There is none.
        """
        block: Mapping[str, Any] = next(
            blocks[f'"{type}"'][f'"{name}"']
            for blocks in self.blocks[kind]
            if f'"{type}"' in blocks and f'"{name}"' in blocks[f'"{type}"']
        )
        return block

    def evaluate(self, value: Any) -> Any:  # noqa: ANN401 - any value
        """What an expression means. A call of ``jsonencode`` means the data that it encodes.

        Raises:
            KeyError: It refers to something that is neither a local nor among the values.
        """
        if isinstance(value, list):
            return [self.evaluate(item) for item in value]
        if isinstance(value, dict):
            return {self._key(key): self.evaluate(item) for key, item in value.items() if not key.startswith("__")}
        if not isinstance(value, str):
            return value
        call = _CALL.fullmatch(value)
        if call:
            return self._called(call[1], self.evaluate(hcl2.loads(f"value = [{call[2]}]\n")["value"]))
        whole = _REFERENCE.fullmatch(value)
        if whole:
            return self._value_of(whole[1])
        if not value.startswith('"'):
            return value
        return _REFERENCE.sub(lambda match: str(self._value_of(match[1])), json.loads(value))

    def _called(self, function: str, given: Sequence[Any]) -> Any:  # noqa: ANN401 - any value
        match function, given:
            case "join", [separator, parts]:
                return separator.join(parts)
            case "tostring", [value]:
                return str(value)
        return given[0]

    def _key(self, key: str) -> str:
        return str(json.loads(key)) if key.startswith('"') else key

    def _value_of(self, reference: str) -> Any:  # noqa: ANN401 - any value
        if reference.startswith("local."):
            name = reference.removeprefix("local.")
            return self.evaluate(next(names[name] for names in self.blocks["locals"] if name in names))
        return self.values[reference]
