"""What happens before aws_cdk is imported, which starts Node and makes a hundred thousand objects."""

import gc
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import metadata
from types import TracebackType

from batchwright._node import choose_node

DEBUG = "BATCHWRIGHT_DEBUG"
"""The variable that asks for whole tracebacks."""

NODE_OPTIONS = "NODE_OPTIONS"
SMALL = "--max-semi-space-size=2"
"""What Node is started with: MiB of new objects after which V8 looks for garbage. With its default of 16, a hundred
batches took 30 MiB more, and no less time (Node 24, bench/synth.py)."""

_NEEDED = re.compile(r"(aws-cdk-lib|constructs)\b[^;]*>=([\d.]+)")
_EXTRA = frozenset({"aws_cdk", "constructs", "jsii"})


@contextmanager
def starting() -> Iterator[None]:
    """Chooses Node, and keeps the garbage collector from walking through all that is imported, now and later.

    None of it ever becomes garbage. Without this, importing takes a sixth longer.
    """
    choose_node()
    _check_versions()
    enabled = gc.isenabled()
    gc.disable()
    try:
        with _small_node():
            yield
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        text = f"{error.name} is not installed, which declaring batches needs: pip install 'batchwright[cdk]'"
        raise _in_one_line(ModuleNotFoundError(text, name=error.name)) from error
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


@contextmanager
def _small_node() -> Iterator[None]:
    """Has the Node that is started meanwhile take little memory, unless its options were chosen, even as none."""
    if NODE_OPTIONS in os.environ:
        yield
        return
    os.environ[NODE_OPTIONS] = SMALL
    try:
        yield
    finally:
        del os.environ[NODE_OPTIONS]


def _check_versions() -> None:
    """Raises where the CDK is older than what was asked for when batchwright was installed."""
    with suppress(metadata.PackageNotFoundError):
        for needed in filter(None, map(_NEEDED.match, metadata.requires("batchwright") or ())):
            name, oldest = needed.groups()
            installed = metadata.version(name)
            if [int(part) for part in re.findall(r"\d+", installed)] < [int(part) for part in oldest.split(".")]:
                text = f"{name} {oldest} or newer is needed, and {installed} was found: pip install '{name}>={oldest}'"
                raise _in_one_line(ImportError(text, name=name))


def _in_one_line(error: ImportError) -> ImportError:
    """Has an error be one line where it ends the program."""
    tell_in_lines(lambda last: [str(error)] if last is error else [])
    return error


def tell_in_lines(lines_of: Callable[[BaseException], Sequence[str]]) -> None:
    """Shows an error that ends the program without a traceback, unless `DEBUG` asks for one."""
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        lines = [] if os.environ.get(DEBUG) else lines_of(error)
        if lines:
            sys.stderr.write("".join(f"batchwright: {line}\n" for line in lines))
        else:
            before(kind, error, traceback)

    sys.excepthook = hook
