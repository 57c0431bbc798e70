"""The roles: whether they are there, and whether ECS may take them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from batchwright_runner.host.finding import Finding
from batchwright_runner.host.verify.subject import Subject, as_a_run

TASK_ROLE = "task role"
TASKS = "ecs-tasks.amazonaws.com"
NOT_TAKEN = as_a_run("unable to assume the role")


def check_roles(subject: Subject) -> Iterator[Finding]:
    """Whether both roles are there and ECS may take them."""
    execution, task = (str(subject.definition.get(key, "")) for key in ("executionRoleArn", "taskRoleArn"))
    if execution:
        yield from _role(subject, execution)
    else:
        yield subject.fail("the task definition names none: nothing can be pulled or logged")
    if task:
        yield from _role(replace(subject, check=TASK_ROLE), task)


def _role(subject: Subject, arn: str) -> Iterable[Finding]:
    name = arn.rpartition("/")[2]
    answer = subject.look.find("NoSuchEntity", "iam", "get_role", RoleName=name)
    if answer is None:
        return [subject.fail(f"{name} does not exist", NOT_TAKEN)]
    if not trusts(answer["Role"].get("AssumeRolePolicyDocument", {}), TASKS):
        what = f"{name} does not trust {TASKS}: ECS cannot take it"
        return [subject.fail(what, NOT_TAKEN)]
    return [subject.ok(f"{name} exists")]


def trusts(document: Any, service: str) -> bool:  # noqa: ANN401 - a policy document, decoded by the SDK
    """Whether a trust policy lets a service take the role. Pure; its conditions are not looked at."""
    statements = document.get("Statement", []) if isinstance(document, Mapping) else []
    for statement in [statements] if isinstance(statements, Mapping) else statements:
        principal = statement.get("Principal", {})
        named = principal.get("Service", []) if isinstance(principal, Mapping) else principal
        if statement.get("Effect") == "Allow" and service in ([named] if isinstance(named, str) else named):
            return True
    return False
