"""The manifest of a batch: checked at the end of the synthesis, completed by CloudFormation, published in SSM."""

import json
from collections.abc import Mapping
from typing import Any

from batchwright.arns import Place
from batchwright.errors import DeclarationError
from batchwright.stage.facts import StageFacts
from batchwright.task.checks import check_in_plain_sight
from batchwright.tokens import TOKEN, holds_token
from batchwright_runner.contract.batch_file import UNKNOWN_GROUP, UNKNOWN_SUBNET
from batchwright_runner.contract.json_text import compact
from batchwright_runner.contract.manifest import FORMS, SIZE_LIMIT, BatchManifest, ManifestError
from batchwright_runner.contract.values import REFERENCE

REVISION = "0"
"""Stands for a task definition's revision in a manifest that was not deployed."""

Fields = Mapping[str, Any]
"""A manifest's fields but the task definition, as `BatchManifest.from_dict` takes them; strings may hold tokens."""

_LONGEST_REVISION = "9999999999"
_CUT = "…"
_UNKNOWN = Place(account="000000000000", region="us-east-1")

_FLAGS = ("assign_public_ip", "protected")  # true or false, or a token

# What stands for a token when the manifest is checked and measured: something of the same form and usual length.
_STAND_INS = {
    "account": _UNKNOWN.account,
    "region": _UNKNOWN.region,
    "subnets": ",".join([UNKNOWN_SUBNET] * 6),
    "security_groups": UNKNOWN_GROUP,
}


def known_place(facts: StageFacts) -> Place:
    """Account and region of a stage, in whose place something of their form stands where only a deployment knows."""
    return Place(_plain("account", facts.place.account), _plain("region", facts.place.region))


def synthesized_manifest(fields: Fields, facts: StageFacts, family: str, subject: str) -> BatchManifest:
    """The manifest as far as a synthesis knows it, checked and measured. Its description is whole."""
    place = known_place(facts)
    for name, value in fields.items():
        if name not in _STAND_INS:  # ids, each a call into Node
            check_in_plain_sight(subject, name, value)
    plain = {name: _plain(name, value) for name, value in fields.items()}
    plain["task_definition"] = f"{place._arn('ecs', f'task-definition/{family}')}:{REVISION}"
    if fields.get("machine"):
        plain["machine"] = place._machine(family)
    plain |= {flag: False for flag in _FLAGS if not isinstance(plain[flag], bool)}
    try:
        manifest = BatchManifest.from_dict(plain)
    except ManifestError as error:
        raise DeclarationError(subject, "manifest", str(error)) from error
    _check_text(fitted(manifest), subject)
    return manifest


def published(manifest: BatchManifest, fields: Fields, task_definition: str) -> str:
    """The text of the manifest's SSM parameter.

    A token stands in the JSON text as it is: what it resolves to (ids, ARNs, true or false) needs no escape there.
    """
    written = fitted(manifest)
    tokens = {name: value for name, value in fields.items() if holds_token(value)}
    data = {**written, **tokens, "task_definition": task_definition}
    text = compact({name: data[name] for name in FORMS if name in data})
    for flag in (fields[name] for name in _FLAGS):
        text = text.replace(json.dumps(flag), flag) if isinstance(flag, str) else text
    return text


def fitted(manifest: BatchManifest) -> dict[str, Any]:
    """The manifest's JSON form, with room for the longest revision. Pure.

    Where the text would be too long for its parameter, the description ends early, with an ellipsis, or is left out. It
    is whole in the batch file.
    """
    arn = manifest.task_definition.removesuffix(REVISION) + _LONGEST_REVISION
    data = {**manifest.to_dict(), "task_definition": arn}
    whole = data.get("description", "")
    for length in range(len(whole) - 1, -1, -1):
        if len(compact(data)) <= SIZE_LIMIT:
            return data
        data["description"] = whole[:length].rstrip() + _CUT
    if len(compact(data)) > SIZE_LIMIT:
        data.pop("description", None)
    return data


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401 - any field
    if isinstance(value, str):
        return TOKEN.sub(_STAND_INS.get(name, "unresolved"), value)
    if isinstance(value, dict):
        return {key: _plain(key, element) for key, element in value.items()}
    return [_plain(name, element) for element in value] if isinstance(value, list) else value


def _check_text(data: dict[str, Any], subject: str) -> None:
    text = compact(data)
    size = len(text)
    if REFERENCE in text:
        fields = ", ".join(name for name, value in data.items() if REFERENCE in compact({name: value}))
        raise DeclarationError(
            subject, fields, "it holds '{{'; allowed: texts without it, as SSM takes it for a reference"
        )
    if size > SIZE_LIMIT:
        sizes = sorted(((len(compact({name: value})) - 2, name) for name, value in data.items()), reverse=True)
        largest = ", ".join(f"{name} ({length})" for length, name in sizes[:3])
        raise DeclarationError(
            subject,
            "manifest",
            f"it has {size} characters; allowed: {SIZE_LIMIT}, as an SSM parameter holds; largest fields: {largest}",
        )
