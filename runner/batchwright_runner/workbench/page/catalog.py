"""A catalog: what the batches of a stage are, whose, when they are due, what they share. As JSON it is published.

A field that is added later has a default here; a reader ignores fields that it does not know. ``format`` is raised when
a field changes its meaning or goes away.
"""

from dataclasses import asdict, dataclass
from typing import Any

FORMAT = 1
"""The format of the JSON."""

NOT_ASKED, SEEN, NOT_SEEN, NOT_DEPLOYED = "not asked", "seen", "not seen", "not deployed"
"""What is known of past runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a batch is due.

    Attributes:
        text: The five fields of a crontab and a time zone, ``30 2 * * MON-FRI Asia/Tokyo``.
        words: The same in English, without the zone; empty where it could not be read.
        zone: Its time zone, by its name in the IANA database.
        next: The next three times, in ISO 8601 with the offset of its zone; fewer where it is due no more.
        problem: Why it cannot be read; empty if it can.
    """

    text: str
    words: str = ""
    zone: str = ""
    next: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A parameter or a variable.

    Attributes:
        name: The environment variable.
        value: Its declared value; ``null`` where only a deployment knows it.
    """

    name: str
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What may be said of one run.

    Attributes:
        name: Its name, and that of the variable.
        description: What it means; empty for nothing said.
        pattern: The regular expression that a value matches; empty for any.
        values: The only values that it may have; none for any.
    """

    name: str
    description: str = ""
    pattern: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """A statement of the batch's task role.

    Attributes:
        service: The service, for people: ``S3``.
        allowed: It allows; else it denies.
        actions: IAM's actions; with ``but`` all actions except these.
        but: Whether the actions are the ones that are left out.
        resources: The ARNs; ``<Queue.Arn>`` for one that only a deployment knows.
        conditions: The conditions, in words.
        reason: The reason that the declaration gives; empty for none.
        at: The line that granted it; empty where that is not known.
    """

    service: str
    allowed: bool
    actions: tuple[str, ...]
    but: bool = False
    resources: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    reason: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRun:
    """A run that has ended.

    Attributes:
        ended: When, in ISO 8601, UTC.
        ok: Whether its exit code is 0.
        code: Its exit code; ``null`` where it is not known.
        what: How it ended, in a few words: ``ok``, ``exit 3``, ``timeout``.
        why: The reason; empty where there is none.
        seconds: How long it ran; ``null`` where that is not known.
    """

    ended: str
    ok: bool
    code: int | None = None
    what: str = ""
    why: str = ""
    seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Which image a stage's next run takes.

    Attributes:
        digest: The image's digest, ``sha256:…``.
        tag: The tag that it was released by.
        by: Who did it: the last part of an ARN.
        at: When, in ISO 8601, UTC.
        kind: ``release``, or ``rollback`` for a step back.
    """

    digest: str
    tag: str
    by: str
    at: str
    kind: str = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """How the batch's last runs ended, and what the next one takes.

    Attributes:
        runs: The last runs, the oldest first; twenty at most.
        last_success: When one last ended well, in ISO 8601, UTC; empty where none is known.
        failures_in_row: How many failed since then.
        usual_seconds: The median of how long those took that ended well; ``null`` for fewer than three.
        slow_seconds: What 19 of 20 of those took at most; ``null`` for fewer than three.
        release: What was released last; ``null`` where none is recorded, or it may not be seen.
        paused: Why and until when it is paused; empty if it is not.
    """

    runs: tuple[ShownRun, ...] = ()
    last_success: str = ""
    failures_in_row: int = 0
    usual_seconds: int | None = None
    slow_seconds: int | None = None
    release: Release | None = None
    paused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A declared batch.

    Attributes:
        name: Its name, ``daily-report``.
        description: What it is for.
        owner: The team to ask.
        runbook: The page to read when it fails; empty for none.
        declared_in: The file that declares it, relative to the project; empty where that is not known.
        image: Name or URI of the image that it runs; empty where that is not known.
        command: The command; none for the image's own.
        schedule: When it is due; ``null`` if it has no schedule.
        scheduler: Who starts it then; empty for nobody.
        cpu: CPU units; 1024 are one vCPU.
        memory: Memory in MiB.
        architecture: CPU architecture, as ECS calls it.
        dollars_an_hour: What an hour of it costs on Fargate, in US dollars; ``null`` where the price is not known.
        timeout_seconds: Seconds that an attempt may take.
        retries: How often the runner starts it again.
        retry_on: The exit codes, and ``interruption``, after which it does.
        overlap: What a run does while another one is in progress: ``allow``, ``forbid``, ``wait``.
        parameters: The parameters with their declared values.
        secrets: Names of the secrets.
        environment: The plain variables.
        options: What may be said of one run.
        sidecars: Names of the containers beside the main one.
        reads: Ids of the resources that it reads.
        writes: Ids of the resources that it writes.
        may: Those of them that only its task role tells: it may read or write them, which is not that it does.
        permissions: What its task role may do.
        log_group: The log group of its runs.
        expected_seconds: How long a run usually takes at most, as the declaration says it; 0 where it does not.
        results: How its last runs ended; ``null`` where nobody asked, or it could not be seen.
    """

    name: str
    description: str
    owner: str
    runbook: str = ""
    declared_in: str = ""
    image: str = ""
    command: tuple[str, ...] = ()
    schedule: Schedule | None = None
    scheduler: str = ""
    cpu: int = 0
    memory: int = 0
    architecture: str = ""
    dollars_an_hour: float | None = None
    timeout_seconds: int = 0
    retries: int = 0
    retry_on: tuple[int | str, ...] = ()
    overlap: str = "allow"
    parameters: tuple[Value, ...] = ()
    secrets: tuple[str, ...] = ()
    environment: tuple[Value, ...] = ()
    options: tuple[Option, ...] = ()
    sidecars: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    permissions: tuple[Permission, ...] = ()
    log_group: str = ""
    expected_seconds: int = 0
    results: Results | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Something that batches read or write.

    Attributes:
        id: What it is called here: ``s3:sales``.
        kind: What it is: ``S3``.
        name: Its name.
        readers: Batches that read it.
        writers: Batches that write it.
    """

    id: str
    kind: str
    name: str
    readers: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An image or an owner, with its batches.

    Attributes:
        name: Its name.
        batches: Names of its batches.
    """

    name: str
    batches: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """The batches of a stage of a project.

    Attributes:
        format: The format of this JSON.
        project: Name of the project.
        stage: Name of the stage; ``local`` for the declaration for runs on one machine.
        made: When the catalog was made, in ISO 8601, UTC.
        version: The version of batchwright that made it.
        zone: The time zone in which the calendar is.
        results: What is known of past runs: ``seen``, ``not asked``, ``not seen``, or the stage is ``not deployed``.
        batches: The batches, by name.
        owners: The owners, by name.
        images: The images, by name.
        resources: What they read and write, by id.
    """

    format: int = FORMAT
    project: str
    stage: str
    made: str
    version: str
    zone: str = "UTC"
    results: str = NOT_ASKED
    batches: tuple[Batch, ...] = ()
    owners: tuple[Group, ...] = ()
    images: tuple[Group, ...] = ()
    resources: tuple[Resource, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Its JSON form, as plain data."""
        return asdict(self)
