"""Writes docs/reference/names.md and iam.md from the library; ``--check`` only says whether they are up to date.

python docs/generate_names.py [--check]
"""

import ast
import inspect
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import aws_cdk
from aws_cdk import aws_iam
from aws_cdk.assertions import Template

from batchwright import BatchPlatform, FargateBatch, Schedule, Workflow
from batchwright.iam.policies import Statement, several
from batchwright.names import registry_stack
from batchwright_runner.contract.names import RESERVED, StageNames, image_tag, previous_image_tag, repository
from batchwright_runner.workbench.images.commit import LENGTH, tag_of

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.written import write

REFERENCE = Path(__file__).parent / "reference"
NAMES = StageNames("{project}", "{stage}")
ACCOUNT, REGION = "111111111111", "eu-west-1"
PROJECT, STAGE, BATCH, WORKFLOW = "proj9", "stg9", "bat9", "flow9"
QUANTIFIERS = {"ForAllValues": "each of ", "ForAnyValue": "one of "}
"""How conditions begin that look at a key of several values."""
PLACEHOLDERS = {
    ACCOUNT: "{account}",
    REGION: "{region}",
    PROJECT: "{project}",
    STAGE: "{stage}",
    BATCH: "{batch}",
    WORKFLOW: "{workflow}",
    "secret9": "{secret}",
}
"""What is declared, and what stands for it on the page."""
ARGUMENTS = {
    "workflow": "{workflow}",
    "release": "{image}",
    "fact": "{fact}",
    "events_rule": "{kind}",
    "alerts_alarm": "{kind}",
}
"""What stands for what a name is of, where that is no batch."""
OF_AWS = {
    "The machine of a batch": f"-{BATCH}-flow",
    "The machine of a workflow": f"-{WORKFLOW}-flow",
    "The function of a stage's alerts": "-alerts-function",
    "The function that sends a test message": "-alerts-test",
}
"""What works without anyone's command, and how the names of its roles end."""
BEGIN = "<!-- generated: python docs/generate_names.py -->"
NAMES_HEAD = f"""# Names

{BEGIN}

Every name is computed from project, stage and batch, so that no stack needs another's outputs, and a person can guess
it. `{{project}}` is `batches` unless `cdk.json` says otherwise.
"""
IAM_HEAD = f"""# IAM

{BEGIN}

What each grant of the library allows, statement by statement. `{{…}}` stands for a name ([names.md](names.md)).
What a batch's own roles may do depends on its declaration: `batchwright permissions NAME` says it, with the line of the
project that granted each. A batch has a machine where AWS starts it, or its stage has workflows; the statements on the
alerts' table and function are there in a stage with alerts.
"""


def names() -> str:
    """The page of the names."""
    rows = [("stack of the registry", registry_stack(NAMES.project)), *sorted({*stage_names(), *runner_names()})]
    lines = [NAMES_HEAD, "| name | of what |", "| --- | --- |", *(f"| `{name}` | {what} |" for what, name in rows)]
    reserved = ", ".join(f"`{name}`" for name in sorted(RESERVED))
    return "\n".join([*lines, "", f"No batch is called {reserved}.", ""]).replace("\\\n", "\n")


def stage_names() -> Iterator[tuple[str, str]]:
    """What the names of a stage are of, and the names."""
    (table,) = ast.parse(inspect.getsource(StageNames)).body
    for member, said in pairwise(vars(table)["body"]):
        name = member.targets[0].id if isinstance(member, ast.Assign) else ""
        if name and name not in ("prefix", "path", "role_path", "manifests", "values_folder"):
            value = getattr(NAMES, name)
            yield what(said.value.value), value if isinstance(value, str) else value(ARGUMENTS.get(name, "{batch}"))
    yield what(inspect.getdoc(StageNames.value)), NAMES.value("{batch}", "{NAME}")


def runner_names() -> Iterator[tuple[str, str]]:
    """What the names are of that the runner alone gives or looks for, and the names."""
    yield what(repository.__doc__), repository("{project}", "{image}")
    yield what(image_tag.__doc__), image_tag("{stage}")
    yield what(previous_image_tag.__doc__), previous_image_tag("{stage}")
    digits = "0" * LENGTH
    yield (
        "the tag under which an image is pushed, by its commit's first 12 digits",
        tag_of(digits).replace(digits, "{commit}"),
    )


