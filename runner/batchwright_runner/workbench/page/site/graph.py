"""The picture's content: batches, the images that several of them share, and the resources that they work on. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from batchwright_runner.workbench.page.catalog import Batch, Catalog

Kind = Literal["batch", "image", "resource"]
Relation = Literal["runs", "reads", "writes", "both"]


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What something is, and its name or id.

    Attributes:
        kind: What it is.
        name: Its name; a resource's id.
    """

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A box of the picture.

    Attributes:
        kind: What is in it.
        members: What is in it: several batches where they have the same neighbors, in the same way.
    """

    kind: Kind
    members: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow of the picture, in the direction in which an image or data goes.

    Attributes:
        source: Number of the box that it comes from.
        target: Number of the box that it goes to.
        relation: What the batch does: ``both`` where it reads and writes.
    """

    source: int
    target: int
    relation: Relation


@dataclass(frozen=True, slots=True)
class Graph:
    """Boxes that hang together.

    Attributes:
        nodes: The boxes.
        edges: The arrows between them.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graphs_of(catalog: Catalog, only: Iterable[str] | None = None) -> tuple[list[Graph], list[str]]:
    """What hangs together, the largest first; and the batches that share nothing.

    Args:
        catalog: The catalog.
        only: The batches that are shown. Default: all.
    """
    wanted = {one.name for one in catalog.batches} if only is None else set(only)
    shared = {name for image in catalog.images if len(image.batches) > 1 for name in image.batches}
    around = {one.name: _around(one, shared) for one in catalog.batches if one.name in wanted}
    alone = [name for name, near in around.items() if not near]
    blocks: dict[frozenset[tuple[Key, Relation]], list[str]] = {}
    for name, near in around.items():
        if near:
            blocks.setdefault(frozenset(near.items()), []).append(name)
    found = [_graph(together) for together in _components(list(blocks.items()))]
    found.sort(key=lambda one: (-sum(len(node.members) for node in one.nodes), one.nodes[0].members))
    return found, alone


def _around(batch: Batch, shared: set[str]) -> dict[Key, Relation]:
    found: dict[Key, Relation] = {}
    if batch.image and batch.name in shared:
        found[Key("image", batch.image)] = "runs"
    for id in batch.reads:
        found[Key("resource", id)] = "reads"
    for id in batch.writes:
        found[Key("resource", id)] = "both" if id in batch.reads else "writes"
    return found


_Block = tuple[frozenset[tuple[Key, Relation]], list[str]]


def _components(blocks: Sequence[_Block]) -> list[list[_Block]]:
    """The blocks, those together that share a neighbor, or a neighbor's neighbor."""
    owner: dict[Key, int] = {}
    together: dict[int, tuple[set[Key], list[_Block]]] = {}
    for number, block in enumerate(blocks):
        keys = {key for key, _ in block[0]}
        mine: tuple[set[Key], list[_Block]] = (set(keys), [block])
        for other in sorted({owner[key] for key in keys if key in owner}):
            theirs = together.pop(other)
            mine = (mine[0] | theirs[0], theirs[1] + mine[1])
        together[number] = mine
        owner |= dict.fromkeys(mine[0], number)
    return [found for _, found in together.values()]


def _graph(blocks: Sequence[_Block]) -> Graph:
    keys = sorted({key for near, _ in blocks for key, _ in near})
    numbers = {key: number for number, key in enumerate(keys)}
    nodes = [Node(kind=key.kind, members=(key,)) for key in keys]
    edges = []
    for near, names in blocks:
        number = len(nodes)
        nodes.append(Node(kind="batch", members=tuple(Key("batch", name) for name in names)))
        for key, relation in sorted(near):
            ends = (number, numbers[key]) if relation in ("writes", "both") else (numbers[key], number)
            edges.append(Edge(*ends, relation))
    return Graph(tuple(nodes), tuple(edges))
