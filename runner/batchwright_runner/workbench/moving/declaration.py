"""The ``batch.py`` or ``workflow.py`` of a folder: one batch or workflow as a class, batches as a table. Pure."""

import ast
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.host.terminal.text import few
from batchwright_runner.workbench.moving.batches import WrittenBatch
from batchwright_runner.workbench.moving.hidden import as_comment, as_message
from batchwright_runner.workbench.scaffold.names import LOCAL, class_name
from batchwright_runner.workbench.scaffold.python import WIDTH, Raw, Value, broken_up, call, laid_out, literal

if TYPE_CHECKING:
    from batchwright_runner.workbench.moving.jobs import Todo

_LIBRARY: tuple[str, ...] = ("BatchImage", "BatchPlatform", "Container", "Existing", "Fargate", "FargateBatch")
_LIBRARY += ("HealthCheck", "Option", "Parallel", "Schedule", "Secret", "Sidecar", "Step", "Volume", "Workflow")
_TAKEN = frozenset({"batches", "iam", "logs", "platform", "scope", "shared", *_LIBRARY})
_MAKES: Mapping[str, tuple[str, Mapping[str, Value]]] = {
    "task_role": ("iam.Role.from_role_arn", {}),
    "execution_role": ("iam.Role.from_role_arn", {"mutable": False}),
    "log_group": ("logs.LogGroup.from_log_group_name", {}),
}
"""Argument of `Existing` to the call that looks it up; an execution role that others use is not changed."""
_NOQA = "# ruff: noqa: E501, RUF001, RUF002, RUF003, RUF100, S104, S105, S108\n"
"""Allows what texts, paths and commands of other schedulers may look like to ruff."""
_ODD = re.compile(r"""[^\0-\x7f]|0\.0\.0\.0|/tmp|/shm|"[^"\n]*(?i:pass|pwd|token|secret)[^"\n]*": ["']""")
TODO = "# TODO"


def batch_source(batches: Sequence[WrittenBatch], folder: str, title: str) -> str:
    """The source of a ``batch.py``.

    `title`: where they come from: ``Rundeck``.
    """
    body = _as_class(batches[0], folder) if len(batches) == 1 else _as_table(batches, folder)
    content = f"the {what_it_is(batches[0])}" if len(batches) == 1 else f"the batches of the image {batches[0].image}"
    docstring = f'"""Declares {content}, moved here from {title}."""'
    if len(docstring) > WIDTH:
        docstring = f'"""Declares {len(batches)} batches of one image, moved here from {title}."""'
    source = "\n".join([docstring, "", *_imports(body, table=len(batches) > 1), "", "", *body, ""])
    long = any(len(line) > WIDTH for line in source.splitlines())
    return f"{_NOQA}{source}" if long or _ODD.search(source) else source


def what_it_is(batch: WrittenBatch) -> str:
    """What people call it."""
    return f"{'workflow' if batch.is_workflow else 'batch'} {batch.name}"


def _as_class(batch: WrittenBatch, folder: str) -> list[str]:
    """The class of a batch; the ids of its adopted resources begin with the folder's name."""
    lookups, existing = _existing([batch], folder, 8)
    arguments = batch.arguments | existing[batch.name]
    docstring = str(arguments["description"])
    if fits := len(docstring) < WIDTH - 12 and not re.search(r'[\\"]', docstring):
        del arguments["description"]
    name, base = class_name(batch.name), "Workflow" if batch.is_workflow else "FargateBatch"
    return [
        f"class {name}{'Job' * (name in _TAKEN)}({base}):",
        f'    """{docstring if fits else "See description."}"""',
        "",
        *[f"    stages = frozenset({_set(batch.stages)})", ""] * bool(batch.stages),
        "    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:",
        *(*_todo([batch], 8), *_comment(batch.job.notes, 8), *lookups),
        *("        super().__init__(", "            scope,", f"            {literal(batch.name)},"),
        "            platform=platform,",
        *(line for key, value in arguments.items() for line in laid_out(value, f"{key}=", ",", 12)),
        "        )",
    ]


