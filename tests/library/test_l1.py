"""A resource that is made without its generated constructor is the one that the constructor makes."""

import ast
import importlib
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import CfnTag, Stack
from aws_cdk import aws_ecs as ecs

import batchwright
from batchwright.l1 import camel_case, l1
from tests.library.support import app_and_stack, templates

LIBRARY = Path(batchwright.__file__).parent
TASK: dict[str, Any] = {
    "family": "report",
    "cpu": "256",
    "requires_compatibilities": ["FARGATE"],
    "runtime_platform": {"cpuArchitecture": "ARM64"},
    "container_definitions": [{"name": "main", "image": "busybox", "environment": [{"name": "A", "value": "${B}"}]}],
    "ephemeral_storage": None,
    "tags": [CfnTag(key="team", value="finance")],
}


def classes() -> dict[str, set[str]]:
    """The classes of which the library makes resources so, ``aws_iam.CfnRole``, and the names of their arguments."""
    used: dict[str, set[str]] = {}
    for path in LIBRARY.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules = {
            name.asname: name.name for node in tree.body if isinstance(node, ast.ImportFrom) for name in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "l1":
                module, _, name = ast.unparse(node.args[0]).partition(".")
                given = {keyword.arg for keyword in node.keywords if keyword.arg}
                used.setdefault(f"{modules.get(module) or f'aws_{module}'}.{name}", set()).update(given)
    return used


@pytest.mark.parametrize("name", sorted(classes()))
def test_each_argument_gets_the_name_that_the_class_gives_it(name: str) -> None:
    module, _, kind = name.partition(".")
    properties = getattr(importlib.import_module(f"aws_cdk.{module}"), f"{kind}Props")
    spelled: dict[str, str] = properties.__jsii_name_mapping__

    assert classes()[name] <= set(spelled)
    assert {argument: camel_case(argument) for argument in spelled} == dict(spelled)


def test_both_ways_make_the_same_resource() -> None:
    home, own = app_and_stack()
    other = Stack(home, "other")
    ecs.CfnTaskDefinition(own, "Task", **TASK)

    made = l1(ecs.CfnTaskDefinition, other, "Task", **TASK)

    assert isinstance(made, ecs.CfnTaskDefinition)
    by_stack = templates(home)
    assert by_stack["other"]["Resources"] == by_stack["stack"]["Resources"]
