"""The lines that the runner proposes, pasted into a declaration: aws-cdk-lib grants what they are proposed for."""

import importlib
import re

from batchwright import FargateBatch
from batchwright.iam.policies import several
from batchwright.iam.task_role import TaskRole
from batchwright_runner.workbench.permissions.actions import pattern
from batchwright_runner.workbench.permissions.compare import UsedAction
from batchwright_runner.workbench.permissions.proposals import GRANTS, propose
from tests.library.support import app, batch, platform, stack

ARNS = {
    "aws_sqs": "arn:aws:sqs:ap-northeast-1:111111111111:orders",
    "aws_sns": "arn:aws:sns:ap-northeast-1:111111111111:done",
    "aws_kinesis": "arn:aws:kinesis:ap-northeast-1:111111111111:stream/clicks",
    "aws_lambda": "arn:aws:lambda:ap-northeast-1:111111111111:function:work",
    "aws_stepfunctions": "arn:aws:states:ap-northeast-1:111111111111:stateMachine:work",
    "aws_kms": "arn:aws:kms:ap-northeast-1:111111111111:key/0123",
}


def test_lines_that_are_proposed_together_can_be_pasted_together() -> None:
    used = [UsedAction(action, ("X.Y",), 1) for grant in GRANTS for action in sorted(grant.actions)]
    proposal = propose(used)
    ours = stack(app())
    made = batch(ours, platform(ours))
    names: dict[str, object] = {"self": made}

    for line in (*proposal.imports, *proposal.lines):
        module = re.search(r"(\w+?)_?\.\w+\.from_", line)
        arn = ARNS.get(f"aws_{module[1]}", "") if module else ""
        exec(line.replace('"ARN"', repr(arn)).replace('"NAME"', '"sales"'), names)

    granted = actions(made)
    assert [
        action.name
        for action in used
        if not any(pattern(action_pattern).fullmatch(action.name) for action_pattern in granted)
    ] == []


def actions(made: FargateBatch) -> set[str]:
    """What was granted to a batch."""
    assert isinstance(made.task_role, TaskRole)
    statements = [granted.what.to_statement_json() for granted in made.task_role.statements]
    return {action for statement in statements for action in several(statement["Action"])}


def test_a_proposed_grant_allows_what_it_is_proposed_for() -> None:
    ours = stack(app())
    on = platform(ours)
    for number, grant in enumerate(GRANTS):
        made = batch(ours, on, f"batch-{number}")
        name = "lambda_" if grant.module == "aws_lambda" else grant.module.removeprefix("aws_")
        line = grant.line.replace('"ARN"', repr(ARNS.get(grant.module))).replace('"NAME"', '"sales"')

        exec(line, {name: importlib.import_module(f"aws_cdk.{grant.module}"), "self": made})

        granted = actions(made)
        for action in grant.actions:
            assert any(pattern(action_pattern).fullmatch(action) for action_pattern in granted), (
                grant,
                action,
                granted,
            )
