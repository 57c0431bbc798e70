"""The record of a deployed workflow: all the runner must know to start and follow it, and to show it. Pure.

The workflow's stack publishes it beside the manifests, as `batchwright_runner.contract.workflows.names.workflow_path`
says, where runners that know no workflows do not look. It may change as a manifest may: readers ignore fields that they
do not know, and a field that an older runner must not ignore raises ``schema``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

from batchwright_runner.contract import manifest
from batchwright_runner.contract.forms import Choice, Form, Number, TextForm, fault, required, whole, without_defaults
from batchwright_runner.contract.json_text import parsed
from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.workflows.names import workflow_path
from batchwright_runner.contract.workflows.structure import CHAINS, NAME, Structure, WorkflowError, structure_faults

SCHEMA = 1
"""The newest schema this version writes and reads."""

WorkflowOverlap = Literal["forbid", "wait"]


class NewerWorkflowError(WorkflowError):
    """It has a schema that this runner does not know. The message says which runner reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow(Structure):
    """A workflow of a stage. Frozen, checked, and in one form whatever it was read from.

    Attributes:
        schema: Version of this form.
        runner: The oldest runner that understands it. Default: not known.
        project: Name of the project.
        stage: Name of the stage.
        name: Name of the workflow, which no batch has.
        owner: The team to ask.
        description: What it is for; at most 200 characters. Default: none.
        runbook: Address of the page to read when it fails. Default: none.
        machine: ARN of its state machine. Default: none, in a stage that is only on one machine.
        overlap: What a run does while another one is in progress: ``forbid`` refuses, ``wait`` waits for the other's
            end. Default: ``forbid``.
        timezone: The zone of the day that its steps are given, where it has no schedule. Default: UTC.
        schedule: When it is due, as a manifest says it. Default: it has no schedule.
        scheduler: Who starts it. Default: nobody.
        expected_seconds: How long a run usually takes at most, in seconds. Default: 0, it is not said.
        options: What may be said of one run; each is given to the steps whose batch has an option of that name.
            Default: none.
        history_log_group: Log group that keeps the runs' ends. Default: the stage keeps none.
        protected: Whether what changes a stage asks a person first. Default: false.

    Raises:
        WorkflowError: A field's type, form or range is wrong; the message names all such fields.
    """

    schema: int = SCHEMA
    runner: str = ""
    project: str
    stage: str
    name: str
    owner: str
    description: str = ""
    runbook: str = ""
    machine: str = ""
    overlap: WorkflowOverlap = "forbid"
    timezone: str = ""
    schedule: str = ""
    scheduler: str = ""
    expected_seconds: int = 0
    options: tuple[RunOption, ...] = ()
    history_log_group: str = ""
    protected: bool = False

    def __post_init__(self) -> None:
        faults: list[str] = []
        for name, form in FORMS.items():
            object.__setattr__(self, name, form.read(name, getattr(self, name), faults))
        if not faults:
            names = [option.name for option in self.options]
            faults += [f"options has {name} twice" for name in dict.fromkeys(names) if names.count(name) > 1]
            faults += structure_faults(self)
        if faults:
            raise WorkflowError("the workflow is not valid: " + "; ".join(faults))

    @property
    def path(self) -> str:
        """The SSM parameter that holds this record."""
        return workflow_path(self.project, self.stage, self.name)

    def to_json(self) -> str:
        """The ASCII JSON form, without white space."""
        return manifest.to_json(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """The JSON form as plain data, without what a reader takes for granted."""
        written = without_defaults(Workflow, FORMS, self)
        return {"schema": self.schema, **{name: written[name] for name in FORMS if name in written}}

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Reads the JSON form.

        Raises:
            WorkflowError: It is no JSON object, its schema is newer than this runner, or a field is missing or wrong.
        """
        try:
            data = parsed(text)
        except ValueError as error:
            raise WorkflowError(f"the workflow cannot be read: it is not JSON ({error})") from error
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Reads the JSON form's plain data. ``null`` means that a field is not given.

        Raises:
            WorkflowError: As for `from_json`.
        """
        if not isinstance(data, Mapping):
            raise WorkflowError(f"the workflow cannot be read: {fault('it', data, 'an object')}")
        schema = whole(data.get("schema"))
        if schema is None or schema < 1:
            raise WorkflowError(
                f"the workflow cannot be read: {fault('its schema', data.get('schema'), 'a positive number')}"
            )
        if schema > SCHEMA:
            raise NewerWorkflowError(
                f"the workflow cannot be read: it has schema {schema} and this runner reads up to {SCHEMA}. "
                f"Update the runner to {data.get('runner') or 'a newer version'} or later"
            )
        fields = {name: data[name] for name in FORMS if data.get(name) is not None}
        missing = [name for name in required(cls) if name not in fields]
        if missing:
            raise WorkflowError(f"the workflow is not valid: it lacks {', '.join(missing)}")
        return cls(**fields)


FORMS: Mapping[str, Form] = {
    **{name: manifest.FORMS[name] for name in ("schema", "runner", "project", "stage")},
    "name": NAME,
    **{name: manifest.FORMS[name] for name in ("owner", "description", "runbook", "machine", "schedule", "scheduler")},
    "timezone": TextForm("a time zone, such as Asia/Tokyo"),
    "overlap": Choice(get_args(WorkflowOverlap)),
    "expected_seconds": Number("a number of seconds from 0", 0),
    **{name: manifest.FORMS[name] for name in ("options", "history_log_group", "protected")},
    **CHAINS,
}
"""The form of each field, in the order in which they are written; most are those of a manifest."""