def what(said: str | None) -> str:
    """A docstring's first sentence, as a phrase."""
    first = inspect.cleandoc(said or "").partition("\n\n")[0].replace("\n", " ").rstrip(".").replace("``", "`")
    return first[:1].lower() + first[1:] if first[:3] in ("The", "A b", "An ") else first


def iam() -> str:
    """The page of the grants: each is given to a role of its own, and what the template then has is told."""
    stack = aws_cdk.Stack(aws_cdk.App(), "stack", env=aws_cdk.Environment(account=ACCOUNT, region=REGION))
    alerts = {"emails": ["a@example.com"], "slack": {"channel": "#batches", "token": "secret9"}}
    platform = BatchPlatform(stack, "Platform", stage=STAGE, project=PROJECT, subnets=["subnet-1"], alerts=alerts)
    more = {"schedule": Schedule.daily("02:30"), "scheduler": "aws", "overlap": "forbid"}
    batch = FargateBatch(stack, BATCH, platform=platform, owner="owner", description="Any.", **more)
    of_batches = {"owner": "owner", "description": "Any.", "steps": [BATCH]}
    workflow = Workflow(stack, WORKFLOW, platform=platform, **of_batches)
    grants = {
        "batch.grant_run(role)": batch.grant_run,
        "batch.grant_start(role)": batch.grant_start,
        "workflow.grant_run(role)": workflow.grant_run,
        "workflow.grant_start(role)": workflow.grant_start,
        "platform.grant_run(role)": platform.grant_run,
        "platform.grant_operate(role)": platform.grant_operate,
        "platform.grant_verify(role)": platform.grant_verify,
    }
    roles = {}
    for title, grant in grants.items():
        role = aws_iam.Role(stack, title, assumed_by=aws_iam.AccountRootPrincipal())
        grant(role)
        roles[title] = stack.get_logical_id(role.node.default_child)
    found = Template.from_stack(stack).find_resources
    policies = [
        *found("AWS::IAM::Policy").values(),
        *found("AWS::IAM::ManagedPolicy").values(),
    ]
    parts = [
        (
            f"`{title}`",
            [
                statement
                for policy in policies
                if {"Ref": role} in policy["Properties"]["Roles"]
                for statement in statements(policy)
            ],
        )
        for title, role in roles.items()
    ]
    of_alerts = Template.from_stack(platform.alerts.stack).find_resources if platform.alerts else found
    for title, end in OF_AWS.items():
        (inline,) = [
            role["Properties"]["Policies"][0]
            for role in (*found("AWS::IAM::Role").values(), *of_alerts("AWS::IAM::Role").values())
            if role["Properties"].get("RoleName", "").endswith(end)
        ]
        parts.append((title, statements({"Properties": inline})))
    return IAM_HEAD + "".join(f"\n## {title}\n\n{table(of_it)}\n" for title, of_it in parts)


def statements(policy: Mapping[str, Any]) -> list[Statement]:
    """A policy's statements, with placeholders for the names."""
    text = json.dumps(policy["Properties"]["PolicyDocument"]["Statement"])
    for name, placeholder in PLACEHOLDERS.items():
        text = text.replace(name, placeholder)
    found: list[Statement] = json.loads(text)
    return found


def table(statements: Sequence[Statement]) -> str:
    """A table of statements."""
    rows = ["| actions | on | only if |", "| --- | --- | --- |"]
    for statement in statements:
        effect = "**denied:** " if statement["Effect"] == "Deny" else ""
        cells = [code(several(statement["Action"])), code(several(statement["Resource"])), conditions(statement)]
        rows.append(f"| {effect}{' | '.join(cells)} |")
    return "\n".join(rows)


def conditions(statement: Statement) -> str:
    """The keys that a statement's conditions look at, and their values."""
    found = [
        f"{QUANTIFIERS.get(operator.partition(':')[0], '')}`{key}` {test(operator, several(values))}"
        for operator, wanted in statement.get("Condition", {}).items()
        for key, values in wanted.items()
    ]
    return "<br>".join(found)


def test(operator: str, values: Sequence[str]) -> str:
    """What a condition asks of its key."""
    if operator == "Null":
        return "is not given" if values == ["true"] else "is given"
    return f"{'like' if 'Like' in operator else 'is'} {' or '.join(f'`{value}`' for value in values)}"


def code(values: Sequence[str]) -> str:
    """Values in code, one below the other."""
    return "<br>".join(f"`{value}`" for value in values)


if __name__ == "__main__":
    sys.exit(write({REFERENCE / "names.md": names(), REFERENCE / "iam.md": iam()}))
