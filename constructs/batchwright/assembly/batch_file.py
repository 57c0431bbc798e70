"""What is written into the batch file of a declared batch."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import Stack

from batchwright.arns import domain, partition
from batchwright.assembly.access import access_of
from batchwright.assembly.assembled_batch import AssembledBatch
from batchwright.assembly.unresolved import REFERENCE, evaluate
from batchwright.iam.permissions import Allowance
from batchwright.iam.policies import Statement
from batchwright.task.sources import Places
from batchwright.tokens import holds_token
from batchwright_runner.contract.batch_file import BatchFile, parameter_values
from batchwright_runner.contract.manifest import BatchManifest


def as_in_template(task: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """A task with the size, and with the commands and plain values of its containers, that a template says. Pure.

    Args:
        task: The task as it was declared, with the keys of ECS's API.
        properties: The resource's properties in the template. What they do not say as plain text stays as it was.
    """
    made = {one["Name"]: one for one in properties.get("ContainerDefinitions", ()) if "Name" in one}
    containers = []
    for container in task["containerDefinitions"]:
        said = made.get(container["name"], {})
        changed: dict[str, Any] = {
            key: said[key.capitalize()]
            for key in ("command", "image")
            if key.capitalize() in said and "{" not in json.dumps(said[key.capitalize()])
        }
        known = {one["name"]: one["value"] for one in container.get("environment", ())}
        known |= {one["Name"]: one["Value"] for one in said.get("Environment", ()) if _is_plain(one["Value"])}
        if said.get("Environment"):
            names = [one["Name"] for one in said["Environment"] if one["Name"] in known]
            changed["environment"] = [{"name": name, "value": known[name]} for name in names]
        containers.append({**container, **changed})
    size = {key: str(properties[key.capitalize()]) for key in ("cpu", "memory")}
    return {**task, **size, "containerDefinitions": containers}


def _is_plain(value: object) -> bool:
    return isinstance(value, str) and REFERENCE not in value


def content(
    batch: AssembledBatch,
    manifest: BatchManifest,
    statements: list[Statement],
    places: Places,
    permissions: Sequence[Allowance],
    project: Path,
) -> BatchFile:
    """The content of a batch's file.

    Args:
        batch: The batch.
        manifest: Its manifest.
        statements: What was granted to its task role.
        places: Where its declaration and source are.
        permissions: What all batches with its task role allowed themselves.
        project: The folder that lines are shown relative to.
    """
    place = batch.place
    known = {
        "AWS::AccountId": place.account,
        "AWS::Region": place.region,
        "AWS::Partition": partition(place.region),
        "AWS::URLSuffix": domain(place.region),
    }
    values = {
        "task": {**batch.task, **batch.role_arns},
        "paths": dict(batch.parameter_paths),
        "parameters": dict(batch.parameters),
    }
    if holds_token(values) or REFERENCE in str(values):
        values = evaluate(Stack.of(batch.construct).resolve(values), known)
    return BatchFile(
        manifest=manifest,
        task=values["task"],
        parameters=parameter_values(values["paths"], values["parameters"]),
        permissions=evaluate(statements, known),
        access=access_of(
            batch.access,
            batch.construct,
            batch.granted_role(),
            statements,
            permissions,
            values["task"],
            known,
            project,
        ),
        package=places.package,
        source=places.source,
        rundeck_uuid=batch.rundeck_uuid,
        watch=batch.watch,
        declared_at=batch.origin.shown(project.resolve()) if batch.origin else "",
        reads=batch.reads,
        writes=batch.writes,
        startable=batch.startable,
    )
