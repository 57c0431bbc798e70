"""Writes the tables that come from docstrings and from the code; ``--check`` only says whether they are up to date.

python docs/generate_tables.py [--check]
"""

import dataclasses
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import starmap
from operator import attrgetter
from pathlib import Path
from types import FunctionType, ModuleType

import batchwright
from batchwright_runner.contract.task_size import Size
from batchwright_runner.contract.verdicts import ROWS
from batchwright_runner.host.cost.cost import CALLS, TRANSITIONS, of_machine, of_run, shown
from batchwright_runner.host.cost.prices import SERVICES

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.written import with_parts, write

ROOT = Path(__file__).parent.parent


def table(construct: type) -> str:
    """A Markdown table of the arguments of a construct, or of a group of them: name, default, meaning."""
    signature = inspect.signature(construct.__init__)
    documented = construct if dataclasses.is_dataclass(construct) else construct.__init__
    meanings = described(inspect.getdoc(documented) or "")
    lines = ["| argument | default | meaning |", "| --- | --- | --- |"]
    for name, parameter in signature.parameters.items():
        if name in ("self", "scope", "id") or name.startswith("_"):
            continue
        lines.append(f"| `{name}` | {default(parameter)} | {meanings[name]} |")
    return "\n".join(lines)


def exit_codes() -> str:
    """The table of exit codes: code and when."""
    lines = ["| code | when |", "| --- | --- |"]
    for facts in ROWS.values():
        codes = ", ".join(map(str, facts.codes)) or "the container's own"
        lines.append(f"| {codes} | {facts.when} |")
    return "\n".join(lines)


def costs() -> str:
    """The table of what things cost: what, US dollars, and for what."""
    price = {what: shown(dollars) for what, dollars in SERVICES.items()}
    here, tokyo = (
        of_run(Size(cpu=256, memory=512), region, 60).times(1000).words for region in ("us-east-1", "ap-northeast-1")
    )
    machine, address = of_machine().times(1000).words, shown(SERVICES["a public address, an hour"] * 1000 / 60)
    gateway = shown(SERVICES["a NAT gateway, an hour"] * 730)
    rows = (
        ("a stage in which nothing runs", "nothing", "cluster, roles, log groups, parameters of the Standard tier"),
        ("its own key", f"{price['a key, a month']} a month", "KMS; a key that exists costs nothing more"),
        ("its alerts", "about $2 a month", "[alerts](alerts.md#if-it-breaks), by `bench/alerts.py`"),
        ("metrics of a batch of every hour", "$0.90 a month", '[alerts](alerts.md#if-it-breaks); `"metrics": false`'),
        ("a batch", f"{price['a GB of images, a month']} a month for a GB of its image", "ECR; old images expire"),
        ("1,000 runs of a minute, by the runner", f"{here}; in Tokyo {tokyo}", "Fargate, 0.25 vCPU and 0.5 GB"),
        ("the same, by AWS", f"{machine} more", f"{TRANSITIONS} transitions, {CALLS} calls of a function, a schedule"),
        ("the same, in public subnets", f"{address} more", "a public IPv4 address"),
        ("a NAT gateway of yours", f"{gateway} a month", "how private subnets reach AWS, or endpoints do"),
        ("a GB of logs", price["a GB of logs"], "CloudWatch, taken in"),
    )
    lines = [f"| {what} | {dollars} | {why} |" for what, dollars, why in rows]
    return "\n".join(["| what | US dollars | for |", "| --- | --- | --- |", *lines])


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


def declaration(library: ModuleType) -> str:
    """Each public name of the library, by group: its docstring's first paragraph, its arguments, what it offers."""
    groups = [(title, [(name, attrgetter(name)(library)) for name in names]) for title, names in GROUPS.items()]
    missing = set(library.__all__) - {name for names in GROUPS.values() for name in names}
    if missing:
        raise ValueError(f"in no group of the page: {', '.join(sorted(missing))}")
    return "\n".join(f"\n## {title}\n" + "".join(starmap(entry, members)) for title, members in groups)


def entry(name: str, member: type | FunctionType) -> str:
    """One public name."""
    first = first_paragraph(member)
    if not isinstance(member, type):
        arguments = described(inspect.getdoc(member) or "")
        rows = [f"| `{argument}` | {meaning} |" for argument, meaning in arguments.items()]
        return "\n".join([f"\n### {name}()\n\n{first}\n", "| argument | meaning |", "| --- | --- |", *rows, ""])
    arguments_of = table(member) if takes_arguments(member) else ""
    return "\n".join(part for part in (f"\n### {name}\n\n{first}\n", arguments_of, offers(member)) if part) + "\n"


def takes_arguments(construct: type) -> bool:
    """Whether people call it: errors and protocols they do not, and some values come from functions of the class."""
    if dataclasses.is_dataclass(construct):
        own = {field.name for field in dataclasses.fields(construct) if not field.name.startswith("_")}
        return bool(own) and own <= set(described(inspect.getdoc(construct) or ""))
    return bool(described(inspect.getdoc(construct.__init__) or ""))


def offers(construct: type) -> str:
    """A table of its own attributes, as its docstring has them, and of its public methods and properties."""
    attributes = {} if dataclasses.is_dataclass(construct) else described(inspect.getdoc(construct) or "")
    rows = [f"| `{name}` | {meaning} |" for name, meaning in attributes.items() if name not in INTERNAL]
    for name, member in vars(construct).items():
        if name in INTERNAL:
            continue
        plain = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        text = first_paragraph(plain)
        if name.startswith("_") or not text or not isinstance(plain, FunctionType | property | cached_property):
            continue
        shown = name if isinstance(plain, property | cached_property) else f"{name}({', '.join(arguments(plain))})"
        rows.append(f"| `{shown}` | {text} |".replace("`self.`", ""))
    return "\n".join(["\n| it has | |", "| --- | --- |", *rows]) if rows else ""


def arguments(function: FunctionType) -> list[str]:
    """The names of a function's arguments; those with a default end with an equals sign."""
    marks = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return [
        f"{marks.get(parameter.kind, '')}{parameter.name}{'' if parameter.default is inspect.Parameter.empty else '='}"
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name not in ("self", "cls")
    ]


def first_paragraph(member: object) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((inspect.getdoc(member) or "").partition("\n\n")[0].split()).replace("``", "`").replace("|", "\\|")


INTERNAL = {"last_look", "named", "place"}
"""What the library's own parts ask of each other."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "A batch": ("FargateBatch", "Container", "Fargate", "Existing"),
    "Its image and other containers": ("BatchImage", "Sidecar", "HealthCheck", "Volume", "datadog_agent"),
    "Its values": ("Parameter", "Secret", "Option"),
    "When it runs": ("Schedule", "Retry", "Wait"),
    "Batches after and beside one another": ("Workflow", "Step", "Parallel"),
    "Who is notified": ("Alerts",),
    "What batches share": ("BatchPlatform", "BatchPlatform.from_deployed", "Platform", "ImageRegistry"),
    "The app": ("BatchApp", "acknowledge_nag", "DeclarationError"),
}
"""Title to names, in the order of docs/reference/declaration.md."""

PAGES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "docs/costs.md": {"costs": costs},
    "docs/exit-codes.md": {"exit codes": exit_codes},
    "docs/reference/declaration.md": {"declaration": lambda: declaration(batchwright)},
}
"""Page to its tables: the name in the comments around each, and what makes it."""


if __name__ == "__main__":
    sys.exit(
        write(
            {
                ROOT / page: with_parts(ROOT / page, {name: made() for name, made in tables.items()})
                for page, tables in PAGES.items()
            }
        )
    )
