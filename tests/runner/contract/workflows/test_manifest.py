"""The record of a workflow: its JSON both ways, and what is refused."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.workflows.manifest import LIMIT, WorkflowManifest
from batchwright_runner.contract.workflows.structure import (
    MOST_STEPS,
    Chain,
    ParallelGroup,
    WorkflowError,
    WorkflowStep,
)

DATA: dict[str, Any] = json.loads(Path(__file__).with_name("nightly.json").read_text(encoding="utf-8"))
NIGHTLY = WorkflowManifest.from_dict(DATA)


@st.composite
def workflows(draw: st.DrawFn) -> WorkflowManifest:
    """Any workflow."""
    names = iter([f"step-{number}" for number in range(MOST_STEPS)])
    step = st.builds(
        lambda batch, on_failure, options: WorkflowStep(
            name=next(names), batch=batch, on_failure=on_failure, options=options
        ),
        st.sampled_from(["", "load", "check"]),
        st.sampled_from(["stop", "fail-at-end", "ignore"]),
        st.dictionaries(st.from_regex(r"[A-Z_]{1,5}", fullmatch=True), st.text(max_size=5), max_size=2),
    )
    item: st.SearchStrategy[Any] = st.recursive(
        step,
        lambda inner: st.lists(st.lists(inner, min_size=1, max_size=2).map(tuple), min_size=1, max_size=2).map(
            lambda branches: ParallelGroup(tuple(branches))
        ),
        max_leaves=8,
    )
    return WorkflowManifest(
        project="batches",
        stage="production",
        name="nightly",
        owner=draw(st.text(min_size=1, max_size=5)),
        overlap=draw(st.sampled_from(["forbid", "wait"])),
        timezone=draw(st.sampled_from(["", "Asia/Tokyo"])),
        options=tuple(draw(st.lists(st.just(RunOption(name="DATE", values=("a", "b"))), max_size=1))),
        steps=tuple(draw(st.lists(item, min_size=1, max_size=4))),
        always=tuple(draw(st.lists(step, max_size=2))),
    )


@settings(max_examples=30)
@given(workflows())
def test_what_was_written_is_read(workflow: WorkflowManifest) -> None:
    text = workflow.to_json()

    assert text.isascii()
    assert WorkflowManifest.from_json(text) == workflow
    assert WorkflowManifest.from_dict(WorkflowManifest.from_json(text).to_dict()).to_json() == text


def test_it_is_written_without_what_is_read_anyway() -> None:
    assert NIGHTLY.to_dict() == DATA
    assert list(NIGHTLY.to_dict())[:4] == ["schema", "kind", "project", "stage"]


def test_it_is_read_with_what_is_not_given() -> None:
    load, check = WorkflowStep(name="orders-load"), WorkflowStep(name="orders-check")
    expected: Chain = (
        WorkflowStep(name="extract"),
        ParallelGroup(((load, check), (WorkflowStep(name="coupons-load", on_failure="fail-at-end"),))),
        WorkflowStep(name="report", options={"FORMAT": "csv"}),
        WorkflowStep(name="report-again", batch="report"),
    )

    assert (NIGHTLY.steps, NIGHTLY.overlap, NIGHTLY.runbook, NIGHTLY.protected) == (expected, "forbid", "", False)
    assert NIGHTLY.path == "/batches/production/manifests/nightly"


def test_fields_that_it_does_not_know_are_ignored() -> None:
    read = WorkflowManifest.from_dict({**DATA, "color": "blue", "steps": [{"step": "extract", "retry": 3}]})
    assert read.all_steps[0] == WorkflowStep(name="extract")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"schema": None}, "its schema is null, not a positive number"),
        ({"name": None, "steps": None}, "it lacks steps, name"),
        ({"name": "Nightly"}, 'name is "Nightly", not a name'),
        ({"overlap": "allow"}, 'overlap is "allow", not one of forbid, wait'),
        ({"machine": "nightly"}, "not the ARN of a state machine"),
        ({"expected_seconds": -1}, "expected_seconds is -1"),
        ({"steps": []}, "it has no steps"),
        ({"owner": "", "steps": [{"batch": "load"}]}, "steps[0].step is missing"),
        ({"options": ["DATE", "DATE"]}, "options has DATE twice"),
    ],
)
def test_a_record_that_cannot_be_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(WorkflowError) as error:
        WorkflowManifest.from_dict({**DATA, **changes})

    assert says in str(error.value)


@pytest.mark.parametrize("text", ["no json", "[]"])
def test_a_text_that_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(WorkflowError, match="the workflow cannot be read"):
        WorkflowManifest.from_json(text)


def test_a_newer_record_names_the_runner_that_reads_it() -> None:
    with pytest.raises(WorkflowError, match=r"has schema 2 .* Update the runner to 3\.1\.0 or later") as error:
        WorkflowManifest.from_dict({**DATA, "schema": 2, "runner": "3.1.0"})

    assert error.value.newer


def test_a_hundred_steps_of_long_names_with_options_fit_into_a_parameter() -> None:
    steps = [
        {"step": sha256(f"{number}".encode()).hexdigest()[:39], "batch": f"b{number:039}", "options": {"FORMAT": "csv"}}
        for number in range(MOST_STEPS)
    ]
    named = [{**step, "step": f"s{step['step']}"} for step in steps]
    large = WorkflowManifest.from_dict({**DATA, "steps": named, "always": []})

    assert len(large.to_json()) < LIMIT < len(json.dumps(large.to_dict()))
    assert WorkflowManifest.from_json(large.to_json()) == large == WorkflowManifest.from_dict(large.to_dict())


@pytest.mark.parametrize("packed", ["", "no base64", "eJw="])
def test_packed_steps_that_are_broken_are_refused(packed: str) -> None:
    with pytest.raises(WorkflowError, match="its packed steps are broken"):
        WorkflowManifest.from_dict({**DATA, "packed": packed})
