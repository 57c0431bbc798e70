"""The contract between the two halves: all the runner must know of a deployed batch.

The construct library writes a manifest as an SSM parameter, and into the assembly for local runs; the runner reads it.
Only the standard library is imported here, so that either half can.

How it may change, without breaking a runner that is already installed somewhere:

* Readers ignore fields they do not know.
* A field added later has a default, so that an older manifest still reads.
* A field that an older runner must not ignore raises ``schema``. A runner refuses a schema it does not know, and reads
  every schema ever released (one frozen example of each lies in ``tests/manifests/``).
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.contract import checks, values
from batchwright_runner.contract.checks import ManifestError
from batchwright_runner.contract.names import manifest_path
from batchwright_runner.contract.sizes import DEFAULT_ARCHITECTURE, Architecture, Overlap, PlatformVersion

__all__ = [
    "SCHEMA",
    "SIZE_LIMIT",
    "BatchManifest",
    "CapacityShare",
    "Deadline",
    "ImageReference",
    "ManifestError",
    "ParameterReference",
    "to_json",
]

SCHEMA = 1
"""The newest schema this version writes and reads."""

SIZE_LIMIT = values.LIMIT
"""Characters that a manifest may have."""

_OLDEST_RUNNER = {1: "0.1.0"}  # schema -> the first runner that reads it


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    """What a batch runs.

    Attributes:
        name: The image's name in the registry, ``reports``; empty for an image given by its URI.
        repository: The repository's URI, without a tag.
        tag: The tag that the task definition names, ``stage-production``.
    """

    name: str
    repository: str
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterReference:
    """Where a parameter's value lies.

    Attributes:
        path: The SSM parameter's name, ``/batches/staging/daily-report/REPORT_TO``.
        fingerprint: The first 12 hex digits of the declared value's SHA-256; empty where the batch does not declare it.
    """

    path: str
    fingerprint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityShare:
    """One capacity provider of the run's strategy, with ECS's meanings of weight and base."""

    provider: str
    weight: int = 1
    base: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """Where the schedule that stops a forgotten task is made.

    Attributes:
        group: Name of the EventBridge Scheduler group.
        role: ARN of the role that the schedule stops the task with.
    """

    group: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchManifest:
    """All the runner must know of a deployed batch. Frozen and validated: an instance is a usable one.

    Attributes:
        project: Name of the project, ``batches``.
        stage: Name of the stage, ``staging``.
        account: AWS account of the stage, 12 digits.
        region: AWS region of the stage.
        batch: Name of the batch, ``daily-report``.
        description: What the batch is for; at most 200 characters.
        owner: The team to ask.
        cluster: Name or ARN of the ECS cluster.
        task_definition: ARN of the task definition, with its revision.
        container: Name of the main container, whose exit code is the run's.
        essential: Names of the other containers whose end ends the task.
        subnets: Ids of the subnets a task is placed in; one at least.
        log_group: Name of the log group.
        log_stream_prefix: What comes before ``/{container}/{task id}`` in the name of a log stream.
        image: What it runs.
        timeout_seconds: How long a run may take before it is stopped.
        runbook: Address of the page to read when it fails; empty for none.
        security_groups: Ids of the task's security groups; none means the VPC's default group.
        assign_public_ip: Whether the task gets a public address.
        capacity: The capacity providers; none means the launch type ``FARGATE``.
        platform_version: Fargate's platform version.
        history_log_group: Log group that keeps the runs' ends; empty where the stage keeps none.
        architecture: CPU architecture.
        parameters: Environment variable to parameter.
        secrets: Environment variable to the path or ARN of a secret.
        key: Alias or ARN of the KMS key that the stage's secrets are encrypted with; empty for the AWS-managed key.
        stop_timeout_seconds: How long the main container may take to end after SIGTERM.
        retries: How often the runner starts the batch anew after an end that ``retry_on`` names.
        retry_on: Exit codes, and ``interruption`` for an end by AWS.
        overlap: Whether two runs may be in progress at once.
        files_image: Name of the registry's image that renders its config files; empty if it has none, or for an image
            given by its URI.
        files_variables: The variables that its config files hold.
        deadline: What keeps the timeout when the runner's host is gone; none where the stage has no such schedules.
        tags: Tags of a task.
        schema: Version of this form.
        runner: The oldest runner that understands it.

    Raises:
        ManifestError: A field's type, form or range is wrong; the message names all such fields.
    """

    project: str
    stage: str
    account: str
    region: str
    batch: str
    description: str
    owner: str
    cluster: str
    task_definition: str
    container: str
    subnets: tuple[str, ...]
    log_group: str
    log_stream_prefix: str
    image: ImageReference
    timeout_seconds: int
    runbook: str = ""
    essential: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    assign_public_ip: bool = False
    capacity: tuple[CapacityShare, ...] = ()
    platform_version: PlatformVersion = "LATEST"
    history_log_group: str = ""
    architecture: Architecture = DEFAULT_ARCHITECTURE
    parameters: Mapping[str, ParameterReference] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    stop_timeout_seconds: int = 30
    retries: int = 0
    retry_on: tuple[int | str, ...] = ()
    overlap: Overlap = "allow"
    files_image: str = ""
    files_variables: tuple[str, ...] = ()
    deadline: Deadline | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    schema: int = SCHEMA
    runner: str = _OLDEST_RUNNER[SCHEMA]

    def __post_init__(self) -> None:
        checks.check({one.name: getattr(self, one.name) for one in dataclasses.fields(self)})

    @property
    def name(self) -> str:
        """The SSM parameter this manifest lies in."""
        return manifest_path(self.project, self.stage, self.batch)

    def to_json(self) -> str:
        """The ASCII JSON form, without white space."""
        return to_json(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """The JSON form as plain data. ``subnets`` and ``security_groups`` are comma-joined strings there."""
        data = dataclasses.asdict(self)
        for name in ("subnets", "security_groups"):
            data[name] = ",".join(data[name])
        return data

    @classmethod
    def from_json(cls, text: str) -> "BatchManifest":
        """Reads the JSON form.

        Raises:
            ManifestError: It is no JSON object, its schema is newer than this runner, or a field is missing or wrong.
        """
        try:
            data = json.loads(text)
        except ValueError as error:
            raise ManifestError(f"the manifest cannot be read: it is not JSON ({error})") from error
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data: object) -> "BatchManifest":
        """Reads the JSON form's plain data.

        Raises:
            ManifestError: As for `from_json`.
        """
        fields = checks.known_fields(data, cls, newest_schema=SCHEMA)
        for name in ("subnets", "security_groups"):
            if name in fields:
                fields[name] = checks.split(name, fields[name])
        if "image" in fields:
            fields["image"] = checks.build(ImageReference, "image", fields["image"])
        if fields.get("deadline") is not None:
            fields["deadline"] = checks.build(Deadline, "deadline", fields["deadline"])
        if "capacity" in fields:
            shares = checks.as_list("capacity", fields["capacity"])
            fields["capacity"] = tuple(checks.build(CapacityShare, "capacity", share) for share in shares)
        if "parameters" in fields:
            entries = checks.as_dict("parameters", fields["parameters"])
            fields["parameters"] = {
                name: checks.build(ParameterReference, f"parameters.{name}", entry) for name, entry in entries.items()
            }
        for name in ("essential", "retry_on", "files_variables"):
            if name in fields:
                fields[name] = tuple(checks.as_list(name, fields[name]))
        return cls(**fields)


def to_json(data: Mapping[str, Any]) -> str:
    """Renders a manifest's plain data: ASCII only, no white space, fields in their order.

    ASCII, because CloudFormation delivers other characters right, yet shows them as ``?`` in its copy of the template.
    """
    return json.dumps(data, ensure_ascii=True, separators=(",", ":"))
