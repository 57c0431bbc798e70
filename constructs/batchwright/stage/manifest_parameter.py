"""The manifest of a batch: made and checked at synthesis, completed by CloudFormation, published in SSM."""

import json
from typing import Any

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from batchwright.arns import Place
from batchwright.errors import DeclarationError
from batchwright.stage.facts import StageFacts
from batchwright.tokens import TOKEN
from batchwright_runner.contract.manifest import SIZE_LIMIT, BatchManifest, ManifestError, to_json
from batchwright_runner.contract.values import REFERENCE

REVISION = "0"
"""Stands for a task definition's revision in a manifest that was not deployed."""

_LONGEST_REVISION = "9999999999"
_UNKNOWN = Place(account="000000000000", region="us-east-1")

# What stands for a token when the manifest is checked and measured: something of the same form and usual length.
_STAND_INS = {
    "account": _UNKNOWN.account,
    "region": _UNKNOWN.region,
    "subnets": ",".join(["subnet-0123456789abcdef0"] * 6),
    "security_groups": "sg-0123456789abcdef0",
}


def synthesized_manifest(fields: dict[str, Any], facts: StageFacts, family: str, subject: str) -> BatchManifest:
    """The manifest as far as a synthesis knows it, checked and measured.

    Args:
        fields: The manifest's fields, as `BatchManifest.from_dict` takes them; strings may hold tokens.
        facts: The stage.
        family: The task definition's family.
        subject: Whose declaration it is.

    Raises:
        DeclarationError: A field is wrong, or the manifest will not fit into its SSM parameter.
    """
    known = Place(_plain("account", facts.place.account), _plain("region", facts.place.region))
    arn = known.arn("ecs", f"task-definition/{family}")
    plain = {name: _plain(name, value) for name, value in fields.items()}
    plain["task_definition"] = f"{arn}:{REVISION}"
    if not isinstance(plain["assign_public_ip"], bool):
        plain["assign_public_ip"] = False
    try:
        manifest = BatchManifest.from_dict(plain)
    except ManifestError as error:
        raise DeclarationError(subject, "manifest", str(error)) from error
    _check_text({**manifest.to_dict(), "task_definition": f"{arn}:{_LONGEST_REVISION}"}, subject)
    return manifest


def make_manifest_parameter(scope: Construct, manifest: BatchManifest, fields: dict[str, Any]) -> ssm.CfnParameter:
    """Publishes the manifest, whose tokens CloudFormation resolves.

    A token stands in the JSON text as it is: what it resolves to (ids, ARNs, true or false) needs no escape there.
    """
    text = to_json({**manifest.to_dict(), **fields})
    flag = fields["assign_public_ip"]
    if isinstance(flag, str):
        text = text.replace(json.dumps(flag), flag)
    return ssm.CfnParameter(scope, "Manifest", type="String", name=manifest.name, value=text)


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401 - any field
    if isinstance(value, str):
        return TOKEN.sub(_STAND_INS.get(name, "unresolved"), value)
    if isinstance(value, dict):
        return {key: _plain(key, one) for key, one in value.items()}
    return [_plain(name, one) for one in value] if isinstance(value, list) else value


def _check_text(data: dict[str, Any], subject: str) -> None:
    text = to_json(data)
    size = len(text)
    if REFERENCE in text:
        fields = ", ".join(name for name, value in data.items() if REFERENCE in to_json({name: value}))
        raise DeclarationError(
            subject, fields, "it holds '{{'; allowed: texts without it, as SSM takes it for a reference"
        )
    if size > SIZE_LIMIT:
        sizes = sorted(((len(to_json({name: value})) - 2, name) for name, value in data.items()), reverse=True)
        largest = ", ".join(f"{name} ({length})" for length, name in sizes[:3])
        raise DeclarationError(
            subject,
            "manifest",
            f"it has {size} characters; allowed: {SIZE_LIMIT}, as an SSM parameter holds; largest fields: {largest}",
        )
