"""Where the boxes of a picture stand: in layers from left to right, so that arrows go forward and cross little. Pure.

Layers are by the longest way; an arrow over several layers gets a bend in each; the order within a layer is that of the
neighbors' middles, over a few sweeps forward and back (Sugiyama, Tagawa and Toda, 1981).
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

SWEEPS = 6


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a box, in pixels."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a box stands: its left upper corner, in pixels."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes and arrows with their places.

    Attributes:
        size: The size of all of it.
        places: The place of each box.
        bends: For each arrow the points through which it goes between its two boxes.
    """

    size: Size
    places: tuple[Place, ...]
    bends: tuple[tuple[Place, ...], ...]


_BEND = Size(0, 0)


def lay_out(sizes: Sequence[Size], edges: Sequence[tuple[int, int]], gap: Size) -> Layout:
    """Places boxes.

    Args:
        sizes: The sizes of the boxes.
        edges: From which box to which each arrow goes. Circles may be among them.
        gap: The room between layers, and between the boxes of a layer.
    """
    layer = _layers(len(sizes), edges)
    all_sizes, levels, ways = list(sizes), list(layer), []
    for source, target in edges:
        way = [source]
        step = 1 if levels[source] < levels[target] else -1
        for level in range(levels[source] + step, levels[target], step):
            way.append(len(all_sizes))
            all_sizes.append(_BEND)
            levels.append(level)
        ways.append([*way, target])
    pairs = [pair for way in ways for pair in itertools.pairwise(way)]
    columns = _ordered(levels, pairs)
    tops = _tops(columns, all_sizes, pairs, gap.height)
    lefts = _lefts(columns, all_sizes, gap.width)
    sides = [(left, left + _width(column, all_sizes)) for left, column in zip(lefts, columns, strict=True)]
    places = [
        Place(lefts[levels[one]] + (sides[levels[one]][1] - lefts[levels[one]] - size.width) / 2, tops[one])
        for one, size in enumerate(sizes)
    ]
    middles = [tops[one] + size.height / 2 for one, size in enumerate(all_sizes)]
    return Layout(
        Size(sides[-1][1], max(top + all_sizes[one].height for one, top in tops.items())),
        tuple(places),
        tuple(tuple(_bends(way, levels, sides, middles)) for way in ways),
    )


def _bends(
    way: Sequence[int], levels: Sequence[int], sides: Sequence[tuple[float, float]], middles: Sequence[float]
) -> Iterator[Place]:
    """The points of an arrow: it crosses the layers straight, and bends only between them."""
    forward = levels[way[0]] < levels[way[-1]]
    for at, one in enumerate(way):
        near, far = sides[levels[one]] if forward else sides[levels[one]][::-1]
        if at:
            yield Place(near, middles[one])
        if at < len(way) - 1:
            yield Place(far, middles[one])


def _layers(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each box: one more than the last one from which an arrow comes. Arrows back do not count."""
    after: dict[int, list[int]] = {one: [] for one in range(count)}
    for source, target in edges:
        after[source].append(target)
    order, forward = _order(after)
    layer = [0] * count
    for one in order:
        for other in after[one]:
            if (one, other) in forward:
                layer[other] = max(layer[other], layer[one] + 1)
    return layer


def _order(after: Mapping[int, Sequence[int]]) -> tuple[list[int], set[tuple[int, int]]]:
    """The boxes, each before those to which its arrows go; and the arrows that close no circle."""
    state: dict[int, bool] = {}  # whether all that follows has been seen
    done: list[int] = []
    forward: set[tuple[int, int]] = set()
    targets = {other for others in after.values() for other in others}
    for start in sorted(after, key=lambda one: (one in targets, one)):
        if start in state:
            continue
        state[start] = False
        stack: list[tuple[int, Iterator[int]]] = [(start, iter(after[start]))]
        while stack:
            one, rest = stack[-1]
            for other in rest:
                if state.get(other, True):
                    forward.add((one, other))
                if other not in state:
                    state[other] = False
                    stack.append((other, iter(after[other])))
                    break
            else:
                state[one] = True
                done.append(one)
                stack.pop()
    return done[::-1], forward


def _ordered(levels: Sequence[int], pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The boxes of each layer in an order in which few arrows cross."""
    columns: list[list[int]] = [[] for _ in range(max(levels) + 1)]
    for one, level in enumerate(levels):
        columns[level].append(one)
    near = _near(pairs)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for number in range(1, len(columns)) if forward else range(len(columns) - 2, -1, -1):
            beside = columns[number - 1 if forward else number + 1]
            at = {one: place for place, one in enumerate(beside)}
            before = {one: place for place, one in enumerate(columns[number])}
            columns[number].sort(key=lambda one: _middle([at[x] for x in near.get(one, ()) if x in at], before[one]))
    return columns


def _tops(
    columns: Sequence[Sequence[int]], sizes: Sequence[Size], pairs: Sequence[tuple[int, int]], gap: float
) -> dict[int, float]:
    """The upper edge of each box: near to the middle of its neighbors, without touching another one."""
    tops: dict[int, float] = {}
    for column in columns:
        y = 0.0
        for one in column:
            tops[one] = y
            y += sizes[one].height + gap
    near = _near(pairs)
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            wanted = [
                _middle([tops[x] + sizes[x].height / 2 for x in near.get(one, ())], tops[one] + sizes[one].height / 2)
                - sizes[one].height / 2
                for one in column
            ]
            _apart(column, wanted, sizes, gap, tops)
    least = min(tops.values())
    return {one: top - least for one, top in tops.items()}


def _apart(
    column: Sequence[int], wanted: Sequence[float], sizes: Sequence[Size], gap: float, tops: dict[int, float]
) -> None:
    """Places a layer's boxes as near as may be to where each is wanted: boxes that touch move together."""
    groups: list[tuple[list[int], float, float]] = []  # boxes, height, sum of where the first one is wanted
    for one, want in zip(column, wanted, strict=True):
        boxes, height, total = [one], sizes[one].height, want
        while groups:
            others, their_height, their_total = groups[-1]
            if their_total / len(others) + their_height + gap <= total / len(boxes):
                break
            groups.pop()
            total += their_total - (their_height + gap) * len(boxes)
            boxes, height = others + boxes, their_height + gap + height
        groups.append((boxes, height, total))
    for boxes, _, total in groups:
        y = total / len(boxes)
        for one in boxes:
            tops[one] = y
            y += sizes[one].height + gap


def _near(pairs: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
    near: dict[int, list[int]] = {}
    for one, other in pairs:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    return near


def _middle(places: Sequence[float], otherwise: float) -> float:
    return fmean(places) if places else otherwise


def _width(column: Sequence[int], sizes: Sequence[Size]) -> float:
    return max(sizes[one].width for one in column)


def _lefts(columns: Sequence[Sequence[int]], sizes: Sequence[Size], gap: float) -> list[float]:
    lefts, x = [], 0.0
    for column in columns:
        lefts.append(x)
        x += _width(column, sizes) + gap
    return lefts
