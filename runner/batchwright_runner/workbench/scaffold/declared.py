"""What a project declares, as far as its files tell it: they are read, and nothing is synthesized."""

import ast
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from batchwright_runner.contract import batch_file
from batchwright_runner.contract.checks import NAME
from batchwright_runner.contract.workflows import file as workflow_file
from batchwright_runner.host.settings.project import Project
from batchwright_runner.workbench.project.known_names import known_names
from batchwright_runner.workbench.scaffold.names import folder_name

_ARGUMENTS = frozenset(
    {"container", "environment", "existing", "fargate", "image", "options", "parameters", "schedule", "secrets", "tags"}
    | {"files", "timeout", "overlap", "command"}
)
"""Arguments of a batch that a row may have, which are no batches."""


def declared_batches(project: Project) -> dict[str, str]:
    """The batches that a project declares, as far as is known without a synthesis, and the folder of each."""
    synthesized = {batch: f"batches/{folder_name(batch)}" for batch in known_names(project.root).batches}
    return {**synthesized, **_declared(project.root, batch_file.DECLARATION)}


def declared_names(project: Project) -> dict[str, str]:
    """The same with its workflows, and the file of each: both have one namespace."""
    workflows = _declared(project.root, workflow_file.DECLARATION)
    files = {name: f"{folder}/{workflow_file.DECLARATION}" for name, folder in workflows.items()}
    return {**declared_batches(project), **files}


def _declared(root: Path, file: str) -> dict[str, str]:
    """What files of this name declare, as their text says, and the folder of each."""
    folders: dict[str, str] = {}
    for path in sorted(root.glob(f"batches/*/{file}")):
        with suppress(OSError):
            folders |= dict.fromkeys(declarations(path.read_bytes()), f"batches/{path.parent.name}")
    return folders


def declarations(source: str | bytes) -> Iterator[str]:
    """The names of the batches and workflows of a source.

    The keys of tables whose values are rows are as near as one gets to names. A source that is no Python has none.
    """
    try:
        tree = ast.parse(source)
    except (ValueError, SyntaxError):
        return
    has_tables = any(isinstance(part, ast.FunctionDef) and part.name == "batches" for part in tree.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _makes(node.func):
            yield from (str(word.value) for word in node.args[1:2] if isinstance(word, ast.Constant))
        rows = zip(node.keys, node.values, strict=True) if has_tables and isinstance(node, ast.Dict) else ()
        for key, row in rows:
            if isinstance(key, ast.Constant) and isinstance(row, ast.Dict | ast.Tuple | ast.Call):
                name = str(key.value)
                if NAME.fullmatch(name) and name not in _ARGUMENTS:
                    yield name


def _makes(called: ast.expr) -> bool:
    """Whether what is called makes a batch."""
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name in ("__init__", "FargateBatch")
