"""Makes a catalog from the files of declared batches. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from batchwright_runner._version import __version__
from batchwright_runner.contract.batch_file import DECLARATION, is_marked
from batchwright_runner.contract.edges import Edge
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.times import next_times
from batchwright_runner.contract.schedules.words import in_words
from batchwright_runner.contract.task_size import SPOT, Size
from batchwright_runner.host.cost.cost import of_hour
from batchwright_runner.workbench.page.catalog import (
    NOT_ASKED,
    Batch,
    Catalog,
    Group,
    Option,
    Permission,
    Resource,
    Results,
    Schedule,
    Value,
)
from batchwright_runner.workbench.permissions.actions import service_name
from batchwright_runner.workbench.permissions.edges import edges_of
from batchwright_runner.workbench.permissions.statements import permissions_of
from batchwright_runner.workbench.project.batches import DeclaredBatch

NEXT = 3
"""How many next times a batch's page has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of past runs.

    Attributes:
        said: As `Catalog.results` says it.
        results: Batch to results; none where nothing is known.
    """

    said: str = NOT_ASKED
    results: Mapping[str, Results] = field(default_factory=dict)


def catalog_of(
    batches: Sequence[DeclaredBatch],
    *,
    project: str,
    stage: str,
    zone: str,
    now: datetime,
    known: Known | None = None,
) -> Catalog:
    """The catalog of a stage.

    Args:
        batches: Its batches.
        project: Name of the project.
        stage: Name of the stage.
        zone: The time zone of its calendar.
        now: The time from which on due times count. With a time zone.
        known: What is known of past runs. Default: nobody asked.
    """
    known = known or Known()
    made = [
        batch_of(one, now, known.results.get(one.manifest.batch))
        for one in sorted(batches, key=lambda one: one.manifest.batch)
    ]
    return Catalog(
        project=project,
        stage=stage,
        made=now.astimezone(UTC).isoformat(timespec="seconds"),
        version=__version__,
        zone=zone,
        results=known.said,
        batches=tuple(made),
        owners=_groups((one.owner, one.name) for one in made),
        images=_groups((one.image, one.name) for one in made if one.image),
        resources=_resources(made),
    )


def batch_of(declared: DeclaredBatch, now: datetime, results: Results | None) -> Batch:
    """One batch of a catalog."""
    manifest, task = declared.manifest, declared.task
    edges = [one for one in edges_of(declared) if _names_one(one.resource)]
    return Batch(
        name=manifest.batch,
        description=" ".join(manifest.description.split()),
        owner=" ".join(manifest.owner.split()),
        runbook=manifest.runbook,
        declared_in=f"{declared.package}/{DECLARATION}" if declared.package else "",
        image=manifest.image.name or manifest.image.repository,
        command=tuple(_texts(declared.main.get("command"))),
        schedule=_schedule(manifest.schedule, now) if manifest.schedule else None,
        scheduler=manifest.scheduler,
        cpu=_number(task.get("cpu")),
        memory=_number(task.get("memory")),
        architecture=manifest.architecture,
        dollars_an_hour=_dollars(declared),
        timeout_seconds=manifest.timeout_seconds,
        retries=manifest.retries,
        retry_on=manifest.retry_on,
        overlap=manifest.overlap,
        parameters=tuple(
            Value(name=name, value=_known(found.get("value"))) for name, found in declared.parameters.items()
        ),
        secrets=manifest.secrets,
        environment=tuple(
            Value(name=str(one.get("name")), value=_known(one.get("value")))
            for one in declared.main.get("environment") or ()
        ),
        options=tuple(
            Option(name=one.name, description=one.description, pattern=one.pattern, values=tuple(one.values))
            for one in manifest.options
        ),
        sidecars=tuple(str(one["name"]) for one in declared.containers if one.get("name") != manifest.container),
        reads=_ids(edges, "reads"),
        writes=_ids(edges, "writes"),
        may=tuple(sorted({one.resource for one in edges} - {one.resource for one in edges if one.declared})),
        permissions=_permissions(declared),
        log_group=manifest.log_group,
        expected_seconds=declared.watch.expected_seconds,
        results=results,
    )


def _dollars(declared: DeclaredBatch) -> float | None:
    manifest = declared.manifest
    spot = any(one.provider == SPOT for one in manifest.capacity)
    found = of_hour(Size.of(declared.task, architecture=manifest.architecture, spot=spot), manifest.region).dollars
    return None if found is None else round(found, 6)


def _schedule(text: str, now: datetime) -> Schedule:
    zone = text.rpartition(" ")[2]
    try:
        schedule = CronSchedule.from_text(text)
        times = next_times(schedule, now, NEXT)
    except ScheduleError as error:
        return Schedule(text=text, zone=zone, problem=str(error))
    return Schedule(
        text=text,
        words=in_words(replace(schedule, zone="")),
        zone=zone,
        next=tuple(one.isoformat(timespec="minutes") for one in times),
    )


def _names_one(resource: str) -> bool:
    """Whether it is something of its own, and not all that a service has."""
    return bool(resource.partition(":")[2].strip("*?/:"))


def _ids(edges: Iterable[Edge], direction: str) -> tuple[str, ...]:
    return tuple(sorted(one.resource for one in edges if one.direction == direction))


def _permissions(declared: DeclaredBatch) -> tuple[Permission, ...]:
    return tuple(
        Permission(
            service=service_name(one.service),
            allowed=one.allowed,
            actions=one.actions,
            but=one.but,
            resources=one.resources,
            conditions=one.conditions,
            reason=one.reason,
            at=one.at,
        )
        for one in permissions_of(declared.access.task.grants)
    )


def _groups(pairs: Iterable[tuple[str, str]]) -> tuple[Group, ...]:
    found: dict[str, list[str]] = {}
    for name, batch in pairs:
        found.setdefault(name, []).append(batch)
    return tuple(Group(name=name, batches=tuple(found[name])) for name in sorted(found))


def _resources(batches: Sequence[Batch]) -> tuple[Resource, ...]:
    return tuple(
        Resource(
            id=id,
            kind=service_name(id.partition(":")[0]),
            name=id.partition(":")[2],
            readers=tuple(batch.name for batch in batches if id in batch.reads),
            writers=tuple(batch.name for batch in batches if id in batch.writes),
        )
        for id in sorted({id for batch in batches for id in (*batch.reads, *batch.writes)})
    )


def _texts(value: object) -> list[str]:
    return (
        [one if isinstance(one, str) else "<known at deployment>" for one in value] if isinstance(value, list) else []
    )


def _known(value: object) -> str | None:
    return None if value is None or is_marked(value) else str(value)


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else 0
