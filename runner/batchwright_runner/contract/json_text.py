"""JSON as people and tools have written it. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any


def parsed(text: str) -> Any:  # noqa: ANN401 - any JSON
    """Parses JSON, also after the mark that some editors begin a file with."""
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def json_object(text: str) -> Mapping[str, Any]:
    """Parses a JSON object."""
    data = parsed(text)
    if not isinstance(data, Mapping):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 - as what is not JSON at all
    return data


def object_or_empty(text: object) -> Mapping[str, Any]:
    """A JSON object; an empty one for anything else."""
    try:
        return json_object(str(text))
    except ValueError:
        return {}


def compact(data: Mapping[str, Any]) -> str:
    """Renders plain data: ASCII only, no white space, fields in their order.

    ASCII, because CloudFormation delivers other characters right, yet shows them as ``?`` in its copy of the template.
    """
    return json.dumps(data, ensure_ascii=True, separators=(",", ":"))


def filled(record: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    """A record's fields, without what is empty."""
    return {name: value for name, value in asdict(record).items() if value}


def positive(value: object) -> int:
    """A whole number from 1; 0 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
