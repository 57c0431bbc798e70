"""A ``batch.py`` that exists: what it declares, and how batches are appended to it. Pure."""

import ast
import re
from collections.abc import Mapping, Sequence

from batchwright_runner.host.terminal.text import shorten
from batchwright_runner.workbench.moving.batches import WrittenBatch
from batchwright_runner.workbench.moving.declaration import MOVED, allowing, as_class, batch_source, imports
from batchwright_runner.workbench.scaffold.declared import declarations
from batchwright_runner.workbench.scaffold.names import folder_name
from batchwright_runner.workbench.scaffold.python import WIDTH

_LONGEST = 80
_MADE_OF = re.compile(r"\(platform, '\w+', ")
"""A call that looks up a resource, by an id that differs from folder to folder."""


def differences(source: str, batch: WrittenBatch) -> list[str] | None:
    """How a ``batch.py`` differs from what a batch would be declared as now; ``None`` where that is unknown."""
    existing = _arguments(source).get(batch.name)
    if existing is None:
        return None
    declared = _arguments(batch_source([batch], folder_name(batch.name), ""))[batch.name]
    ignored = {"scheduler"} if batch.todos else set()  # none, until the TODO is done
    return [
        f"{key} is {_shown_value(existing, key)} there, {_shown_value(declared, key)} here"
        for key in dict.fromkeys([*existing, *declared])
        if key not in ignored and existing.get(key) != declared.get(key)
    ]


def extended(source: str, batches: Sequence[WrittenBatch], folder: str) -> str:
    """A ``batch.py`` of moved batches with further ones appended; empty where the source is no such file.

    Only its imports change. The ids of adopted resources have the name of its folder.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ""
    if MOVED not in (ast.get_docstring(tree) or ""):
        return ""
    classes = [as_class(batch, f"{folder_name(batch.name)}_in_{folder}") for batch in batches]
    needed = imports([line for lines in classes for line in lines], table=False)
    return allowing("\n\n\n".join([_importing(source, tree, needed), *map("\n".join, classes)]) + "\n")


def _importing(source: str, tree: ast.Module, needed: Sequence[str]) -> str:
    """A source with further imports."""
    more = [node for node in ast.parse("\n".join(needed)).body if isinstance(node, ast.ImportFrom)]
    modules = {node.module for node in more}
    own = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module in modules]
    present = {(node.module, alias.name) for node in own for alias in node.names}
    if present >= {(node.module, alias.name) for node in more for alias in node.names}:
        return source.rstrip()
    plain: dict[str, set[str]] = {}
    renamed: set[str] = set()
    for node in [*own, *more]:
        for alias in node.names:
            if alias.asname:
                renamed.add(f"from {node.module} import {alias.name} as {alias.asname}")
            else:
                plain.setdefault(str(node.module), set()).add(alias.name)
    lines = source.splitlines()
    first = own[0].lineno - 1 if own else 1
    for node in reversed(own):
        del lines[node.lineno - 1 : node.end_lineno]
    block = [*(_import(module, sorted(names)) for module, names in plain.items()), *renamed]
    return "\n".join(
        [*lines[:first], *sorted(block, key=lambda line: line.replace(" (", " ")), *lines[first:]]
    ).rstrip()


def _import(module: str, names: Sequence[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    return line if len(line) <= WIDTH else f"from {module} import (\n    " + ",\n    ".join(names) + ",\n)"


def _arguments(source: str) -> dict[str, dict[str, str]]:
    """Each batch of a source, with its arguments as source; empty where it cannot be read."""
    batches: dict[str, dict[str, str]] = {}
    for name, part, declaration in declarations(source):
        values: dict[str, ast.expr] = {}
        for node in ast.walk(part):
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                values |= {target.id: node.value} if isinstance(target, ast.Name) else {}
        if isinstance(declaration, ast.Dict):
            batches[name] = _texts(_entries(declaration, values), values)
        elif isinstance(declaration, ast.Call) and isinstance(part, ast.ClassDef):
            keywords = {str(key.arg): key.value for key in declaration.keywords if key.arg != "platform"}
            batches[name] = _texts({"description": ast.Constant(ast.get_docstring(part)), **keywords}, values)
    return batches


def _entries(row: ast.Dict, values: Mapping[str, ast.expr]) -> dict[str, ast.expr]:
    """The entries of a dictionary, with those of the dictionaries that it unpacks."""
    entries: dict[str, ast.expr] = {}
    for key, value in zip(row.keys, row.values, strict=True):
        inner = values.get(value.id) if isinstance(value, ast.Name) else value
        if key is None and isinstance(inner, ast.Dict):
            entries |= _entries(inner, values)
        elif isinstance(key, ast.Constant):
            entries[str(key.value)] = value
    return entries


def _texts(arguments: Mapping[str, ast.expr], values: Mapping[str, ast.expr]) -> dict[str, str]:
    """Arguments as source, with values in place of local variables."""
    names = {name: _MADE_OF.sub("(", ast.unparse(value)) for name, value in values.items()}
    return {
        key: re.sub(r"(?<==)\w+(?=[,)])", lambda match: names.get(match[0], match[0]), ast.unparse(value))
        for key, value in arguments.items()
    }


def _shown_value(arguments: Mapping[str, str], key: str) -> str:
    return shorten(arguments[key], _LONGEST) if key in arguments else "not said"