def _as_table(batches: Sequence[WrittenBatch], folder: str) -> list[str]:
    """A table with a row for each batch, and what all rows have above it."""
    limits = {batch.name: batch.stages for batch in batches}
    statement = "yield FargateBatch(scope, name, platform=platform, **batch)"
    lookups, existing = _existing(batches, folder, 4)
    rows = {batch.name: batch.arguments | existing[batch.name] for batch in batches}
    own = ["existing"] * any("unfinished" in batch.existing for batch in batches)
    first, *others = rows.values()
    equal = (key for key, value in first.items() if all(row.get(key) == value for row in others))
    shared = {key: first[key] for key in equal if key not in own}
    source = ["def batches(scope: Construct, platform: BatchPlatform) -> Iterator[FargateBatch]:"]
    source += ['    """Declares them in one stage."""', *_todo(batches, 4)]
    if len(set(limits.values())) > 1:
        source += broken_up({name: [*some, LOCAL] for name, some in limits.items() if some}, "stages = ", "", 4)
        statement = f"if platform.stage in stages.get(name, [platform.stage]):\n            {statement}"
    elif batches[0].stages:
        source += [f"    if platform.stage not in {_set((*batches[0].stages, LOCAL))}:", "        return"]
    source += [*lookups, *(broken_up(shared, "shared: dict[str, Any] = ", "", 4) if shared else [])]
    source += ["    rows: dict[str, dict[str, Any]] = {"]
    for batch in batches:
        source += [*_comment(batch.job.notes, 8), f"        {literal(batch.name)}: {{"]
        source += ["            **shared,"] * bool(shared)
        for key, value in rows[batch.name].items():
            source += laid_out(value, f"{literal(key)}: ", ",", 12) if key not in shared else []
        source += ["        },"]
    return [*source, "    }", "    for name, batch in rows.items():", f"        {statement}"]


def _existing(
    batches: Sequence[WrittenBatch], folder: str, indent: int
) -> tuple[list[str], dict[str, dict[str, Value]]]:
    """Adopted resources: the lines that look them up, and each batch's argument for them."""
    source: list[str] = []
    variables: dict[tuple[str, Value], str] = {}
    arguments: dict[str, dict[str, Value]] = {}
    for batch in batches:
        for key, value in batch.existing.items():
            if key in _MAKES and (key, value) not in variables:
                number = 1 + sum(argument == key for argument, _ in variables)
                variables[key, value] = key if number == 1 else f"{key}_{number}"
                called, more = _MAKES[key]
                lookup: Value = call(called, Raw("platform"), _id(folder, key, number), value, **more)
                source += laid_out(lookup, f"{variables[key, value]} = ", "", indent)
        named = {key: Raw(variables[key, each]) if key in _MAKES else each for key, each in batch.existing.items()}
        arguments[batch.name] = {"existing": call("Existing", **named)} if named else {}
    return source, arguments


def _id(folder: str, key: str, number: int) -> str:
    """An id that no other folder has."""
    name = "".join(word[:1].upper() + word[1:] for word in f"{folder}_{key}".split("_"))
    return name if number == 1 else f"{name}{number}"


def _set(stages: Iterable[str]) -> str:
    return "{" + ", ".join(literal(stage) for stage in stages) + "}"


def _todo(batches: Sequence[WrittenBatch], indent: int) -> list[str]:
    """One comment with all TODOs of these declarations, each with its batches."""
    about: dict[Todo, list[str]] = {}
    for batch in batches:
        for todo in batch.todos:
            about.setdefault(todo, []).append(batch.name)
    if not about:
        return []
    starters = dict.fromkeys(batch.job.scheduler for batch in batches if batch.todos)
    then = " or ".join(literal(starter) for starter in starters if starter != NOBODY)
    then = f" and write scheduler={then}" if then else ""
    lines = [" " * indent + f"{TODO}: carry over what a declaration cannot say, then delete unfinished={then}:"]
    for todo, names in about.items():
        whose = "" if len(names) == len(batches) else f" of {few(names)}"
        advice = f" ({todo.advice})" if todo.advice else ""
        lines += _wrapped(f"{todo.field}{whose}: {as_comment(' '.join(todo.text.split()))}{advice}", indent, "- ")
    return lines


def _comment(text: str, indent: int) -> list[str]:
    return [
        line for part in as_message(text).splitlines() if part.strip() for line in _wrapped(part.strip(), indent, "")
    ]


def _wrapped(text: str, indent: int, mark: str) -> list[str]:
    start = " " * indent + "# "
    first, others = start + mark, start + " " * len(mark)
    whole = {"break_long_words": False, "break_on_hyphens": False}
    text = "".join(character if character.isprintable() else " " for character in text)
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=others, **whole)  # type: ignore[arg-type]


def _imports(body: Sequence[str], *, table: bool) -> list[str]:
    """The imports that a source needs."""
    used = {node.id for node in ast.walk(ast.parse("\n".join(body))) if isinstance(node, ast.Name)}
    lines = ["from collections.abc import Iterator", "from typing import Any", ""] if table else []
    of_cdk = {"Duration": "Duration", "iam": "aws_iam as iam", "logs": "aws_logs as logs"}
    lines += [f"from aws_cdk import {text}" for name, text in of_cdk.items() if name in used]
    library = ", ".join(name for name in _LIBRARY if name in used)
    return [*lines, f"from batchwright import {library}", "from constructs import Construct"]
