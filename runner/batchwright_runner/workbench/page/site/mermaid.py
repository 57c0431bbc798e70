"""The picture as Mermaid's text, which GitHub and other viewers of Markdown draw. Pure."""

from batchwright_runner.host.terminal.text import one_line, visible
from batchwright_runner.workbench.page.catalog import Catalog
from batchwright_runner.workbench.page.site.graph import Key, Node, Relation, graphs_of

MOST_EDGES = 500
"""Arrows that Mermaid draws unless it is told otherwise (its configuration ``maxEdges``, 2026-11)."""
MOST_CHARACTERS = 50_000
"""Characters that it reads (its configuration ``maxTextSize``, 2026-11)."""

_ARROWS: dict[Relation, str] = {"runs": "-.-", "reads": "-->", "writes": "-->", "both": "<-->"}
_SHAPES = {"batch": ('["', '"]'), "image": ('(["', '"])'), "resource": ('[("', '")]')}


def mermaid(catalog: Catalog) -> str:
    """The picture of a catalog, as a flowchart. Batches that have the same neighbors are in one box."""
    graphs, alone = graphs_of(catalog)
    names = {Key("resource", one.id): one.name for one in catalog.resources}
    lines, number = ["flowchart LR"], 0
    for graph in graphs:
        ids = [f"n{number + at}" for at in range(len(graph.nodes))]
        number += len(ids)
        lines += [f"  {id}{_box(node, names)}" for id, node in zip(ids, graph.nodes, strict=True)]
        lines += [f"  {ids[one.source]} {_ARROWS[one.relation]} {ids[one.target]}" for one in graph.edges]
    for name in alone:
        lines.append(f"  n{number}{_box(Node(kind='batch', members=(Key('batch', name),)), names)}")
        number += 1
    return "\n".join(lines) + "\n"


def too_large(text: str) -> str:
    """What Mermaid would not draw of a text, in words; empty if it draws all of it."""
    edges = sum(any(f" {arrow} " in line for arrow in _ARROWS.values()) for line in text.splitlines())
    if edges > MOST_EDGES:
        return f"it has {edges} arrows, and Mermaid draws {MOST_EDGES} unless its maxEdges says more"
    if len(text) > MOST_CHARACTERS:
        return f"it has {len(text)} characters, and Mermaid reads {MOST_CHARACTERS} unless its maxTextSize says more"
    return ""


def _box(node: Node, names: dict[Key, str]) -> str:
    before, after = _SHAPES[node.kind]
    label = "<br>".join(_escaped(names.get(key, key.name)) for key in node.members)
    return f"{before}{label}{after}"


def _escaped(text: str) -> str:
    """A text in a label: what Mermaid, Markdown or HTML would take for something else as a numbered character."""
    plain = visible(one_line(text))
    return "".join(one if one.isalnum() or one in " ./-:" else f"#{ord(one)};" for one in plain)
