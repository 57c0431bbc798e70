"""Declares what was found in ``batches/`` in a stage: a class's batch or workflow, or a function's batches."""

import inspect
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any, TypeVar, cast

from batchwright.app.discovery import TABLE, Table
from batchwright.batch import FargateBatch
from batchwright.errors import DeclarationError
from batchwright.origins import SourceLine, of_class, raised_at
from batchwright.stage.platform import BatchPlatform
from batchwright.stage.stacks import StackPerBatch
from batchwright.workflows.workflow import Workflow

K = TypeVar("K", FargateBatch, Workflow)

_CLASS = "def __init__(self, scope: Construct, platform: BatchPlatform) -> None"


def declare(source: type[FargateBatch] | Table, scope: StackPerBatch, platform: BatchPlatform) -> list[FargateBatch]:
    """Declares the batch of a class, or the batches of a function, in one stage."""
    if isinstance(source, FunctionType):
        with scope.declared_in(Path(inspect.getfile(source)).resolve().parent):
            return _of_table(source, scope, platform)
    return [_of_class("batch", FargateBatch, cast("type[FargateBatch]", source), scope, platform)]


def declare_workflow(kind: type[Workflow], scope: StackPerBatch, platform: BatchPlatform) -> Workflow:
    """Declares the workflow of a class in one stage, whose batches are declared."""
    return _of_class("workflow", Workflow, kind, scope, platform)


def _of_class(word: str, base: type[K], kind: type[K], scope: StackPerBatch, platform: BatchPlatform) -> K:
    subject = f"{word} class {kind.__name__}"
    if kind.__init__ is base.__init__:
        problem = f'it is missing; write {_CLASS}: super().__init__(scope, "name", platform=platform, owner=…)'
        raise DeclarationError(subject, "__init__", problem, of_class(kind))
    if fault := _uncallable(kind.__init__, None, scope, platform):
        problem = (
            f"it cannot be called with scope and platform ({fault}); write {_CLASS}, or name the class _{kind.__name__}"
        )
        raise DeclarationError(subject, "__init__", problem, of_class(kind, "__init__"))
    make: Callable[[StackPerBatch, BatchPlatform], K] = kind  # a subclass fills in the rest
    try:
        return make(scope, platform)
    except AttributeError as error:
        if not is_unmade(error) or raised_at(error):
            raise
        problem = 'it declares nothing; call super().__init__(scope, "name", platform=platform, owner=…) in it'
        raise DeclarationError(subject, "__init__", problem, of_class(kind, "__init__")) from error


def _of_table(table: FunctionType, scope: StackPerBatch, platform: BatchPlatform) -> list[FargateBatch]:
    origin = SourceLine(Path(inspect.getfile(table)).resolve(), table.__code__.co_firstlineno)
    if fault := _uncallable(table, scope, platform):
        problem = f"it cannot be called with scope and platform ({fault}); write def {TABLE}(scope, platform)"
        raise DeclarationError(f"{TABLE}()", "", problem, origin)
    result = table(scope, platform)
    batches: list[Any] = list(result) if hasattr(result, "__iter__") else [result]
    for batch in batches:
        if not isinstance(batch, FargateBatch):
            problem = f"it gives {batch!r}; allowed: batches that it made with scope and platform; yield or return them"
            raise DeclarationError(f"{TABLE}()", "", problem, origin)
    return batches


def is_unmade(error: AttributeError) -> bool:
    """Whether something was asked of a batch or a workflow whose constructor has not run yet."""
    return isinstance(error.obj, (FargateBatch, Workflow)) and "platform" not in vars(error.obj)


def _uncallable(function: Callable[..., Any], *arguments: object) -> str:
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError as error:
        return str(error)
    return ""
