"""The picture, as tables: batches, the images that several of them share, and the resources that they work on. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from batchwright_runner.workbench.page.catalog import Catalog

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
