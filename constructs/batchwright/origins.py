"""Where a declaration is in a project's files: the file and the line that an error names."""

import ast
import re
import site
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import batchwright_runner.contract

_OURS = (Path(__file__).parent, Path(batchwright_runner.contract.__file__).parents[1])
_INSTALLED = tuple(
    Path(folder).resolve()
    for folder in (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), *site.getsitepackages())
)


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of a file."""

    file: Path
    line: int

    def shown(self, root: Path) -> str:
        """As an error begins: ``batches/hello/batch.py:12``, relative to the project where it is in there."""
        inside = self.file.is_relative_to(root)
        return f"{self.file.relative_to(root).as_posix() if inside else self.file}:{self.line}"


def caller() -> SourceLine | None:
    """The line that called the library: the innermost one outside of it, and of what is installed."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if _is_own(frame.f_code.co_filename):
            return SourceLine(Path(frame.f_code.co_filename).resolve(), frame.f_lineno)
        frame = frame.f_back
    return None


def raised_at(error: BaseException, root: Path = Path("/")) -> SourceLine | None:
    """The innermost line of a project's own files that an error came through; of anyone's files by default."""
    if isinstance(error, SyntaxError) and error.filename and _is_in(error.filename, root):
        return SourceLine(Path(error.filename).resolve(), error.lineno or 1)
    innermost = None
    for frame, line in frames(error.__traceback__):
        if _is_in(frame.f_code.co_filename, root):
            innermost = SourceLine(Path(frame.f_code.co_filename).resolve(), line)
    return innermost


def frames(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    """The frames of a traceback, the outermost first, each with its line."""
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def at_argument(origin: SourceLine, argument: str) -> SourceLine:
    """The line of an argument, or of the text in it, where a call begins or goes on at the origin's line.

    `argument`: the argument, as an error names it: ``parameters['DAY']``.
    """
    name, text = re.match(r"\w*", argument), re.match(r"\w+\['([^']*)'\]", argument)
    tree = _parsed(origin.file)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _holds(node, origin.line)]
    calls.sort(key=lambda node: (node.end_lineno or node.lineno) - node.lineno)
    for call in calls:
        inner = [keyword for node in ast.walk(call) if isinstance(node, ast.Call) for keyword in node.keywords]
        for keyword in inner:
            if name and keyword.arg == name[0]:
                held = [node for node in ast.walk(keyword.value) if isinstance(node, ast.Constant)]
                lines = [node.lineno for node in held if text and node.value == text[1]]
                return replace(origin, line=lines[-1] if lines else keyword.lineno)
    return origin


def of_class(kind: type, attribute: str = "") -> SourceLine | None:
    """The line of a class, or of an attribute that its body sets; ``None`` where no file defines it."""
    module = sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None)
    if file is None:
        return None
    for node in ast.walk(_parsed(Path(file))):
        if isinstance(node, ast.ClassDef) and node.name == kind.__name__:
            lines = [statement.lineno for statement in node.body if attribute in _names_set(statement)]
            return SourceLine(Path(file).resolve(), lines[0] if lines else node.lineno)
    return SourceLine(Path(file).resolve(), 1)


def name_in(kind: type) -> str:
    """The name that a class gives its batch, as its text says it; empty where that is computed."""
    module = sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None)
    classes = [] if file is None else [node for node in ast.walk(_parsed(Path(file))) if isinstance(node, ast.ClassDef)]
    for node in ast.walk(next((node for node in classes if node.name == kind.__name__), ast.Module([], []))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "__init__":
            named = [*node.args[1:2], *(keyword.value for keyword in node.keywords if keyword.arg == "name")]
            return next((str(argument.value) for argument in named if isinstance(argument, ast.Constant)), "")
    return ""


def _names_set(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    targets: list[Any] = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _holds(node: ast.Call, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _parsed(file: Path) -> ast.AST:
    try:
        return ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ast.Module([], [])


def _is_in(name: str, root: Path) -> bool:
    return _is_own(name) and Path(name).resolve().is_relative_to(root.resolve())


@lru_cache(maxsize=512)
def _is_own(name: str) -> bool:
    """Whether a file is a project's own: not the library's, not Python's, not installed."""
    if name.startswith("<"):
        return False
    path = Path(name).resolve()
    return not any(path.is_relative_to(folder) for folder in (*_OURS, *_INSTALLED))
