"""What is written into the batch file of a declared batch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import Stack

from batchwright.arns import Place, domain, partition
from batchwright.assembly.access import access_of
from batchwright.assembly.assembled_batch import AssembledBatch
from batchwright.assembly.unresolved import REFERENCE, evaluate
from batchwright.iam.permissions import Allowance
from batchwright.iam.policies import Statement
from batchwright.task.sources import Places
from batchwright.tokens import holds_token
from batchwright_runner.contract.batch_file import BatchFile, is_marked, parameter_values
from batchwright_runner.contract.manifest import BatchManifest

_API = {"EFSVolumeConfiguration": "efsVolumeConfiguration", "FilesystemId": "fileSystemId", "IAM": "iam"}
"""Keys that CloudFormation spells otherwise than ECS's API, but for their first letter."""
_FREE_KEYS = frozenset({"Options", "DockerLabels", "DriverOpts", "Labels"})
"""Tables whose keys the batch chooses."""
_ROLES = ("taskRoleArn", "executionRoleArn")


def as_in_template(task: Mapping[str, Any], properties: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """A task as its template says it, which an escape hatch or an Aspect may have changed. Pure."""
    written = {name: value for name, value in properties.items() if name != "Tags"}
    merged: dict[str, Any] = _merged(task, written, known_in(place))
    return {**merged, **{role: task[role] for role in _ROLES if role in task and is_marked(merged.get(role))}}


def _merged(declared: Any, written: Any, pseudo: Mapping[str, str], *, free_keys: bool = False) -> Any:  # noqa: ANN401 - JSON
    if isinstance(written, list):
        named = {part["name"]: part for part in declared or () if isinstance(part, dict) and "name" in part}
        in_order = declared if isinstance(declared, list) and len(declared) == len(written) else [None] * len(written)
        return [
            _merged(named.get(part["Name"]) if isinstance(part, dict) and "Name" in part else same, part, pseudo)
            for part, same in zip(written, in_order, strict=True)
        ]
    if isinstance(written, dict) and not any(name == "Ref" or name.startswith("Fn::") for name in written):
        parts = declared if isinstance(declared, dict) else {}
        keys = {name: name if free_keys else _API.get(name, name[:1].lower() + name[1:]) for name in written}
        return {
            key: _merged(parts.get(key), written[name], pseudo, free_keys=name in _FREE_KEYS and not free_keys)
            for name, key in keys.items()
        }
    value = evaluate(written, pseudo)
    return declared if is_marked(value) and is_marked(declared) else value


def known_in(place: Place) -> dict[str, str]:
    """What a template's pseudo parameters mean in a place."""
    return {
        "AWS::AccountId": place.account,
        "AWS::Region": place.region,
        "AWS::Partition": partition(place.region),
        "AWS::URLSuffix": domain(place.region),
    }


def content(
    batch: AssembledBatch,
    manifest: BatchManifest,
    statements: list[Statement],
    places: Places,
    permissions: Sequence[Allowance],
    project: Path,
) -> BatchFile:
    """The content of a batch's file."""
    pseudo = known_in(batch._place)
    values = {
        "task": {**batch._task, **batch._role_arns},
        "paths": dict(batch._configuration.parameter_paths),
        "parameters": dict(batch._configuration.own_parameters),
    }
    if holds_token(values) or REFERENCE in str(values):
        values = evaluate(Stack.of(batch).resolve(values), pseudo)
    return BatchFile(
        manifest=manifest,
        task=values["task"],
        parameters=parameter_values(values["paths"], values["parameters"]),
        permissions=evaluate(statements, pseudo),
        access=access_of(batch, statements, permissions, values["task"], pseudo, project),
        package=places.package,
        source=places.source,
        **batch._file_fields(),
        declared_at=batch._origin.shown(project.resolve()) if batch._origin else "",
    )
