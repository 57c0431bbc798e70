"""Files that others see as a whole, or not at all."""

import secrets
from pathlib import Path

UNFINISHED = ".batchwright-"
"""How the name of a file begins that a killed process was writing."""


def write_atomically(path: Path, data: bytes) -> None:
    """Writes a file, in the place of one that is there. Its mode is that of any new file."""
    fresh = path.with_name(f"{UNFINISHED}{secrets.token_hex(8)}")
    try:
        with fresh.open("xb") as stream:
            stream.write(data)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
