"""The import graph finds what was planted."""

from pathlib import Path

import pytest

from tests.kit.imports import cycles, edges, imported_names, read_sources, unused_layers, up

LAYERS = [["errors"], ["iam", "task"], ["stage", "stage.network"], ["batch"]]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("from p.iam.policies import allow", "iam.policies"),
        ("from p.iam import policies", "iam.policies"),
        ("from p.iam import NOTHING_OF_A_FILE", "iam.__init__"),
        ("import p.iam.policies as policies", "iam.policies"),
        ("from p import batch", "batch"),
        ("from p import VERSION", "__init__"),
        ("import p", "__init__"),
        ("from . import policies", "iam.policies"),
        ("from .policies import allow", "iam.policies"),
        ("from ..batch import Batch", "batch"),
        ("def f():\n    from p.batch import Batch", "batch"),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p.batch import Batch", "batch"),
    ],
)
def test_every_form_of_an_import_is_an_edge(text: str, target: str) -> None:
    sources = {"__init__": "", "batch": "", "iam.__init__": "", "iam.policies": "", "iam.here": text}

    assert edges("p", sources)["iam.here"] == {target}


def test_what_is_of_another_package_is_no_edge_and_is_told_in_full() -> None:
    sources = {"one": "import json\nfrom pq.one import Two\nfrom pathlib import Path"}

    assert edges("p", sources) == {"one": set()}
    assert imported_names("p", sources) == {"one": {"json", "pq.one.Two", "pathlib.Path"}}


def test_a_package_is_read_with_its_folders(tmp_path: Path) -> None:
    for name in ("__init__.py", "iam/__init__.py", "iam/policies.py"):
        tmp_path.joinpath(name).parent.mkdir(exist_ok=True)
        tmp_path.joinpath(name).write_text(f"# {name}", encoding="utf-8")

    assert read_sources(tmp_path) == {
        "__init__": "# __init__.py",
        "iam.__init__": "# iam/__init__.py",
        "iam.policies": "# iam/policies.py",
    }


def test_each_circle_is_shown_by_its_shortest_way() -> None:
    graph = {"a": {"b"}, "b": {"c", "a"}, "c": {"a"}, "d": {"d"}, "e": {"f", "a"}, "f": {"e"}, "g": {"a"}}

    assert cycles(graph) == ["a -> b -> a", "d -> d", "e -> f -> e"]


def test_an_import_goes_down_or_stays_in_its_entry() -> None:
    well: dict[str, set[str]] = {"stage.base": {"iam.roles", "stage.facts"}, "stage.facts": {"task.sizes"}}
    wrong = {"iam.policies": {"task.sizes"}, "stage.network": {"stage.base"}, "errors": {"batch"}}
    below: dict[str, set[str]] = {"iam.roles": set(), "task.sizes": set(), "batch": set()}

    arrows = ["errors -> batch", "iam.policies -> task.sizes", "stage.network -> stage.base"]
    assert up({**well, **wrong, **below}, LAYERS) == arrows


def test_a_module_without_a_layer_is_named() -> None:
    assert up({"iamlike": {"errors"}, "errors": set()}, LAYERS) == ["iamlike: in no layer"]


def test_an_entry_that_holds_no_module_is_named() -> None:
    graph: dict[str, set[str]] = {"batch": set(), "stage.base": set(), "iam.policies": set(), "errors": set()}

    assert unused_layers(graph, LAYERS) == ["task", "stage.network"]
