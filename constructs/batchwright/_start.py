"""What happens before aws_cdk is imported, which starts Node."""

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import metadata
from types import TracebackType

from batchwright_runner.contract.installed import requirement
from batchwright_runner.contract.node import choose_node

DEBUG = "BATCHWRIGHT_DEBUG"
"""The variable that asks for whole tracebacks."""

_NEEDED = re.compile(r"(aws-cdk-lib|constructs)\b[^;]*>=([\d.]+)")
_EXTRA = frozenset({"aws_cdk", "constructs", "jsii"})


@contextmanager
def starting() -> Iterator[None]:
    """Chooses Node, and says in one line that the CDK is missing or too old."""
    choose_node()
    _check_versions()
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        text = f"{error.name} is not installed, which declaring batches needs: pip install {requirement('cdk')}"
        raise _in_one_line(ModuleNotFoundError(text, name=error.name)) from error


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
