"""Workflows that cannot be: each gives one line that says where it is, what it is and what to do."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from batchwright import BatchApp
from tests.library.batch_app.broken import CONTEXT, PRODUCTION, Case, write
from tests.library.support import batches_of_another_project

HERE = "batches/nightly/workflow.py:{line}: "
BATCHES = """
from batchwright import FargateBatch, Option, Parallel


class Coupons(FargateBatch):
    \"\"\"Loads the coupons.\"\"\"

    stages = ["production"]

    def __init__(self, scope, platform):
        super().__init__(scope, "coupons-load", platform=platform, owner="sre")


def batches(scope, platform):
    options = [Option("FORMAT", values=["csv", "json"]), Option("DAY")]
    for name in ("extract", "orders-load", "orders-check", "report"):
        forbid = {"overlap": "forbid"} if name == "orders-load" else {}
        yield FargateBatch(
            scope, name, platform=platform, owner="sre", description="x", options=options, image="sales", **forbid
        )
"""
WEEKLY = """
from batchwright import Workflow


class Weekly(Workflow):
    \"\"\"Runs weekly.\"\"\"

    def __init__(self, scope, platform):
        super().__init__(scope, "weekly", platform=platform, owner="sre", steps=["extract"])
"""


def nightly(*arguments: str, name: str = "nightly", head: str = "") -> str:
    """A workflow with an owner, and these arguments, one a line."""
    lines = "".join(f"            {argument}\n" for argument in arguments)
    return (
        "from aws_cdk import Duration\n\nfrom batchwright import Option, Parallel, Schedule, Step, Wait, Workflow\n"
        f'{head}\n\nclass Nightly(Workflow):\n    """Loads the orders."""\n\n'
        "    def __init__(self, scope, platform):\n        super().__init__(\n"
        f'            scope, "{name}", platform=platform, owner="sre",\n{lines}        )\n'
    )


CASES = {
    "an unknown step": (
        nightly("steps=[", '    "extract",', '    "orders-laod",  #!', "],"),
        r"steps\['orders-laod'\]: 'orders-laod' was given; known: .*; did you mean orders-load or orders-check\?$",
    ),
    "an unknown step at the end": (
        nightly('steps=["extract"],', 'always=["summery"],  #!'),
        r"always\['summery'\]: 'summery' was given; known: extract, orders-check, orders-load, report$",
    ),
    "a step that the stage lacks": (
        nightly('steps=["extract", "coupons-load"],  #!'),
        r"steps\['coupons-load'\]: 'coupons-load' was given, which stage staging lacks: .*stages=\['production'\]",
    ),
    "a workflow in a workflow": (
        nightly('steps=["extract", "weekly"],  #!'),
        r"steps\['weekly'\]: 'weekly' was given, which is a workflow; allowed: batches",
    ),
    "no steps": (nightly("steps=[],  #!"), r"steps: \[\] was given; allowed: a list of steps, one at least"),
    "a text in place of a list": (nightly('steps="extract",  #!'), r"steps: 'extract' was given; allowed: a list"),
    "an empty group": (nightly('steps=["extract", Parallel()],  #!'), r"steps: a Parallel is empty; allowed: Parallel"),
    "an empty branch": (
        nightly('steps=["extract", Parallel("report", [])],  #!'),
        r"steps: a branch of a Parallel is empty; allowed: a step, or a list",
    ),
    "a list outside of a group": (
        nightly('steps=[["extract", "report"]],  #!'),
        r"steps: \['extract', 'report'\] was given; allowed: .*a list is a branch of a Parallel$",
    ),
    "a number": (nightly("steps=[3],  #!"), r"steps: 3 was given; allowed: the name of a batch"),
    "a batch twice": (
        nightly('steps=["extract", "report", "extract"],  #!'),
        r"steps\['extract'\]: 'extract' comes twice; allowed: each name once; write Step\('extract', name='…'\)$",
    ),
    "a name of another form": (
        nightly('steps=[Step("report", name="The report")],  #!'),
        r"steps\['report'\]\.name: 'The report' was given; allowed: 2 to 40 of a-z",
    ),
    "another word for a failure": (
        nightly('steps=[Step("report", on_failure="continue")],  #!'),
        r"steps\['report'\]: on_failure: 'continue' was given; allowed: stop, fail-at-end, ignore$",
    ),
    "an argument that a step has not": (
        nightly("steps=[", '    Step("report", timeout=3),  #!', "],"),
        r"Step: timeout: 3 was given, and there is no such argument; known: batch, name, options, on_failure$",
    ),
    "two of one batch side by side": (
        nightly(
            'steps=[Parallel("extract", [Step("orders-load", name="second"), "report"]), '
            'Parallel("orders-load", Step("orders-load", name="third"))],  #!'
        ),
        r"steps\['orders-load'\]: steps orders-load and third run beside each other, .*'forbid'.*; put them into one",
    ),
    "a group at the end": (
        nightly('steps=["extract"],', 'always=[Parallel("report")],  #!'),
        r"always: a Parallel was given; allowed: ",
    ),
    "an option that the batch lacks": (
        nightly('steps=[Step("report", options={"SHOP": "a"})],  #!'),
        r"steps\['report'\]\.options: 'SHOP' was given, which batch report does not declare; allowed: DAY, FORMAT$",
    ),
    "an option's value": (
        nightly('steps=[Step("report", options={"FORMAT": "xml"})],  #!'),
        r"steps\['report'\]\.options: FORMAT='xml' was given; allowed: csv, json$",
    ),
    "an option in both places": (
        nightly('steps=[Step("report", options={"DAY": "1"})],  #!', 'options=[Option("DAY")],'),
        r"steps\['report'\]\.options: 'DAY' is an option of the workflow, too; allowed: each in one of the two places$",
    ),
    "an option of no step": (
        nightly('steps=["report"],', 'options=[Option("SHOP")],  #!'),
        r"options: 'SHOP' was given, and no step's batch declares it; allowed: DAY, FORMAT$",
    ),
    "too many steps": (
        nightly('steps=[Step("extract", name=f"s-{n}") for n in range(99)],  #!', 'always=["report", "extract"],'),
        r"steps: there are 101 steps, those of always counted; allowed: 100$",
    ),
    "too deep": (
        nightly("steps=[deep],  #!", head='\ndeep = "extract"\nfor _ in range(21):\n    deep = Parallel(deep)\n'),
        r"steps: a Parallel is in 20 others; allowed: 20 in one another$",
    ),
    "a batch's name": (
        nightly('steps=["extract"],', name="report").replace("super().__init__(", "super().__init__(  #!"),
        r"name: 'report' was given, and a batch of stage staging has it; allowed: a name that no batch and no workflow",
    ),
    "overlap": (
        nightly('steps=["extract"],', 'overlap="allow",  #!'),
        r"overlap: 'allow' was given; allowed: forbid,",
    ),
    "expected": (
        nightly('steps=["extract"],', "expected=Duration.days(15),  #!"),
        r"expected: '1296000 s' was given; allowed: 60 seconds to 14 days",
    ),
    "an argument of a batch": (
        nightly('steps=["extract"],', "timeout=Duration.hours(1),  #!"),
        r"timeout: .* was given, and there is no such argument",
    ),
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project of its own; the modules and the path are as before when it is gone."""
    for name in ("CDK_CONTEXT_JSON", "CDK_OUTDIR", "BATCHWRIGHT_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "argv", ["app.py"])
    with batches_of_another_project():
        yield tmp_path


def message_of(root: Path, text: str, **files: str) -> str:
    """What a project with this workflow says, with the place of its marked line taken away."""
    context = {**CONTEXT, "stages": {**CONTEXT["stages"], "production": PRODUCTION}}
    texts = {
        "cdk.json": json.dumps({"app": "python app.py", "context": {**context, "stage": "staging"}}),
        "batches/__init__.py": "",
        "batches/sales/__init__.py": "",
        "batches/sales/batch.py": BATCHES,
        "batches/weekly/__init__.py": "",
        "batches/weekly/workflow.py": WEEKLY,
        "batches/nightly/__init__.py": "",
        "batches/nightly/workflow.py": text,
        **files,
    }
    line = write(root, Case(None, "", files=texts))
    with pytest.raises(SystemExit) as ended:
        BatchApp.run(root)
    place = HERE.format(line=line)
    assert str(ended.value.code).startswith(f"batchwright: {place}"), ended.value.code
    return str(ended.value.code).removeprefix(f"batchwright: {place}")


@pytest.mark.parametrize(("text", "expected"), [pytest.param(*case, id=name) for name, case in CASES.items()])
def test_one_line_says_where_what_and_what_to_do(root: Path, text: str, expected: str) -> None:
    message = message_of(root, text)

    assert re.search(f"(^workflow [a-z]+: |^){expected}", message), message
    assert "\n" not in message


FILES = {
    "nothing in it": ("", r"^no workflow is declared here: no class of it derives from Workflow; write class Name"),
    "a batch in it": (
        BATCHES.replace("class Coupons(FargateBatch):", "class Coupons(FargateBatch):  #!"),
        r"^Coupons is a batch; write it into batch.py of a folder of its own$",
    ),
    "no constructor": (
        "from batchwright import Workflow\n\n\nclass Nightly(Workflow):  #!\n    pass\n",
        r"^workflow class Nightly: __init__: it is missing",
    ),
}


@pytest.mark.parametrize(("text", "expected"), [pytest.param(*case, id=name) for name, case in FILES.items()])
def test_a_file_that_declares_no_workflow(root: Path, text: str, expected: str) -> None:
    message = message_of(root, text)

    assert re.search(expected, message), message
