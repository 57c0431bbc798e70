"""What happens before aws_cdk is imported, which starts Node and makes a hundred thousand objects."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from batchwright._node import choose_node


@contextmanager
def starting() -> Iterator[None]:
    """Chooses Node, and keeps the garbage collector from walking through all that is imported, now and later.

    None of it ever becomes garbage. Without this, importing takes a sixth longer.
    """
    choose_node()
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
