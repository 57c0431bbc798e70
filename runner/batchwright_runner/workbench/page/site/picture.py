"""The picture of batches, shared images and resources, as boxes and arrows with places. Pure."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from batchwright_runner.host.terminal.text import columns, ellipsis, visible
from batchwright_runner.workbench.page.catalog import Catalog
from batchwright_runner.workbench.page.site.graph import Graph, Key, Kind, Node, Relation, graphs_of
from batchwright_runner.workbench.page.site.layout import Layout, Place, Size, lay_out

CHARACTER = 7.9
"""Width of a character of 13 pixels in a monospaced font, which is 0.6 of its height and a little."""
LINE = 22
"""Height of a line of a box."""
PADDING = 12
ROWS = 15
"""Lines of a box; what is more stands in a further column."""
LONGEST = 36
"""Characters of a name that are shown; its title has the others."""
WIDEST = 1164
"""Pixels that graphs beside one another may take: as wide as a page is at most."""
GAP = Size(84, 22)
BETWEEN = Size(48, 44)
"""The room between graphs."""
_WORDS = {
    "runs": ("runs", "run"),
    "reads": ("reads", "read"),
    "writes": ("writes", "write"),
    "both": ("reads and writes", "read and write"),
}
"""What one batch does, and several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A name in a box.

    Attributes:
        key: What it names.
        text: What is written: the name, or its beginning.
        x: Where it begins.
        y: Its base line.
    """

    key: Key
    text: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box.

    Attributes:
        kind: What is in it.
        x: Its left edge.
        y: Its upper edge.
        width: Its width.
        height: Its height.
        labels: The names in it.
    """

    kind: Kind
    x: float
    y: float
    width: float
    height: float
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """An arrow.

    Attributes:
        relation: What the batch does.
        path: Its way, as an SVG path has it.
        says: The same in words, for those who do not see it.
    """

    relation: Relation
    path: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The picture.

    Attributes:
        width: Its width in pixels.
        height: Its height in pixels.
        boxes: The boxes.
        arrows: The arrows.
        alone: Batches that share nothing, and are not on it.
    """

    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    alone: tuple[str, ...]


def picture_of(catalog: Catalog, only: Iterable[str] | None = None) -> Picture:
    """The picture of a catalog.

    Args:
        catalog: The catalog.
        only: The batches that are shown. Default: all.
    """
    graphs, alone = graphs_of(catalog, only)
    names = {Key("resource", one.id): one.name for one in catalog.resources}
    drawn = [(graph, _lay_out(graph, names)) for graph in graphs]
    corners, size = _packed([layout.size for _, layout in drawn])
    boxes: list[Box] = []
    arrows: list[Arrow] = []
    for (graph, layout), corner in zip(drawn, corners, strict=True):
        boxes += _boxes(graph, layout, corner, names)
        arrows += _arrows(graph, layout, corner, names)
    return Picture(width=size.width, height=size.height, boxes=tuple(boxes), arrows=tuple(arrows), alone=tuple(alone))


def _lay_out(graph: Graph, names: dict[Key, str]) -> Layout:
    sizes = [_size(node, names) for node in graph.nodes]
    return lay_out(sizes, [(one.source, one.target) for one in graph.edges], GAP)


def _grid(node: Node) -> tuple[int, int]:
    """Columns and lines of a box."""
    wide = ceil(len(node.members) / ROWS)
    return wide, ceil(len(node.members) / wide)


def _column_width(node: Node, names: dict[Key, str]) -> float:
    return max(columns(_text(one, names)) for one in node.members) * CHARACTER


def _size(node: Node, names: dict[Key, str]) -> Size:
    wide, high = _grid(node)
    return Size(wide * (_column_width(node, names) + PADDING) + PADDING, high * LINE + PADDING)


def _text(key: Key, names: dict[Key, str]) -> str:
    return ellipsis(visible(names.get(key, key.name)), LONGEST)


def _packed(sizes: Sequence[Size]) -> tuple[list[Place], Size]:
    """The corners of graphs, in rows as wide as fits; and the size of all."""
    corners: list[Place] = []
    x = y = high = wide = 0.0
    for size in sizes:
        if x and x + size.width > WIDEST:
            x, y, high = 0.0, y + high + BETWEEN.height, 0.0
        corners.append(Place(x, y))
        wide, high = max(wide, x + size.width), max(high, size.height)
        x += size.width + BETWEEN.width
    return corners, Size(wide, y + high)


def _boxes(graph: Graph, layout: Layout, corner: Place, names: dict[Key, str]) -> list[Box]:
    found = []
    for node, place in zip(graph.nodes, layout.places, strict=True):
        size, (_, high) = _size(node, names), _grid(node)
        x, y, step = corner.x + place.x, corner.y + place.y, _column_width(node, names) + PADDING
        labels = tuple(
            Label(
                key=key,
                text=_text(key, names),
                x=x + PADDING + number // high * step,
                y=y + PADDING / 2 + number % high * LINE + LINE * 0.68,
            )
            for number, key in enumerate(node.members)
        )
        found.append(Box(kind=node.kind, x=x, y=y, width=size.width, height=size.height, labels=labels))
    return found


def _arrows(graph: Graph, layout: Layout, corner: Place, names: dict[Key, str]) -> list[Arrow]:
    found = []
    sizes = [_size(node, names) for node in graph.nodes]
    for edge, bends in zip(graph.edges, layout.bends, strict=True):
        first, last = layout.places[edge.source], layout.places[edge.target]
        back = last.x < first.x
        begin = Place(first.x + (0 if back else sizes[edge.source].width), first.y + sizes[edge.source].height / 2)
        end = Place(last.x + (sizes[edge.target].width if back else 0), last.y + sizes[edge.target].height / 2)
        points = [Place(one.x + corner.x, one.y + corner.y) for one in (begin, *bends, end)]
        found.append(
            Arrow(
                relation=edge.relation,
                path=_path(points),
                says=_says(graph, edge.source, edge.target, edge.relation, names),
            )
        )
    return found


def _path(points: Sequence[Place]) -> str:
    way = f"M{points[0].x:.1f} {points[0].y:.1f}"
    for one, other in itertools.pairwise(points):
        middle = (one.x + other.x) / 2
        way += f"C{middle:.1f} {one.y:.1f} {middle:.1f} {other.y:.1f} {other.x:.1f} {other.y:.1f}"
    return way


def _says(graph: Graph, source: int, target: int, relation: Relation, names: dict[Key, str]) -> str:
    one, other = graph.nodes[source], graph.nodes[target]
    batches, thing = (one, other) if one.kind == "batch" else (other, one)
    who = ", ".join(key.name for key in batches.members)
    word = _WORDS[relation][len(batches.members) > 1]
    return visible(f"{who} {word} {names.get(thing.members[0], thing.members[0].name)}")
