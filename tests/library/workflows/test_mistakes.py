"""Workflows that cannot be: each gives one line that says where it is, what it is and what to do."""

import json
import re
from pathlib import Path

import pytest

from batchwright import BatchApp
from tests.kit.rows import rows
from tests.library.batch_app.broken import CONTEXT, PRODUCTION, Case, write

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


CASES = [
    *((nightly(*given.splitlines()), message) for given, message in rows(__file__, "mistakes")),
    (
        nightly("steps=[deep],  #!", head='\ndeep = "extract"\nfor _ in range(21):\n    deep = Parallel(deep)\n'),
        r"steps: a Parallel is in 20 others; allowed: 20 in one another$",
    ),
    (
        nightly('steps=["extract"],', name="report").replace("super().__init__(", "super().__init__(  #!"),
        r"name: 'report' was given, and a batch of stage staging has it; allowed: a name that no batch and no workflow",
    ),
]


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


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[message[:60] for _, message in CASES])
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
