"""The contract between the two halves: all the runner must know of a deployed batch to run it.

The construct library publishes a manifest as an SSM parameter, and puts it into the batch's file for local runs; the
runner reads it. So may any other tool: ``docs/reference/manifest.md`` says how. Only the standard library is imported
here, so that either half can.

How it may change, without breaking a runner that is already installed somewhere:

* Readers ignore fields they do not know.
* A field that is added later has a default, so that an older manifest still reads. A default never changes: what is
  equal to it is left out.
* A field that an older runner must not ignore raises ``schema``. A runner refuses a schema it does not know, and reads
  every schema ever released (``tests/manifests/`` has one frozen example of each).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from batchwright_runner.contract import checks, values
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
    without_defaults,
)
from batchwright_runner.contract.names import StageNames, image_tag
from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.records import BATCH, Record, RecordError, RecordKind
from batchwright_runner.contract.sizes import (
    ARCHITECTURES,
    DEFAULT_ARCHITECTURE,
    OVERLAPS,
    PLATFORM_VERSIONS,
    Architecture,
    Overlap,
    PlatformVersion,
)
from batchwright_runner.contract.two_at_once import TwoAtOnce

SCHEMA = 1
"""The newest schema this version writes and reads."""

SIZE_LIMIT = values.LIMIT
"""Characters that a manifest may have."""

DEFAULT_TIMEOUT = 24 * 3600
"""Seconds that a run may take where the manifest does not say."""

LONGEST = checks.TIMEOUTS[-1]
"""Seconds of a timeout, of a wait and of a pause at most: what a declaration may say, too."""

_OLDEST_RUNNER = {1: "0.1.0"}  # schema -> the first runner that reads it


class ManifestError(RecordError):
    """A manifest cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    """What a batch runs.

    Attributes:
        name: The image's name in the project's registry, ``reports``, by which it is pushed and released. Default:
            none.
        repository: The repository's URI, without a tag. Default: not known.
        tag: The tag, or the digest, that the task definition names. Default: ``stage-`` and the stage.
    """

    name: str = ""
    repository: str = ""
    tag: str = ""

    @classmethod
    def from_uri(cls, uri: str) -> "ImageReference":
        """An image by its URI. Of a tag and a digest the digest counts, as it does for what pulls it."""
        before, _, digest = uri.partition("@")
        match = re.fullmatch(r"(.+):([^:/]+)", before)
        repository, tag = (match[1], match[2]) if match else (before, "")
        return cls(repository=repository, tag=digest or tag)

    @property
    def uri(self) -> str:
        """The image as a task definition names it; empty where the repository is not known."""
        if not self.repository or not self.tag:
            return self.repository
        return f"{self.repository}{'@' if ':' in self.tag else ':'}{self.tag}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityShare:
    """One capacity provider of the run's strategy.

    Attributes:
        provider: The capacity provider, ``FARGATE_SPOT``.
        weight: Its share of the tasks, as ECS means it. Default: 1.
        base: Tasks that it gets first, as ECS means it. Default: 0.
    """

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
class BatchManifest(Record):
    """All the runner must know of a deployed batch. Frozen, checked, and in one form whatever it was read from.

    Attributes:
        schema: Version of this form.
        runner: The oldest runner that understands it. Default: 0.1.0, the first one.
        project: Name of the project, ``batches``.
        stage: Name of the stage, ``staging``.
        batch: Name of the batch, ``daily-report``.
        owner: The team to ask.
        description: What the batch is for; at most 200 characters. Default: none.
        runbook: Address of the page to read when it fails. Default: none.
        account: AWS account of the stage, 12 digits. Default: that of the task definition.
        region: AWS region of the stage. Default: that of the task definition.
        cluster: Name or ARN of the ECS cluster.
        task_definition: ARN of the task definition, with its revision.
        container: Name of the main container, whose exit code is the run's.
        essential: Names of the other containers whose end ends the task; the main one's is left out; empty for none.
        subnets: Ids of the subnets a task is placed in; one at least.
        security_groups: Ids of the task's security groups. Default: the VPC's default group.
        assign_public_ip: Whether the task gets a public address. Default: false.
        capacity: The capacity providers. Default: the launch type ``FARGATE``.
        platform_version: Fargate's platform version. Default: ``LATEST``.
        log_group: Name of the log group.
        log_stream_prefix: What comes before ``/{container}/{task id}`` in the name of a log stream.
        history_log_group: Log group that keeps the runs' ends. Default: the stage keeps none.
        image: What it runs. Default: not known.
        architecture: CPU architecture. Default: ``X86_64``.
        parameters: Environment variable to fingerprint of its declared value, of the task definition's ``secrets`` that
            are SSM Strings; an empty fingerprint where the batch declares no value. Default: none.
        secrets: Environment variables of the task definition's ``secrets`` that are never shown. Default: none.
        key: Alias or ARN of the KMS key that the stage's secrets are encrypted with. Default: the AWS-managed key.
        timeout_seconds: Seconds that a run may take before it is stopped. Default: 86400, a day.
        stop_timeout_seconds: Seconds that the main container may take to end after SIGTERM. Default: 30.
        retries: How often the runner starts the batch again after an end that ``retry_on`` names. Default: 0.
        retry_on: Exit codes, and ``interruption`` for an end by AWS. Default: none.
        retry_delay_seconds: Seconds to wait after such an end before the next attempt. Default: 0.
        overlap: What a run does while another one of the batch is in progress: ``allow`` runs too, ``forbid``
            refuses, ``wait`` waits for the other's end. Default: ``allow``.
        overlap_wait_seconds: Seconds that a run waits at most, with ``wait``. Default: 0, which stands for the
            batch's own ``timeout_seconds``.
        schedule: When the batch is due: the five fields of a crontab and a time zone, ``30 2 * * MON-FRI Asia/Tokyo``.
            Default: it has no schedule.
        scheduler: Who starts it: ``rundeck``, ``cron``. Default: nobody.
        unfinished: What its declaration still lacks, where it was moved from elsewhere; no export has it until then.
            Default: nothing.
        timezone: The stage's time zone, in which people are shown moments. Default: that of its schedule.
        options: What may be said of one run: each with a name, which is that of the variable that the batch gets.
            Default: none.
        machine: ARN of the state machine that starts it, where the scheduler is ``aws``. Default: it has none.
        files_image: Name of the registry's image that renders its config files. Default: it has none, or one that is
            given by its URI.
        files_variables: The variables that its config files hold. Default: none.
        protected: Whether releases, rollbacks, values and runs with other commands ask a person first. It is the
            stage's. Default: false.
        deadline: What keeps the timeout when the runner's host is gone. Default: the stage has no such schedules.
        tags: Tags of a task, beside those of its task definition. Default: none.

    Raises:
        ManifestError: A field's type, form or range is wrong; the message names all such fields.
    """

    schema: int = SCHEMA
    runner: str = _OLDEST_RUNNER[1]
    project: str
    stage: str
    batch: str
    owner: str
    description: str = ""
    runbook: str = ""
    account: str = ""
    region: str = ""
    cluster: str
    task_definition: str
    container: str
    essential: tuple[str, ...]
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...] = ()
    assign_public_ip: bool = False
    capacity: tuple[CapacityShare, ...] = ()
    platform_version: PlatformVersion = "LATEST"
    log_group: str
    log_stream_prefix: str
    history_log_group: str = ""
    image: ImageReference = field(default_factory=ImageReference)
    architecture: Architecture = DEFAULT_ARCHITECTURE
    parameters: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    key: str = ""
    timeout_seconds: int = DEFAULT_TIMEOUT
    stop_timeout_seconds: int = 30
    retries: int = 0
    retry_on: tuple[int | str, ...] = ()
    retry_delay_seconds: int = 0
    overlap: Overlap = "allow"
    overlap_wait_seconds: int = 0
    schedule: str = ""
    scheduler: str = ""
    unfinished: str = ""
    timezone: str = ""
    options: tuple[RunOption, ...] = ()
    machine: str = ""
    files_image: str = ""
    files_variables: tuple[str, ...] = ()
    protected: bool = False
    deadline: Deadline | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        faults = self.settle()
        if faults:
            raise self.kind.invalid("; ".join(faults))
        place = _place(self.task_definition)
        for name in ("account", "region"):
            object.__setattr__(self, name, getattr(self, name) or place[name])
        object.__setattr__(self, "timezone", self.timezone or _zone(self.schedule))
        others = tuple(name for name in dict.fromkeys(self.essential) if name != self.container)
        object.__setattr__(self, "essential", others)
        object.__setattr__(self, "image", _whole_image(self.image, self.stage))

    @property
    def name(self) -> str:
        """The batch's name, as every kind of manifest has one."""
        return self.batch

    @property
    def path(self) -> str:  # noqa: D102 - as in Record
        return StageNames.of(self).manifest(self.batch)

    @property
    def at_once(self) -> TwoAtOnce:
        """What a second run does while one is in progress."""
        return TwoAtOnce(self.overlap, self.overlap_wait_seconds or self.timeout_seconds)

    def to_dict(self) -> dict[str, Any]:  # noqa: D102 - as in Record
        written = without_defaults(BatchManifest, FORMS, self)
        for name, value in _place(self.task_definition).items():
            if written[name] == value:
                del written[name]
        if self.timezone == _zone(self.schedule):
            written.pop("timezone", None)
        if self.image.tag == image_tag(self.stage):
            written["image"].pop("tag")
        return {"schema": self.schema, **{name: value for name, value in written.items() if value != {}}}


