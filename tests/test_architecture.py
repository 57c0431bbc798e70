"""The architecture page names rooms, files and functions: each must be where it says."""

import ast
import re
from pathlib import Path

import click
import pytest

from batchwright_runner.cli import FROZEN, PREVIEW, batchwright

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
PACKAGES = {"R": ROOT / "runner/batchwright_runner", "C": ROOT / "constructs/batchwright"}
ANSWER = re.compile(r"`([RC])/([\w/]+\.py)`: `([\w.]+)`")


def answers() -> list[tuple[str, str, str]]:
    """Package, file and definition of every answer in the table of questions."""
    table = PAGE[PAGE.index("| question | answer |") :].partition("\n\n")[0]
    rows = table.splitlines()[2:]
    found = [ANSWER.findall(row) for row in rows]
    assert all(found), "a row without an answer"
    return [answer for row in found for answer in row]


def defined_in(tree: ast.Module) -> set[str]:
    """Functions, classes, methods as ``Class.method``, and constants."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def test_the_state_of_each_verb_is_what_its_help_says() -> None:
    rows = re.findall(r"^\| (stable|preview|frozen) \| (.*?) \|", PAGE, re.MULTILINE)
    verbs = {state: set(re.findall(r"`(.+?)`", listed)) for state, listed in rows}
    context = click.Context(batchwright)
    shown = {
        name: command.help or ""
        for name in batchwright.list_commands(context)
        if name != "render-files" and (command := batchwright.get_command(context, name))
    }

    assert verbs == {"stable": shown.keys() - PREVIEW - FROZEN, "preview": {*PREVIEW}, "frozen": {*FROZEN}}
    assert {name for name, text in shown.items() if "Preview: its options and its output may" in text} == PREVIEW


def test_there_are_twenty_questions_at_least() -> None:
    assert len(answers()) >= 20


@pytest.mark.parametrize(("package", "file", "name"), answers())
def test_an_answer_is_where_the_page_says(package: str, file: str, name: str) -> None:
    tree = ast.parse((PACKAGES[package] / file).read_text(encoding="utf-8"))

    assert name in defined_in(tree)


def test_every_room_is_on_the_page() -> None:
    rooms = {
        f"{letter}/{folder.relative_to(package)}/"
        for letter, package in PACKAGES.items()
        for folder in package.rglob("*")
        if (folder / "__init__.py").is_file()
    }

    assert {room for room in rooms if f"`{room}`" not in PAGE} == set()
