"""Writes the tables that come from docstrings and from the code; ``--check`` only says whether they are up to date.

python docs/generate_tables.py [--check]
"""

import dataclasses
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from batchwright import BatchPlatform, Container, Existing, Fargate, FargateBatch
from batchwright_runner.contract import verdicts

ROOT = Path(__file__).parent.parent


def table(construct: type) -> str:
    """A Markdown table of the arguments of a construct, or of a group of them: name, default, meaning."""
    signature = inspect.signature(construct.__init__)
    documented = construct if dataclasses.is_dataclass(construct) else construct.__init__
    meanings = described(inspect.getdoc(documented) or "")
    lines = ["| argument | default | meaning |", "| --- | --- | --- |"]
    for name, parameter in signature.parameters.items():
        if name in ("self", "scope", "id"):
            continue
        lines.append(f"| `{name}` | {default(parameter)} | {meanings[name]} |")
    return "\n".join(lines)


def described(docstring: str) -> dict[str, str]:
    """The ``Args`` of a docstring, or the ``Attributes`` of a dataclass: name to description.

    Raises:
        KeyError: Later, for an argument that is not described.
    """
    _, _, section = docstring.replace("Attributes:\n", "Args:\n").partition("Args:\n")
    section, _, _ = section.partition("\n\n")
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE)
    return {name: " ".join(text.split()).replace("``", "`").replace("|", "\\|") for name, text in found}


def default(parameter: inspect.Parameter) -> str:
    """A parameter's default, short; empty where the description says it in words."""
    value = parameter.default
    if value is inspect.Parameter.empty:
        return "required"
    if value is None or value == ():
        return ""
    return f"`{value!r}`" if isinstance(value, (str, int)) else ""


PAGES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "README.md": {
        "exit codes": verdicts.table,
        "FargateBatch": lambda: table(FargateBatch),
        "Container": lambda: table(Container),
        "Fargate": lambda: table(Fargate),
        "Existing": lambda: table(Existing),
        "BatchPlatform": lambda: table(BatchPlatform),
    },
    "docs/exit-codes.md": {"exit codes": verdicts.table},
}
"""Page to its tables: the name in the comments around each, and what makes it."""


def rewritten(text: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """A page with its tables written again.

    Raises:
        ValueError: The page has no place for one.
    """
    for name, made in tables.items():
        begin, end = f"<!-- {name}: generated -->", f"<!-- {name}: end -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"no place for a table: {begin} and {end} are missing")
        text = f"{before}{begin}\n{made()}\n{end}{after}"
    return text


def main() -> int:
    """Writes or checks; 1 if the check finds a difference."""
    differ = False
    for page, tables in PAGES.items():
        path = ROOT / page
        current = path.read_text(encoding="utf-8")
        new = rewritten(current, tables)
        if "--check" not in sys.argv:
            path.write_text(new, encoding="utf-8")
        elif new != current:
            sys.stderr.write(f"{page}: a table differs from the code: run python docs/generate_tables.py\n")
            differ = True
    return int(differ)


if __name__ == "__main__":
    sys.exit(main())
