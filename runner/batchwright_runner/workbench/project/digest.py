"""Adds files to a fingerprint."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash

PIECE = 1 << 20
"""Bytes that are read at once."""


def add_file(digest: "_Hash", path: Path) -> None:
    """Adds a file's length and its content, piece by piece: it may be larger than the memory.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb", buffering=0) as stream:
        digest.update(os.fstat(stream.fileno()).st_size.to_bytes(8, "big"))
        while piece := stream.read(PIECE):
            digest.update(piece)
