"""The manifest of a deployed workflow: all the runner must know to start and follow it, and to show it. Pure.

It lies with the manifests of batches, of whose kind it is not: `batchwright_runner.contract.manifests` reads both.
"""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from batchwright_runner.contract import manifest
from batchwright_runner.contract.forms import Choice, Form, Number, TextForm, without_defaults
from batchwright_runner.contract.json_text import compact
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.records import Record, RecordKind
from batchwright_runner.contract.schedules.zones import UTC
from batchwright_runner.contract.two_at_once import TwoAtOnce
from batchwright_runner.contract.workflows.structure import CHAINS, NAME, Structure, WorkflowError, structure_faults

SCHEMA = 1
"""The newest schema this version writes and reads."""

LIMIT = 8192
"""Characters of an Advanced parameter's value (Systems Manager, "Managing parameter tiers", 2026-11)."""
PACKED = "packed"
"""The field that holds the steps of a large one: compressed JSON of `CHAINS`, in Base64."""
_LARGEST = 1 << 20
WORKFLOW = "workflow"
"""What its JSON says in ``kind``."""

WorkflowOverlap = Literal["forbid", "wait"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowManifest(Record, Structure):
    """A workflow of a stage. Frozen, checked, and in one form whatever it was read from."""

    schema: int = SCHEMA
    # The oldest runner that understands it. Default: not known.
    runner: str = ""
    project: str
    stage: str
    name: str
    owner: str
    # What it is for; at most 200 characters. Default: none.
    description: str = ""
    # Address of the page to read when it fails. Default: none.
    runbook: str = ""
    # ARN of its state machine. Default: none, in a stage that is only on one machine.
    machine: str = ""
    # What a run does while another one is in progress: ``forbid`` refuses, ``wait`` waits for the other's end. Default:
    # ``forbid``.
    overlap: WorkflowOverlap = "forbid"
    # The zone of the day that its steps are given, where it has no schedule. Default: UTC.
    timezone: str = ""
    # When it is due, in the form of a manifest. Default: it has no schedule.
    schedule: str = ""
    # Who starts it. Default: no scheduler.
    scheduler: str = ""
    # What it or the batches of its steps still lack; no export has it until then. Default: nothing.
    unfinished: str = ""
    # How long a run usually takes at most, in seconds. Default: 0, not declared.
    expected_seconds: int = 0
    # What may be set for one run; each is given to the steps whose batch has an option of that name. Default: none.
    options: tuple[RunOption, ...] = ()
    # Log group that keeps the runs' ends. Default: the stage keeps none.
    history_log_group: str = ""
    # Whether what changes a stage asks a person first. Default: false.
    protected: bool = False

    def __post_init__(self) -> None:
        faults = self.settle() or structure_faults(self)
        if faults:
            raise self.kind.invalid("; ".join(faults))

    @property
    def path(self) -> str:  # noqa: D102 - as in Record
        return StageNames.of(self).manifest(self.name)

    @property
    def account(self) -> str:
        """AWS account of the stage; empty where it has no machine."""
        return self.machine.split(":")[4] if self.machine else ""

    @property
    def region(self) -> str:
        """AWS region of the stage; empty where it has no machine."""
        return self.machine.split(":")[3] if self.machine else ""

    @property
    def at_once(self) -> TwoAtOnce:
        """What a second run does while one is in progress."""
        return TwoAtOnce(self.overlap)

    @property
    def delete_command(self) -> str:
        """The command that deletes its stack, by the name that an app of the library gives it."""
        place = f" --region {self.region}" if self.machine else ""
        return f"aws cloudformation delete-stack --stack-name {StageNames.of(self).family(self.name)}{place}"

    @property
    def zone(self) -> str:
        """The time zone of the day that its steps are given, by its name."""
        return self.schedule.rpartition(" ")[2] or self.timezone or UTC

    def to_json(self) -> str:  # noqa: D102 - as in Record
        return compact(self.stored())

    def stored(self) -> dict[str, Any]:
        """Its JSON form as plain data; of many long steps they are packed, so that it fits into a parameter."""
        plain = self.to_dict()
        if len(compact(plain)) <= LIMIT:
            return plain
        chains = json.dumps({name: plain.pop(name) for name in CHAINS if name in plain}).encode()
        return {**plain, PACKED: b64encode(zlib.compress(chains, 9)).decode()}

    @classmethod
    def unpacked(cls, data: object) -> object:  # noqa: D102 - as in Record
        if not isinstance(data, Mapping) or not isinstance(data.get(PACKED), str):
            return data
        try:
            chains = zlib.decompressobj().decompress(b64decode(data[PACKED]), _LARGEST)
            return {**data, **json.loads(chains)}
        except (ValueError, TypeError, zlib.error) as error:
            raise cls.kind.unreadable(f"its {PACKED} steps are broken ({error})") from error

    def to_dict(self) -> dict[str, Any]:  # noqa: D102 - as in Record
        written = without_defaults(WorkflowManifest, FORMS, self)
        return {"schema": self.schema, "kind": WORKFLOW, **{name: written[name] for name in FORMS if name in written}}


FORMS: Mapping[str, Form] = {
    **{name: manifest.FORMS[name] for name in ("schema", "runner", "project", "stage")},
    "name": NAME,
    **{name: manifest.FORMS[name] for name in ("owner", "description", "runbook", "machine")},
    **{name: manifest.FORMS[name] for name in ("schedule", "scheduler", "unfinished")},
    "timezone": TextForm("a time zone, such as Asia/Tokyo"),
    "overlap": Choice(get_args(WorkflowOverlap)),
    "expected_seconds": Number("a number of seconds from 0", 0),
    **{name: manifest.FORMS[name] for name in ("options", "history_log_group", "protected")},
    **CHAINS,
}
"""The form of each field, in the order in which they are written; most are those of a manifest."""

WorkflowManifest.kind = RecordKind(
    name="workflow", kind=WORKFLOW, key="name", forms=FORMS, schema=SCHEMA, error=WorkflowError
)
