"""The batches and workflows of a stage: whose they are, what they share, and what hangs together by that. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal

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


Relation = Literal["runs", "reads", "writes", "both"]
"""What a batch does with an image or a resource; ``both`` where it reads and writes it."""


@dataclass(frozen=True, slots=True, order=True)
class Thing:
    """An image, or a resource."""

    kind: Literal["image", "resource"]
    name: str


Near = frozenset[tuple[Thing, Relation]]
"""What batches are joined to, and how."""


@dataclass(frozen=True, slots=True)
class Graph:
    """What hangs together."""

    things: tuple[Thing, ...]
    # What batches are joined to, and the names of those that are joined to the same in the same way
    blocks: tuple[tuple[Near, tuple[str, ...]], ...]

    @property
    def size(self) -> int:
        """How many things and batches are in it."""
        return len(self.things) + sum(len(names) for _, names in self.blocks)


def near_of(catalog: Catalog) -> dict[str, Near]:
    """What each batch is joined to: its image if others share it, and what it reads and writes."""
    shared = {name for batches in catalog.images.values() if len(batches) > 1 for name in batches}
    near: dict[str, Near] = {}
    for batch in catalog.batches:
        relations: dict[Thing, Relation] = {Thing("resource", id): "reads" for id in batch.reads}
        relations |= {Thing("resource", id): "both" if id in batch.reads else "writes" for id in batch.writes}
        if batch.image and batch.name in shared:
            relations[Thing("image", batch.image)] = "runs"
        near[batch.name] = frozenset(relations.items())
    return near


def graphs_of(near: Mapping[str, Near]) -> tuple[list[Graph], list[str]]:
    """What hangs together, the largest first; and the batches that share nothing."""
    blocks: dict[Near, list[str]] = {}
    for name, things in near.items():
        blocks.setdefault(things, []).append(name)
    alone = blocks.pop(frozenset(), [])
    graphs: list[Graph] = []
    for things, names in blocks.items():
        own = {thing for thing, _ in things}
        joined = [graph for graph in graphs if own & {*graph.things}]
        graphs = [graph for graph in graphs if graph not in joined]
        all_things = own.union(*(graph.things for graph in joined))
        before = [block for graph in reversed(joined) for block in graph.blocks]
        graphs.append(Graph(tuple(sorted(all_things)), (*before, (things, tuple(names)))))
    return sorted(graphs, key=lambda graph: (-graph.size, graph.things)), alone
