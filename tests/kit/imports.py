"""The import graph of a package, read from its source: circles, and imports that go up.

Every import counts, also one inside a function or under ``TYPE_CHECKING``: it is knowledge all the same. Modules are
named relative to their package, ``iam.policies``; a package's own module is ``iam.__init__``.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

Sources = Mapping[str, str]
Edges = Mapping[str, set[str]]
Layers = Sequence[Sequence[str]]


def read_sources(folder: Path) -> dict[str, str]:
    """Module to source text, of all modules of a package."""
    return {
        ".".join(path.relative_to(folder).with_suffix("").parts): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.py"))
    }


def imported_names(package: str, sources: Sources) -> dict[str, set[str]]:
    """Module to all that it imports, in full: ``pathlib.Path``, ``batchwright.iam.policies.allow``.

    Args:
        package: The package's name.
        sources: Its modules.
    """
    return {module: set(_imported(f"{package}.{module}", text)) for module, text in sources.items()}


def edges(package: str, sources: Sources) -> dict[str, set[str]]:
    """Module to the modules of the same package that it imports.

    Args:
        package: The package's name.
        sources: Its modules.
    """
    edges: dict[str, set[str]] = {}
    for module, names in imported_names(package, sources).items():
        own = (name[len(package) + 1 :] for name in names if f"{name}.".startswith(f"{package}."))
        edges[module] = {target for name in own if (target := _module(name, sources))}
    return edges


def cycles(graph: Edges) -> list[str]:
    """The circles, one for each set of modules that reach each other: ``a -> b -> a``."""
    reached = {module: set(_ways(graph, module)) for module in graph}
    in_circles = (module for module in graph if module in reached[module])
    groups = {frozenset(other for other in reached[module] if module in reached[other]) for module in in_circles}
    return sorted(" -> ".join(_ways(graph, min(group))[min(group)]) for group in groups)


def up(graph: Edges, layers: Layers) -> list[str]:
    """The imports that do not go down, and the modules that are in no layer.

    Args:
        graph: Module to what it imports.
        layers: From the lowest to the highest, each a list of modules and folders. What stands in one entry may import
            each other; two entries of one layer may not.
    """
    places = {module: _place(module, layers) for module in graph}
    lost = [f"{module}: in no layer" for module, place in places.items() if place is None]
    arrows = [(module, imported) for module, others in graph.items() for imported in others]
    wrong = (arrow for arrow in arrows if not _goes_down(*map(places.get, arrow)))
    return sorted(lost) + sorted(f"{module} -> {imported}" for module, imported in wrong)


def unused_layers(graph: Edges, layers: Layers) -> list[str]:
    """The entries that no module is in: a layer that was moved or misspelled holds nothing."""
    used = {entry for module in graph for entry in _entries(module, layers)}
    return [entry for layer in layers for entry in layer if entry not in used]


def _imported(module: str, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: -node.level] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def _module(name: str, sources: Sources) -> str | None:
    """The module that a name is, or that it is taken from."""
    parts = name.split(".") if name else []
    for length in range(len(parts), -1, -1):
        module = ".".join(parts[:length])
        for candidate in (module, f"{module}.__init__" if module else "__init__"):
            if candidate in sources:
                return candidate
    return None


def _ways(graph: Edges, start: str) -> dict[str, list[str]]:
    """What can be reached from a module, itself only by a circle, each with a shortest way."""
    ways: dict[str, list[str]] = {}
    waiting = [[start]]
    while waiting:
        way = waiting.pop(0)
        for target in sorted(graph.get(way[-1], ())):
            if target not in ways:
                ways[target] = [*way, target]
                waiting.append(ways[target])
    return ways


def _entries(module: str, layers: Layers) -> list[str]:
    return [entry for layer in layers for entry in layer if f"{module}.".startswith(f"{entry}.")]


def _place(module: str, layers: Layers) -> tuple[int, str] | None:
    """A module's layer and entry: the longest that fits, so that a module may stand apart from its folder."""
    fitting = _entries(module, layers)
    if not fitting:
        return None
    entry = max(fitting, key=len)
    return next(number for number, layer in enumerate(layers) if entry in layer), entry


def _goes_down(place: tuple[int, str] | None, target: tuple[int, str] | None) -> bool:
    return place is None or target is None or place == target or target[0] < place[0]


ROOT = Path(__file__).parents[2]

LIBRARY = read_sources(ROOT / "constructs" / "batchwright")

RUNNER = read_sources(ROOT / "runner" / "batchwright_runner")
