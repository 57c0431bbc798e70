"""All that is known of a batch, wherever it was learned. What could not be looked at is listed, never left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from batchwright_runner.contract.batch_file import BatchFile, is_marked
from batchwright_runner.contract.edges import Direction, Edge
from batchwright_runner.contract.last import Last
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.run import Attempt, Run
from batchwright_runner.contract.schedules.times import DueTimes
from batchwright_runner.contract.task_size import SPOT, Size
from batchwright_runner.contract.watch import Watch
from batchwright_runner.host.cost.cost import of_machine
from batchwright_runner.host.releases.record import ReleaseRecord
from batchwright_runner.workbench.page.costs import Costs, Priced, costs_of
from batchwright_runner.workbench.page.past import Past, Phase, past_of, where_time_goes
from batchwright_runner.workbench.permissions.edges import edges_of

NEXT = 3
"""How many of the next times at which a batch is due are shown."""
COMPARED = (
    *("description", "owner", "runbook", "timeout_seconds", "retries", "retry_on", "retry_delay_seconds", "overlap"),
    *("schedule", "scheduler", "unfinished", "options", "capacity", "architecture", "secrets"),
)
"""Fields of a manifest that a synthesis knows as well as a deployment does."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """Something that could not be looked at."""

    # What it is: ``the release record``
    what: str
    # Why not: a permission that is missing, or what AWS says
    why: str


@dataclass(frozen=True, slots=True)
class AskedRun:
    """A run, and which of its attempts was asked for."""

    # The attempt that was asked for: the newest one, where none was named
    attempt: Attempt
    run: Run
    # The last lines of its log. Default: none were read.
    lines: tuple[str, ...] = ()
    again: str = ""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What is known of a batch."""

    # Its manifest: the deployed one where there is one, else the declared one
    manifest: BatchManifest
    # When it was looked at. With a time zone.
    now: datetime
    deployed: bool = False
    # Its file in the project's assembly; none where the project here does not declare it
    declared: BatchFile | None = None
    # Its task definition: ECS's where it is deployed, else the declared one; empty where not known
    definition: Mapping[str, Any] = field(default_factory=dict)
    # Variable to value of its parameters, as far as they could be read
    values: Mapping[str, str] = field(default_factory=dict)
    # What was released last; none where no release is recorded or its image is not in the registry
    release: ReleaseRecord | None = None
    pause: Pause | None = None
    # Its last ends; none where no record is kept
    last: Last | None = None
    watch: Watch | None = None
    # Its newest runs, those in progress too, the newest first; none where no stage was asked for them
    runs: Sequence[Run] | None = None
    unseen: Sequence[Unseen] = ()
    # The command that runs its newest run again, where that has failed
    again: str = ""
    # The stage that was asked for it; empty where none was, or where it is deployed
    asked_stage: str = ""
    # By which region's prices it is priced. Default: by those of its manifest's.
    priced: Priced = field(default_factory=Priced)

    @property
    def name(self) -> str:
        """Its name, ``daily-report``."""
        return self.manifest.batch

    @property
    def owner(self) -> str:
        """The team to ask, in one line."""
        return " ".join(self.manifest.owner.split())

    @property
    def description(self) -> str:
        """What it is for, in one line."""
        return " ".join(self.manifest.description.split())

    @property
    def image(self) -> str:
        """Name or URI of the image that it runs; empty where that is not known."""
        return self.manifest.image.name or self.manifest.image.repository

    @property
    def region(self) -> str:
        """The region whose prices are taken."""
        return self.priced.region or self.manifest.region

    @property
    def containers(self) -> Sequence[Mapping[str, Any]]:
        """All containers' definitions."""
        return self.definition.get("containerDefinitions") or ()

    @property
    def main(self) -> Mapping[str, Any]:
        """The main container's definition; empty where that is not known."""
        mine = (container for container in self.containers if container.get("name") == self.manifest.container)
        return next(mine, {})

    @property
    def command(self) -> Sequence[object]:
        """The main container's command; what only a deployment knows is marked in it. Empty for the image's own."""
        command = self.main.get("command")
        return command if isinstance(command, list) else []

    @property
    def sidecars(self) -> Sequence[Mapping[str, Any]]:
        """The definitions of the containers beside the main one."""
        return [container for container in self.containers if container.get("name") != self.manifest.container]

    @property
    def size(self) -> Size | None:
        """The size of its tasks; none where that is not known."""
        return size_of(self.definition, self.manifest)

    @property
    def expected_seconds(self) -> int:
        """How long a run usually takes at most, as it is declared; 0 where it is not."""
        return self.watch.expected_seconds if self.watch else 0

    @cached_property
    def costs(self) -> Costs:
        """What it costs on Fargate, and beside that by its machine."""
        costs = costs_of(self.size, self.region, self.due, self.runs or (), self.now)
        return replace(costs, machine=of_machine()) if self.manifest.scheduler == "aws" else costs

    @cached_property
    def due(self) -> DueTimes | None:
        """When it is due; none if it has no schedule."""
        return DueTimes.of(self.manifest.schedule)

    @cached_property
    def next(self) -> Sequence[datetime]:
        """The next times at which it is due."""
        return self.due.next(self.now, NEXT) if self.due else ()

    @cached_property
    def not_deployed(self) -> list[str] | None:
        """What a deployment would change of the manifest, in words: ``schedule, timeout``; none where not known."""
        if self.declared is None or not self.deployed:
            return None
        here, there = self.declared.manifest, self.manifest
        differing = [name for name in COMPARED if getattr(here, name) != getattr(there, name)]
        if {*here.parameters} != {*there.parameters}:
            differing.append("parameters")
        return [name.removesuffix("_seconds").replace("_", " ") for name in differing]

    @cached_property
    def edges(self) -> Sequence[Edge]:
        """What it reads and writes; none where its declaration is not at hand."""
        return edges_of(self.declared) if self.declared else ()

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """Ids of the resources that it reads, of those that are something of their own."""
        return self._ids("reads")

    @cached_property
    def writes(self) -> tuple[str, ...]:
        """Ids of the resources that it writes, likewise."""
        return self._ids("writes")

    @cached_property
    def past(self) -> Past | None:
        """How its last runs ended; none where no stage was asked for them."""
        return None if self.runs is None else past_of(self.runs, self.last or Last())

    @cached_property
    def phases(self) -> Sequence[Phase]:
        """Where the time of its last runs went, of all their attempts; none where none is known."""
        ended = (run for run in self.runs or () if not run.in_progress)
        return where_time_goes([attempt.state.times for run in ended for attempt in run.attempts])

    def _ids(self, direction: Direction) -> tuple[str, ...]:
        ids = (edge.resource for edge in self.edges if edge.direction == direction)
        return tuple(id for id in ids if id.partition(":")[2].strip("*?/:"))  # without all that a service has


def declared_batch(
    declared: BatchFile, now: datetime, unseen: Sequence[Unseen] = (), *, stage: str = "", priced: Priced | None = None
) -> Batch:
    """What its declaration alone says of a batch. Pure."""
    values = {name: path.get("value") for name, path in declared.parameters.items()}
    return Batch(
        manifest=declared.manifest,
        now=now,
        declared=declared,
        definition=declared.task,
        values={name: str(value) for name, value in values.items() if value is not None and not is_marked(value)},
        watch=declared.watch,
        unseen=unseen,
        asked_stage=stage,
        priced=priced or Priced(),
    )


def size_of(task: Mapping[str, Any], manifest: BatchManifest) -> Size | None:
    """The size of a batch's task, or of its task definition, which may run on Fargate Spot; none where not known."""
    spot = any(share.provider == SPOT for share in manifest.capacity)
    return Size.of(task, architecture=manifest.architecture, spot=spot)
