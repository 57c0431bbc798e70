"""What the scripts have in common that write a page, or a part of one; ``--check`` only says what differs."""

import sys
from collections.abc import Mapping
from pathlib import Path


def write(made: Mapping[Path, str]) -> int:
    """Writes or checks files; 1 if the check finds a difference."""
    differ = [path for path, text in made.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in differ:
            sys.stderr.write(f"{path.name} differs from the code: run python docs/{Path(sys.argv[0]).name}\n")
        return int(bool(differ))
    for path in differ:
        path.write_text(made[path], encoding="utf-8")
    return 0


def with_parts(page: Path, parts: Mapping[str, str]) -> str:
    """A page with its generated parts written again: each lies between two comments with its name.

    Raises:
        ValueError: The page has no place for one.
    """
    text = page.read_text(encoding="utf-8")
    for name, made in parts.items():
        begin, end = f"<!-- {name}: generated -->", f"<!-- {name}: end -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"{page.name} has no place for {name}: {begin} and {end} are missing")
        text = f"{before}{begin}\n{made}\n{end}{after}"
    return text