_IDS = "ids, as one comma-joined string"
_VARIABLES = "a list of names of environment variables"
_VARIABLE = TextForm("the name of an environment variable", checks.VARIABLE, 1)
_TEXT = TextForm("a text", shortest=1)

FORMS: Mapping[str, Form] = {
    "schema": Number("a positive number", 1),
    "runner": TextForm("the version of a runner"),
    "project": TextForm(
        "the name of a project: 2 to 20 of a-z and 0-9, not beginning with aws or ssm", checks.PROJECT, 2
    ),
    "stage": TextForm("the name of a stage: 2 to 12 of a-z and 0-9, a letter first", checks.STAGE, 2),
    "batch": TextForm(
        "the name of a batch: 2 to 40 of a-z, 0-9 and single dashes between them, a letter first",
        checks.NAME,
        checks.NAME_LENGTHS[0],
        checks.NAME_LENGTHS[-1],
    ),
    "owner": TextForm("the team to ask", shortest=1),
    "description": TextForm(longest=checks.DESCRIPTION_LIMIT),
    "runbook": TextForm("the address of a page"),
    "account": TextForm("an account: 12 digits, as a string", checks.ACCOUNT),
    "region": TextForm("a region, such as ap-northeast-1", checks.REGION),
    "cluster": TextForm("the name or ARN of a cluster", shortest=1),
    "task_definition": TextForm("the ARN of a task definition with its revision", checks.TASK_DEFINITION, 1),
    "container": TextForm("the name of the main container", shortest=1),
    "essential": Ids("names of containers, as one comma-joined string"),
    "subnets": Ids(f"{_IDS}, one at least", 1),
    "security_groups": Ids(_IDS),
    "assign_public_ip": Flag(),
    "capacity": NamesForm(
        "a list of capacity providers",
        RecordForm(
            CapacityShare,
            {"provider": _TEXT, "weight": Number("a number from 0", 0), "base": Number("a number from 0", 0)},
            short="provider",
        ),
    ),
    "platform_version": Choice(PLATFORM_VERSIONS),
    "log_group": TextForm("the name of a log group, such as /ecs/daily-report, and not its ARN", checks.LOG_GROUP, 1),
    "log_stream_prefix": TextForm("the prefix of the log streams, awslogs-stream-prefix", shortest=1),
    "history_log_group": TextForm("the name of a log group, and not its ARN", checks.LOG_GROUP),
    "image": RecordForm(
        ImageReference, {"name": TextForm(), "repository": TextForm(), "tag": TextForm()}, short="repository"
    ),
    "architecture": Choice(ARCHITECTURES),
    "parameters": TableForm(
        "an object from variables to fingerprints, or a list of variables",
        _VARIABLE,
        TextForm("a fingerprint of 8 characters, or an empty string", values.FINGERPRINT),
        listed=True,
    ),
    "secrets": NamesForm(_VARIABLES, _VARIABLE),
    "key": TextForm("the alias or ARN of a KMS key"),
    "timeout_seconds": Number(f"a number of seconds from 1 to {LONGEST}, 14 days", 1, LONGEST),
    "stop_timeout_seconds": Number(
        f"a number of seconds from {checks.STOP_TIMEOUTS[0]} to {checks.STOP_TIMEOUTS[-1]}",
        checks.STOP_TIMEOUTS[0],
        checks.STOP_TIMEOUTS[-1],
    ),
    "retries": Number("a number from 0", 0),
    "retry_on": NamesForm(
        f"a list of exit codes and {checks.INTERRUPTION!r}",
        Either(
            checks.INTERRUPTION,
            Number("", checks.EXIT_CODES[0], checks.EXIT_CODES[-1]),
            expected=f"an exit code from {checks.EXIT_CODES[0]} to {checks.EXIT_CODES[-1]}, or {checks.INTERRUPTION!r}",
        ),
    ),
    "retry_delay_seconds": Number(f"a number of seconds from 0 to {LONGEST}, 14 days", 0, LONGEST),
    "overlap": Choice(OVERLAPS),
    "overlap_wait_seconds": Number(f"a number of seconds from 0 to {LONGEST}, 14 days", 0, LONGEST),
    "schedule": TextForm(
        "the five fields of a crontab and a time zone, such as 30 2 * * MON-FRI Asia/Tokyo", checks.SCHEDULE
    ),
    "scheduler": TextForm("the name of a scheduler, such as rundeck: 2 to 30 of a-z, 0-9 and dashes", checks.SCHEDULER),
    "unfinished": TextForm("a text of one line", longest=checks.DESCRIPTION_LIMIT),
    "timezone": TextForm("the name of a time zone, such as Asia/Tokyo"),
    "options": NamesForm(
        "a list of options",
        RecordForm(
            RunOption,
            {
                "name": _VARIABLE,
                "pattern": TextForm("a regular expression"),
                "values": NamesForm("a list of texts", _TEXT),
                "description": TextForm(longest=checks.DESCRIPTION_LIMIT),
            },
            short="name",
        ),
    ),
    "machine": TextForm("the ARN of a state machine", checks.MACHINE),
    "files_image": TextForm("the name of an image"),
    "files_variables": NamesForm(_VARIABLES, _VARIABLE),
    "protected": Flag(),
    "deadline": RecordForm(Deadline, {"group": _TEXT, "role": _TEXT}),
    "tags": TableForm("an object from keys to values", TextForm("a key", shortest=1), TextForm()),
}
"""The form of each field, in the order in which they are written."""

BatchManifest.kind = RecordKind(
    name="manifest", kind=BATCH, key="batch", forms=FORMS, schema=SCHEMA, error=ManifestError
)


def _place(task_definition: str) -> dict[str, str]:
    """Account and region of a task definition."""
    parts = task_definition.split(":")
    return {"account": parts[4], "region": parts[3]}


def _zone(schedule: str) -> str:
    """The time zone of a schedule; empty for none."""
    return schedule.rpartition(" ")[2]


def _whole_image(image: ImageReference, stage: str) -> ImageReference:
    """An image with a tag, whether its repository was given with a tag, with a digest, or alone."""
    reference = ImageReference.from_uri(image.repository)
    return replace(reference, name=image.name, tag=image.tag or reference.tag or image_tag(stage))
