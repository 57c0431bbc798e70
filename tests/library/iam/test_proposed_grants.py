"""The lines that the runner proposes, pasted into a declaration: aws-cdk-lib grants what they are proposed for."""

import importlib
import re

import pytest
from constructs import Construct

from batchwright import BatchPlatform, FargateBatch
from batchwright.testing import synthesize
from batchwright_runner.workbench.permissions.actions import pattern
from batchwright_runner.workbench.permissions.compare import Used
from batchwright_runner.workbench.permissions.proposals import GRANTS, CdkGrant, propose
from tests.library.support import batch

ARNS = {
    "aws_sqs": "arn:aws:sqs:ap-northeast-1:111111111111:orders",
    "aws_sns": "arn:aws:sns:ap-northeast-1:111111111111:done",
    "aws_kinesis": "arn:aws:kinesis:ap-northeast-1:111111111111:stream/clicks",
    "aws_lambda": "arn:aws:lambda:ap-northeast-1:111111111111:function:work",
    "aws_stepfunctions": "arn:aws:states:ap-northeast-1:111111111111:stateMachine:work",
    "aws_kms": "arn:aws:kms:ap-northeast-1:111111111111:key/0123",
}


def test_lines_that_are_proposed_together_can_be_pasted_together() -> None:
    every = [Used(action, ("X.Y",), 1) for one in GRANTS for action in sorted(one.actions)]
    proposal = propose(every)

    def declare(scope: Construct, on: BatchPlatform) -> FargateBatch:
        made = batch(scope, on)
        names: dict[str, object] = {"self": made}
        for line in (*proposal.imports, *proposal.lines):
            module = re.search(r"(\w+?)_?\.\w+\.from_", line)
            arn = ARNS.get(f"aws_{module[1]}", "") if module else ""
            exec(line.replace('"ARN"', repr(arn)).replace('"NAME"', '"sales"'), names)
        return made

    granted = synthesize(declare).actions("task")

    assert [one.action for one in every if not any(pattern(each).fullmatch(one.action) for each in granted)] == []


@pytest.mark.parametrize("grant", GRANTS, ids=lambda one: f"{one.module}.{one.method}")
def test_a_proposed_grant_allows_what_it_is_proposed_for(grant: CdkGrant) -> None:
    names = {
        "lambda_" if grant.module == "aws_lambda" else grant.module.removeprefix("aws_"): importlib.import_module(
            f"aws_cdk.{grant.module}"
        )
    }

    def declare(scope: Construct, on: BatchPlatform) -> FargateBatch:
        made = batch(scope, on)
        line = grant.line.replace('"ARN"', repr(ARNS.get(grant.module))).replace('"NAME"', '"sales"')
        exec(line, {**names, "self": made})
        return made

    granted = synthesize(declare).actions("task")

    for action in grant.actions:
        assert any(pattern(one).fullmatch(action) for one in granted), (action, granted)
