"""The record of a workflow: checked when it is declared, completed by CloudFormation, published in SSM."""

import json
from collections.abc import Mapping
from typing import Any

from batchwright.errors import DeclarationError
from batchwright.stage.facts import StageFacts
from batchwright.stage.manifest_parameter import known_place
from batchwright.task.checks import check_in_plain_sight
from batchwright_runner.contract.json_text import compact
from batchwright_runner.contract.values import REFERENCE
from batchwright_runner.contract.workflows.manifest import LIMIT, WorkflowManifest
from batchwright_runner.contract.workflows.structure import Structure, WorkflowError

TIER = "Intelligent-Tiering"
"""SSM takes a larger parameter where the record needs one, and keeps it when the record becomes smaller again."""


def synthesized_record(
    subject: str, facts: StageFacts, fields: Mapping[str, Any], structure: Structure
) -> WorkflowManifest:
    """The record as far as a synthesis knows it."""
    machine = known_place(facts)._machine(facts.names.family(fields["name"])) if fields["machine"] else ""
    protected = fields["protected"] is True
    plain = {**fields, "machine": machine, "protected": protected, "steps": structure.steps, "always": structure.always}
    try:
        record = WorkflowManifest(**plain)
    except WorkflowError as error:
        raise DeclarationError(subject, "record", str(error)) from error
    for name, value in record.to_dict().items():
        check_in_plain_sight(subject, name, value)
    text = record.to_json()
    if REFERENCE in text:
        raise DeclarationError(
            subject, "", "a text holds '{{', which SSM takes for a reference; allowed: texts without"
        )
    if len(text) > LIMIT:
        problem = f"its record has {len(text)} characters; allowed: {LIMIT}, as an SSM parameter holds"
        raise DeclarationError(subject, "steps", problem, remedy="give fewer steps, shorter names, or fewer options")
    return record


def published(record: WorkflowManifest, fields: Mapping[str, Any]) -> str:
    """The text of the record's SSM parameter; a token stands in it as it is."""
    data, protected = record.stored(), fields["protected"]
    if fields["machine"]:
        data["machine"] = fields["machine"]
    if not isinstance(protected, str):
        return compact(data)
    return compact({**data, "protected": protected}).replace(json.dumps(protected), protected)
