"""Each leaf of the samples' batch files, workflow files and templates, changed in turn: ``diff`` is never silent."""

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.workbench.diff.compare import compare
from batchwright_runner.workbench.diff.read import Assembly, Declared, StackKey, stack_of
from tests.batches.checkout import copy_project

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
KEY = StackKey("batches-staging", "111111111111", "ap-northeast-1")
Place = tuple[str | int, ...]
Reads = Callable[[Any], Assembly]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples' assembly."""
    project = copy_project(tmp_path_factory.mktemp("project"))
    env = {**os.environ, "CDK_OUTDIR": str(project / "out")}
    subprocess.run([sys.executable, "app.py"], cwd=project, env=env, check=True, capture_output=True, timeout=300)
    return project / "out"


def leaves(value: Any, place: Place = ()) -> Iterator[Place]:  # noqa: ANN401 - JSON
    """Where a value has texts, numbers and what is empty."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not value or not parts:
        yield place
        return
    for key, part in parts:
        yield from leaves(part, (*place, key))


def changed(raw: Any, place: Place) -> Any:  # noqa: ANN401 - JSON
    """The same with another value in a place."""
    after = copy.deepcopy(raw)
    at = after
    for key in place[:-1]:
        at = at[key]
    old = at[place[-1]]
    at[place[-1]] = not old if isinstance(old, bool) else old + 1 if isinstance(old, int) else f"{old or ''}x"
    return after


def batch(raw: Any) -> Assembly:  # noqa: ANN401 - JSON
    BatchFile.from_dict(raw)
    return Assembly(batches={("staging", "sample"): Declared.of(raw)})


def workflow(raw: Any) -> Assembly:  # noqa: ANN401 - JSON
    return Assembly(workflows={("staging", "sample"): Declared.of(raw)})


def template(raw: Any) -> Assembly:  # noqa: ANN401 - JSON
    return Assembly(stacks={KEY: stack_of(KEY, raw)})


@pytest.mark.parametrize(
    ("pattern", "read", "at_least"),
    [
        ("batches/staging/*.json", batch, 600),
        ("workflows/staging/*.json", workflow, 10),
        ("*-staging-*.template.json", template, 2000),
    ],
)
def test_no_change_of_a_leaf_is_silent(samples: Path, pattern: str, read: Reads, at_least: int) -> None:
    silent, tried = [], 0
    for file in sorted(samples.glob(pattern)):
        raw = json.loads(file.read_text(encoding="utf-8"))
        before = read(raw)
        for place in leaves(raw):
            try:
                after = read(changed(raw, place))
            except (ValueError, TypeError, KeyError, AttributeError):  # no such file can be read, which is an error
                continue
            tried += 1
            if not compare(before, after, NOW):
                silent.append((file.name, *place))

    assert silent == []
    assert tried > at_least
