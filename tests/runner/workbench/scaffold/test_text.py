"""Templates, and strings in Python source."""

import ast
import subprocess
import sys
from importlib.resources import files
from importlib.resources.abc import Traversable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.workbench.scaffold.files import render
from batchwright_runner.workbench.scaffold.python import literal


@given(st.text())
def test_a_literal_is_the_text(text: str) -> None:
    assert ast.literal_eval(literal(text)) == text


@pytest.mark.parametrize("text", ["plain", 'a "quoted" one', "O'Neil", 'O\'Neil "x"', "back\\slash", "日本"])
def test_a_literal_is_quoted_as_ruff_formats_it(text: str) -> None:
    source = f"owner = {literal(text)}\n"
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "-"]

    done = subprocess.run(command, input=source, capture_output=True, encoding="utf-8", check=True)

    assert done.stdout == source


def test_a_place_without_a_value_is_an_error_and_githubs_own_expressions_stay() -> None:
    with pytest.raises(KeyError):
        render("project/Makefile.in", {})


def test_templates_are_package_data_and_none_can_be_taken_for_source() -> None:
    templates = list(walk(files("batchwright_runner.workbench.scaffold").joinpath("templates")))

    assert len(templates) > 20
    assert not [template.name for template in templates if not template.name.endswith(".in")]


def walk(folder: Traversable) -> list[Traversable]:
    return [file for entry in folder.iterdir() for file in (walk(entry) if entry.is_dir() else [entry])]
