"""`Existing`: what a batch uses of other people's resources."""

import re
from typing import Any

import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from batchwright import DeclarationError, Existing
from tests.library.support import app, stack, token


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"log_group": "/legacy/report"}, "log_group: '/legacy/report' was given; allowed: a log group, such as"),
        ({"task_role": "arn:aws:iam::1:role/x"}, "task_role: 'arn:aws:iam::1:role/x' was given; allowed: a role, such"),
        ({"execution_role": {"arn": "x"}}, "execution_role: {'arn': 'x'} was given; allowed: a role, such as"),
        ({"security_groups": "sg-1"}, "security_groups: 'sg-1' was given; allowed: a list of ids such as"),
        ({"security_groups": ["default"]}, "security_groups: 'default' was given; allowed: a list of ids such as"),
    ],
)
def test_what_is_not_a_resource_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^batch x: {re.escape(message)}"):
        Existing(**changes).check("batch x")


def test_resources_of_the_app_and_imported_ones_are_taken() -> None:
    theirs = stack(app())
    made, imported = logs.LogGroup(theirs, "Log"), logs.LogGroup.from_log_group_name(theirs, "Theirs", "/x")
    own = iam.Role(theirs, "Role", assumed_by=iam.AccountRootPrincipal())
    other = iam.Role.from_role_arn(theirs, "Other", "arn:aws:iam::111111111111:role/x")
    frozen = iam.Role.from_role_arn(theirs, "Frozen", "arn:aws:iam::111111111111:role/y", mutable=False)

    for log in (made, imported):
        Existing(log_group=log, security_groups=["sg-1", token()]).check("batch x")
    for role in (own, other, frozen):
        Existing(task_role=role, execution_role=role).check("batch x")
