"""Guards of names: a class has its name alone in the product, and a variable is the noun of what it holds."""

import ast
from collections import Counter

from tests.kit.imports import LIBRARY, RUNNER

NODES = [node for sources in (LIBRARY, RUNNER) for text in sources.values() for node in ast.walk(ast.parse(text))]


def test_a_class_has_its_name_alone() -> None:
    names = Counter(node.name for node in NODES if isinstance(node, ast.ClassDef))

    assert [name for name, count in names.items() if count > 1] == []


def test_no_variable_is_called_one() -> None:
    stored = (node.id for node in NODES if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    parameters = (node.arg for node in NODES if isinstance(node, ast.arg))

    assert "one" not in {*stored, *parameters}
