"""The picture: batches, the images that several of them share, and the resources that they work on. Pure.

As Mermaid's text it is drawn by GitHub and other viewers of Markdown; the site shows it as tables.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from batchwright_runner.host.terminal.text import one_line, visible
from batchwright_runner.workbench.page.catalog import Catalog

Relation = Literal["runs", "reads", "writes", "both"]
"""What a batch does with an image or a resource; ``both`` where it reads and writes it."""

_ARROWS: Mapping[Relation, str] = {"runs": "-.-", "reads": "-->", "writes": "-->", "both": "<-->"}
_SHAPES = {"batch": ('["', '"]'), "image": ('(["', '"])'), "resource": ('[("', '")]')}


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


def mermaid(catalog: Catalog) -> str:
    """The picture of a catalog, as a flowchart. Batches that have the same neighbors are in one box."""
    graphs, alone = graphs_of(near_of(catalog))
    names = {resource.id: resource.name for resource in catalog.resources}
    lines, number = ["flowchart LR"], 0
    for graph in graphs:
        ids = {thing: f"n{number + at}" for at, thing in enumerate(graph.things)}
        number += len(ids)
        lines += [f"  {ids[thing]}{_box(thing.kind, [names.get(thing.name, thing.name)])}" for thing in graph.things]
        lines += [f"  n{number + at}{_box('batch', members)}" for at, (_, members) in enumerate(graph.blocks)]
        for near, _ in graph.blocks:
            for thing, relation in sorted(near):
                ends = (f"n{number}", ids[thing]) if relation in ("writes", "both") else (ids[thing], f"n{number}")
                lines.append(f"  {ends[0]} {_ARROWS[relation]} {ends[1]}")
            number += 1
    lines += [f"  n{number + at}{_box('batch', [name])}" for at, name in enumerate(alone)]
    return "\n".join(lines) + "\n"


def _box(kind: str, labels: Iterable[str]) -> str:
    before, after = _SHAPES[kind]
    return f"{before}{'<br>'.join(map(_escaped, labels))}{after}"


def _escaped(text: str) -> str:
    """A text in a label: what Mermaid, Markdown or HTML would take for something else as a numbered character."""
    plain = visible(one_line(text))
    return "".join(sign if sign.isalnum() or sign in " ./-:" else f"#{ord(sign)};" for sign in plain)
