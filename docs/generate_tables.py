"""Writes the tables of README.md that come from docstrings; ``--check`` only says whether they are up to date.

python docs/generate_tables.py [--check]
"""

import inspect
import re
import sys
from pathlib import Path

from batchwright import BatchPlatform, FargateBatch

README = Path(__file__).parent.parent / "README.md"
TABLES = {"FargateBatch": FargateBatch, "BatchPlatform": BatchPlatform}


def table(construct: type) -> str:
    """A Markdown table of a construct's arguments: name, default, meaning."""
    signature = inspect.signature(construct.__init__)
    meanings = described(inspect.getdoc(construct.__init__) or "")
    lines = ["| argument | default | meaning |", "| --- | --- | --- |"]
    for name, parameter in signature.parameters.items():
        if name in ("self", "scope", "id"):
            continue
        lines.append(f"| `{name}` | {default(parameter)} | {meanings[name]} |")
    return "\n".join(lines)


def described(docstring: str) -> dict[str, str]:
    """The ``Args`` of a docstring: name to description.

    Raises:
        KeyError: Later, for an argument that is not described.
    """
    section = docstring.partition("Args:\n")[2].partition("\n\n")[0]
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


def rewritten(text: str) -> str:
    """The README with its tables written anew."""
    for name, construct in TABLES.items():
        begin, end = f"<!-- {name}: generated -->", f"<!-- {name}: end -->"
        before, _, rest = text.partition(begin)
        after = rest.partition(end)[2]
        text = f"{before}{begin}\n{table(construct)}\n{end}{after}"
    return text


def main() -> int:
    """Writes or checks; 1 if the check finds a difference."""
    current = README.read_text(encoding="utf-8")
    new = rewritten(current)
    if "--check" not in sys.argv:
        README.write_text(new, encoding="utf-8")
    elif new != current:
        sys.stderr.write("README.md: a table differs from the docstrings: run python docs/generate_tables.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
