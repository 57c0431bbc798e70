"""What happens before aws_cdk is imported, which starts Node and makes a hundred thousand objects."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from batchwright._node import choose_node

DEBUG = "BATCHWRIGHT_DEBUG"
"""The variable that asks for whole tracebacks."""

_EXTRA = frozenset({"aws_cdk", "constructs", "jsii"})


@contextmanager
def starting() -> Iterator[None]:
    """Chooses Node, and keeps the garbage collector from walking through all that is imported, now and later.

    None of it ever becomes garbage. Without this, importing takes a sixth longer.

    Raises:
        ModuleNotFoundError: The CDK is not installed; the runner needs none, so that it is an extra.
    """
    choose_node()
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        raise _missing(error.name) from error
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


def _missing(name: str) -> ModuleNotFoundError:
    """The error for a CDK that is not installed; where it ends the program, it is one line."""
    text = f"{name} is not installed, which declaring batches needs: pip install 'batchwright[cdk]'"
    missing = ModuleNotFoundError(text, name=name)
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if error is missing and not os.environ.get(DEBUG):
            sys.stderr.write(f"batchwright: {error}\n")
        else:
            before(kind, error, traceback)

    sys.excepthook = hook
    return missing
