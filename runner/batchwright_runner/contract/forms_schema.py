"""What JSON Schema says of the forms that a manifest's fields have: for its page, and for other tools. Pure."""

from collections.abc import Mapping
from typing import Any

from batchwright_runner.contract.forms import (
    Choice,
    Either,
    Flag,
    Form,
    Ids,
    NamesForm,
    Number,
    RecordForm,
    TableForm,
    TextForm,
    required,
)


def schema_of(form: Form) -> dict[str, Any]:
    """What JSON Schema says of a field."""
    match form:
        case TextForm():
            return _text(form)
        case Number():
            most = {} if form.most is None else {"maximum": form.most}
            return {"type": "integer", "minimum": form.least, **most}
        case Flag():
            return {"type": "boolean"}
        case Choice():
            return {"enum": list(form.words)}
        case Ids():
            return _ids(form)
        case NamesForm():
            return {"type": "array", "items": schema_of(form.item)}
        case TableForm():
            return _table(form)
        case RecordForm():
            schema = object_schema(form.cls, form.forms)
            return {"anyOf": [schema, {"type": "string", "minLength": 1}]} if form.short else schema
        case Either():
            return {"anyOf": [{"const": form.word}, schema_of(form.form)]}
    raise TypeError(form)


def object_schema(cls: Any, forms: Mapping[str, Form]) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    """What JSON Schema says of a record. A field with a default may be null, which means the default."""
    needed = required(cls)
    properties = {
        name: schema_of(form) if name in needed else _or_null(schema_of(form)) for name, form in forms.items()
    }
    return {"type": "object", "required": needed, "properties": properties, "additionalProperties": False}


def _text(form: TextForm) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if form.pattern:
        schema["pattern"] = f"^(?:{form.pattern.pattern})$" if form.shortest else f"^(?:{form.pattern.pattern})?$"
    if form.shortest:
        schema["minLength"] = form.shortest
    if form.longest is not None:
        schema["maxLength"] = form.longest
    return schema


def _ids(form: Ids) -> dict[str, Any]:
    entry = "[^,]*[^,\\s][^,]*"
    joined = f"^{entry}(,{entry})*$" if form.least else f"^({entry}(,{entry})*)?\\s*$"
    return {"type": "string", "pattern": joined}


def _table(form: TableForm) -> dict[str, Any]:
    values = {**_text(form.value), "type": ["string", "null"]}
    table = {"type": "object", "propertyNames": _text(form.key), "additionalProperties": values}
    return {"anyOf": [table, {"type": "array", "items": _text(form.key)}]} if form.listed else table


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that also takes null."""
    if "anyOf" in schema:
        return {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    if "enum" in schema:
        return {"enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]}
