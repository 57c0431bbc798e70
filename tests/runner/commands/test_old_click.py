"""What click 8.1 reads otherwise than later versions: a Debian or an Ubuntu has it, and pip leaves it alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import batchwright_runner

SOURCES = sorted(Path(str(batchwright_runner.__file__)).parent.rglob("*.py"))


def newer(tree: ast.AST) -> Iterator[str]:
    """What works with click 8.4 and not with 8.1."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).startswith("click."):
            yield f"line {node.lineno}: classes of click take no arguments before 8.4"
        keywords = node.keywords if isinstance(node, ast.Call) and ast.unparse(node.func) == "click.argument" else []
        if any(word.arg == "default" and ast.unparse(word.value) == "None" for word in keywords):
            yield "a default of None makes an argument required before 8.2: required=False"


@pytest.mark.parametrize("text", ["class A(click.ParamType[int]): ...", "click.argument('x', default=None)"])
def test_what_is_newer_is_found(text: str) -> None:
    assert list(newer(ast.parse(text)))


def test_nothing_needs_a_newer_click_than_is_declared() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in SOURCES}
    trees = {path: ast.parse(text) for path, text in texts.items() if "click" in text}

    assert len(trees) > 20
    assert {str(path): found for path, tree in trees.items() if (found := list(newer(tree)))} == {}
