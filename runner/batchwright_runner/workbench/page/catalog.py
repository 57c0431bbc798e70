"""The batches and workflows of a stage: whose they are, and what they share. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from batchwright_runner._version import __version__
from batchwright_runner.workbench.page.batch import Batch
from batchwright_runner.workbench.page.workflow import KnownWorkflow
from batchwright_runner.workbench.permissions.actions import service_name

NOT_ASKED, SEEN, NOT_SEEN, NOT_DEPLOYED = "not asked", "seen", "not seen", "not deployed"
"""What is known of past runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Something that batches read or write."""

    # What it is called here: ``s3:sales``
    id: str
    # What it is: ``S3``
    kind: str
    name: str
    readers: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """The batches and workflows of a stage of a project."""

    project: str
    # Name of the stage; ``local`` for the declaration for runs on one machine
    stage: str
    # When the catalog is made. With a time zone.
    now: datetime
    zone: str
    batches: Sequence[Batch]
    # The workflows, by name. Default: there are none.
    workflows: Sequence[KnownWorkflow] = ()
    # What is known of past runs: ``seen``, ``not seen``, or the stage is ``not deployed``. Default: AWS was ``not
    # asked``.
    results: str = NOT_ASKED
    version: str = __version__

    @property
    def made(self) -> str:
        """When it is made, in ISO 8601, UTC."""
        return self.now.astimezone(UTC).isoformat(timespec="seconds")

    @cached_property
    def owners(self) -> Mapping[str, Sequence[str]]:
        """Owner to names of its batches; to none where it has workflows alone."""
        owned = _groups((batch.owner, batch.name) for batch in self.batches)
        return {owner: owned.get(owner, ()) for owner in sorted({*owned, *(flow.owner for flow in self.workflows)})}

    @cached_property
    def images(self) -> Mapping[str, Sequence[str]]:
        """Image to names of the batches that run it."""
        return _groups((batch.image, batch.name) for batch in self.batches if batch.image)

    @cached_property
    def resources(self) -> Sequence[Resource]:
        """What they read and write, by id."""
        return [
            Resource(
                id=id,
                kind=service_name(id.partition(":")[0]),
                name=id.partition(":")[2],
                readers=tuple(batch.name for batch in self.batches if id in batch.reads),
                writers=tuple(batch.name for batch in self.batches if id in batch.writes),
            )
            for id in sorted({id for batch in self.batches for id in (*batch.reads, *batch.writes)})
        ]

    def workflows_of(self, batch: str) -> list[str]:
        """The workflows of which a batch is a step."""
        return [workflow.name for workflow in self.workflows if any(step.name == batch for step in workflow.batches)]


def _groups(pairs: Iterable[tuple[str, str]]) -> Mapping[str, Sequence[str]]:
    batches: dict[str, list[str]] = {}
    for name, batch in sorted(pairs):
        batches.setdefault(name, []).append(batch)
    return batches
