"""The example of docs/workflows.md is real, and so is the error that it shows."""

import re
from pathlib import Path
from typing import Any

import pytest

from batchwright import DeclarationError, Workflow
from tests.kit.pages import blocks
from tests.library.support import app_and_stack, batch, platform
from tests.library.workflows.support import BATCHES, OPTIONS, workflow

TEXT = Path(__file__).parents[3].joinpath("docs/workflows.md").read_text(encoding="utf-8")
EXAMPLE, ITS_TEST = blocks(TEXT, "python")


def test_the_example_is_declared_the_picture_has_its_steps_and_its_test_passes() -> None:
    module: dict[str, Any] = {"__name__": "page"}
    exec(compile(EXAMPLE, "docs/workflows.md", "exec"), module)  # the page is ours
    _, ours = app_and_stack()
    on = platform(ours)
    for name in BATCHES:
        batch(ours, on, name, options=OPTIONS)
    declared: Workflow = module["Nightly"](ours, on)

    assert [step.name for step in declared.record.all_steps] == list(BATCHES)
    (picture,) = [block for block in blocks(TEXT, "") if "┌" in block]
    assert all(f"│ {name} " in picture for name in BATCHES)
    imported, _, test = ITS_TEST.partition("\n")
    assert imported == "from batches.nightly.workflow import Nightly"
    module["Nightly"] = declared
    exec(compile(test, "docs/workflows.md", "exec"), module)
    module["test_no_report_without_orders"]()


def test_the_error_that_the_page_shows_is_the_one_that_is_raised() -> None:
    ((line, shown),) = re.findall(r"workflow\.py:(\d+): (.*)\n", TEXT)
    _, ours = app_and_stack()
    on = platform(ours)
    for name in BATCHES:
        batch(ours, on, name)

    with pytest.raises(DeclarationError) as error:
        workflow(ours, on, steps=["extract", "orders-laod"])
    assert str(error.value) == shown
    assert "orders-load" in EXAMPLE.splitlines()[int(line) - 1]
