"""Finding what a project declares in ``batches/``: batches in each ``batch.py``, workflows in each ``workflow.py``."""

import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, TypeGuard, TypeVar

from batchwright.batch import FargateBatch
from batchwright.errors import DeclarationError
from batchwright.origins import SourceLine, of_class
from batchwright.workflows.workflow import Workflow
from batchwright_runner.contract import batch_file
from batchwright_runner.contract.batch_file import VALUES_FILE
from batchwright_runner.contract.workflows import file as workflow_file

FOLDER = "batches"
TABLE = "batches"
"""The function of a ``batch.py`` that declares several batches."""

Table = Callable[[Any, Any], Iterable[FargateBatch]]
"""Such a function: it gets the scope and the platform, as a class does."""


K = TypeVar("K", bound=FargateBatch | Workflow)


def is_class(declaration: type[FargateBatch] | Table) -> TypeGuard[type[FargateBatch]]:
    """Whether it is a class, which declares one batch, and not such a function."""
    return inspect.isclass(declaration)


def find_batches(root: Path) -> list[type[FargateBatch] | Table]:
    """The batches that a project declares, in the order of their folders' names.

    A pull request that adds a batch adds one folder. Counted are the public, non-abstract subclasses of `FargateBatch`
    that are *defined* in a folder's ``batch.py``, and a function ``batches`` there; what is only imported there belongs
    to its own folder.

    `root`: the folder that holds ``batches/``.
    Returns the classes and functions; none where there is no ``batches/``.
    """
    folder = root / FOLDER
    declarations = [declaration for file in _files(root, batch_file.DECLARATION) for declaration in _batches_in(file)]
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        _check_path(path)
    return declarations


def find_workflows(root: Path) -> list[type[Workflow]]:
    """The workflows that a project declares, in the order of their folders' names.

    `root`: the folder that holds ``batches/``.
    Returns the public classes that are defined in a folder's ``workflow.py``; none where there is no such file.
    """
    return [workflow for file in _files(root, workflow_file.DECLARATION) for workflow in _workflows_in(file)]


def _files(root: Path, name: str) -> list[Path]:
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return sorted((root / FOLDER).glob(f"*/{name}"))


def _module(file: Path) -> ModuleType:
    package = file.parent.name
    if "." in package:
        raise DeclarationError(f"{FOLDER}/{package}", "", "a folder of batches has no dot in its name; rename it")
    try:
        return importlib.import_module(f"{FOLDER}.{package}.{file.stem}")
    except SyntaxError as error:
        _locate(error, file.read_bytes(), str(file))
        raise


def _workflows_in(file: Path) -> list[type[Workflow]]:
    module = _module(file)
    for batch in _classes(module, FargateBatch):
        problem = f"{batch.__name__} is a batch; write it into {batch_file.DECLARATION} of a folder of its own"
        raise DeclarationError("", "", problem, of_class(batch))
    classes = [*_classes(module, Workflow)]
    if not classes:
        problem = f"no workflow is declared here: {_why_none(module, Workflow)}; write class Name(Workflow)"
        raise DeclarationError("", "", problem, SourceLine(file.resolve(), 1))
    return classes


def _batches_in(file: Path) -> list[type[FargateBatch] | Table]:
    module = _module(file)
    declarations: list[type[FargateBatch] | Table] = [*_classes(module, FargateBatch)]
    table = vars(module).get(TABLE)
    if inspect.isfunction(table) and table.__module__ == module.__name__:
        declarations.append(table)
    elif isinstance(table, (list, tuple, dict)):
        kind = type(table).__name__
        problem = f"{TABLE} is a {kind} here, of which nothing is declared; write def {TABLE}(scope, platform)"
        raise DeclarationError("", "", problem, SourceLine(file.resolve(), 1))
    if not declarations:
        why = _why_none(module, FargateBatch)
        problem = (
            f"no batch is declared here: {why}; write class Name(FargateBatch), or a function {TABLE}(scope, platform)"
        )
        raise DeclarationError("", "", problem, SourceLine(file.resolve(), 1))
    return declarations


def _locate(error: SyntaxError, source: bytes, file: str) -> None:
    """Says where a null byte is: Python does not, of all that is no source."""
    if not error.filename and b"\0" in source:
        error.filename, error.lineno = file, source[: source.index(b"\0")].count(b"\n") + 1


def _derived(module: ModuleType, base: type[K]) -> Iterator[tuple[str, type[K]]]:
    for name, value in vars(module).items():
        if inspect.isclass(value) and issubclass(value, base) and value is not base:
            yield name, value


def _classes(module: ModuleType, base: type[K]) -> Iterator[type[K]]:
    for name, value in _derived(module, base):
        if value.__module__ == module.__name__ and not name.startswith("_") and not inspect.isabstract(value):
            yield value


def _why_none(module: ModuleType, base: type[K]) -> str:
    """Why a module declares nothing."""
    reasons = [
        f"{name} is only imported here"
        if value.__module__ != module.__name__
        else f"{name} is abstract"
        if inspect.isabstract(value)
        else f"{name} begins with an underscore, as a class does that others derive from"
        for name, value in _derived(module, base)
    ]
    return "; ".join(reasons) or f"no class of it derives from {base.__name__}"


def _check_path(path: Path) -> None:
    """Raises if something in ``batches/`` looks like a batch and declares neither one nor a workflow.

    What a ``batch.py`` imports helps it; what git ignores may be left of another branch.
    """
    name = path.stem if path.is_file() else path.name
    declarations = (batch_file.DECLARATION, workflow_file.DECLARATION)
    if name.startswith(("_", ".")) or f"{FOLDER}.{name}" in sys.modules:
        return
    if any(path.joinpath(name).is_file() for name in declarations):
        return
    if path.is_dir() and any(_counts(file.relative_to(path)) for file in path.rglob("*") if file.is_file()):
        problem = "no batch.py is in it, and no workflow.py, and so nothing is declared; add one, or remove the folder"
        raise DeclarationError(f"{FOLDER}/{path.name}", "", problem)
    if path.suffix == ".py" and "FargateBatch" in path.read_text(encoding="utf-8", errors="replace"):
        problem = f"a batch is declared in a folder of its own; move this file to {FOLDER}/{name}/batch.py"
        raise DeclarationError("", "", problem, SourceLine(path.resolve(), 1))


def _counts(path: Path) -> bool:
    return path.name != VALUES_FILE and not any(part == "__pycache__" or part.startswith(".") for part in path.parts)
