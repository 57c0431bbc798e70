"""What stopped a synthesis, in one line: where it is in the project's files, what it is, why, and what to do."""

import builtins
import re
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

from jsii.errors import JavaScriptError

from batchwright.app.declare import is_unmade
from batchwright.assembly.assembled_batch import AssembledBatch
from batchwright.batch import FargateBatch
from batchwright.errors import DeclarationError, SeveralMistakesError
from batchwright.origins import SourceLine, at_argument, frames, name_in, of_class, raised_at
from batchwright.workflows.workflow import Workflow

_PLACES = ("batchwright", "aws_cdk", "constructs", "pathlib", "typing", "collections.abc")
"""Where a name that was not imported may be from, the likeliest first."""


def explain(error: BaseException, root: Path, batches: Sequence[AssembledBatch] = ()) -> list[str]:
    """The lines that say what stopped a synthesis; one for each mistake."""
    if isinstance(error, SeveralMistakesError):
        return [_line(mistake, root, batches) for mistake in error.errors]
    return [_line(error, root, batches)]


def _line(error: BaseException, root: Path, batches: Sequence[AssembledBatch]) -> str:
    text = _in_one_line(error)
    named = next((batch for batch in batches if _is_about(text, batch)), None)
    origin = _origin(error, root) or (named and named._origin)
    subject = _batch(error) or (f"batch {named.name}" if named else "")
    parts = [origin.shown(root.resolve())] if origin else []
    parts += [subject] if subject and not text.startswith(("batch ", "workflow ")) else []
    return ": ".join([*parts, text])


def _origin(error: BaseException, root: Path) -> SourceLine | None:
    origin = (error.origin if isinstance(error, DeclarationError) else None) or raised_at(error, root)
    if origin is None and isinstance(error.__cause__, DeclarationError):
        return _origin(error.__cause__, root)
    if origin is None and (kind := _class(error)):
        origin = of_class(kind)
    if origin is not None and isinstance(error, DeclarationError) and error.argument:
        return at_argument(origin, error.argument)
    return origin


def _is_about(text: str, batch: AssembledBatch) -> bool:
    """Whether a message of the CDK names a construct of a batch, by its path."""
    return re.search(rf"(?<![\w/-]){re.escape(batch.node.path)}(?![\w-])", text) is not None


def _class(error: BaseException) -> type[FargateBatch] | type[Workflow] | None:
    """The class of the batch or workflow that was being declared when an error was raised."""
    for frame, _ in frames(error.__traceback__):
        for value in (frame.f_locals.get("self"), frame.f_locals.get("kind")):
            kind = value if isinstance(value, type) else type(value)
            if issubclass(kind, (FargateBatch, Workflow)) and kind not in (FargateBatch, Workflow):
                return kind
    return None


def _batch(error: BaseException) -> str:
    kind = _class(error)
    if kind is None:
        return ""
    word, name = "workflow" if issubclass(kind, Workflow) else "batch", name_in(kind)
    return f"{word} {name}" if name else f"{word} class {kind.__name__}"


def _in_one_line(error: BaseException) -> str:
    """What an error says, and what to do about it, in one line. Pure."""
    return " ".join(_words(error).split())


def _words(error: BaseException) -> str:
    match error:
        case DeclarationError():
            return f"{error}; {error.remedy}" if error.remedy else str(error)
        case SyntaxError():
            return f"this is not Python: {error.msg}; correct this line, or the one before it"
        case NameError() if error.name and not isinstance(error, UnboundLocalError):
            return _of_name(error.name)
        case ModuleNotFoundError():
            return (
                f"the module {error.name or ''} was not found: it is not installed where the app runs; correct the "
                "name or install it, or import it in the batch's source, if only that needs it"
            )
        case ImportError() if name := re.match(r"cannot import name '(\w+)'", str(error)):
            return _of_import(name[1], error.name or "")
        case AttributeError() if is_unmade(error):
            return "something of the batch is used before it exists: call super().__init__(…) first"
        case RuntimeError() if isinstance(error.__cause__, JavaScriptError):
            return "the CDK refuses this: " + re.split(r"\n\s+at |\nRelates to ", str(error))[0].strip()
        case TypeError() if typed := re.match(
            r"type of (?:argument )?(.+?) must be (.+); got (.+) instead", str(error)
        ):
            return f"{typed[1]}: {typed[3]} was given; allowed: {typed[2]}"
        case SystemExit():
            return f"the program was ended here ({error}): sys.exit() or exit() was called; raise an error instead"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _of_name(name: str) -> str:
    module = next((place for place in _PLACES if hasattr(import_module(place), name)), None)
    if module:
        return f"the name {name} is not defined: it was not imported; write from {module} import {name}"
    names = [candidate for place in _PLACES[:3] for candidate in _names_of(place)]
    nearest = get_close_matches(name, [*names, *dir(builtins)], 1)
    meant = f"; did you mean {nearest[0]}?" if nearest else "; define or import it"
    return f"the name {name} is not defined{meant}"


def _of_import(name: str, module: str) -> str:
    nearest = get_close_matches(name, _names_of(module), 1)
    meant = f"did you mean {nearest[0]}?" if nearest else "correct the name"
    return f"{name} cannot be imported: {module} has no such name; {meant}"


def _names_of(module: str) -> list[str]:
    try:
        return dir(import_module(module))
    except ImportError:
        return []
