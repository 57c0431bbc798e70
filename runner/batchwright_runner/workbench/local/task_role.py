"""A stage's task role for a run on this machine: assumed once by the developer, and refused where it must be."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from batchwright_runner.contract.moments import CLOCK, shown
from batchwright_runner.errors import DeniedError, RunnerError, UsageError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.retry import patiently
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.workbench.local.deployed import Deployed
from batchwright_runner.workbench.project.batches import DeclaredBatch

HOUR = 3600
"""Seconds that assumed credentials last: what a chain of roles may have at most (IAM user guide, "Role chaining",
2026-11)."""
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE")
_SSO = re.compile(r"(AWSReservedSSO_.+)_[0-9a-f]{16}")
_NOT_IN_A_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)


@dataclass(frozen=True, slots=True)
class AssumedRole:
    """A task role's credentials for one run. No key stands in its representation."""

    # What AWS's SDKs read
    variables: Mapping[str, str] = field(repr=False)
    # When they end, in seconds since 1970
    until: float

    def after(self, end: float) -> str:
        """What a person should know of a run that failed then; empty for nothing."""
        if end < self.until:
            return ""
        return (
            f"the task role's session expired at {shown(self.until, CLOCK)}, during the run: an AccessDenied or "
            "ExpiredToken after that says nothing of the role's permissions"
        )


def open_task_role(deployed: Deployed, batch: DeclaredBatch, around: Surroundings) -> AssumedRole:
    """Assumes the task role of a deployed batch, by the developer's own rights."""
    role, name = role_of(batch), session_name(deployed.caller)
    aws, region = deployed.stage.aws, deployed.manifest.region
    problem = f"the task role {role} cannot be assumed"
    try:
        assumed = patiently(lambda: _assumed(aws, role, name, region), problem, around.waiter, but=None)
    except DeniedError as error:
        hint = f"Its trust must name you. Write {trusting(deployed.caller)} into app.py, and deploy"
        if batch.access.task.adopted:
            hint = "The role was given to the batch: whoever owns it has to let you assume it"
        raise DeniedError(f"{error}", hint=f"{hint}. You need sts:AssumeRole on the role yourself, too") from error
    around.tell.note(f"with the task role {role}, as {name}, until {shown(assumed.until, CLOCK)}")
    return assumed


def check_task_role(request: RunOptions, values: Collection[str]) -> None:
    """Refuses what would take the role's place."""
    if request.aws_profile:
        raise UsageError("--use-task-role cannot be combined with --aws-profile: each gives the batch its credentials")
    for name in KEYS:
        if name in values:
            raise UsageError(
                f"--use-task-role is refused: {name} is set for the batch, and SDKs would take that instead",
                hint=f"Leave {name} out",
            )


def role_of(batch: DeclaredBatch) -> str:
    """The ARN of a batch's task role."""
    arn = batch.access.task.arn or batch.task.get("taskRoleArn")
    if not isinstance(arn, str):
        raise RunnerError("the task role cannot be assumed: its ARN is known to a deployment only")
    return arn


def session_name(caller: str) -> str:
    """What the session is called: after the person. Pure.

    `caller`: the caller's ARN, of a user or of an assumed role, whose last part is its session: ``jane@example.com``.
    """
    name = _NOT_IN_A_NAME.sub("-", re.split("[:/]", caller)[-1])[:64]
    return name if len(name) > 1 else f"batchwright-{name}"


def trusting(caller: str) -> str:
    """The line of a declaration that lets someone assume the task roles of a stage. Pure."""
    _, partition, _, _, account, resource = caller.split(":", 5)
    kind, _, rest = resource.partition("/")
    if kind == "assumed-role":
        name = rest.partition("/")[0]
        reserved = _SSO.fullmatch(name)
        rest = f"aws-reserved/sso.amazonaws.com/*{reserved[1]}_*" if reserved else f"*{name}"
        kind = "role"
    return f'platform.grant_assume("arn:{partition}:iam::{account}:{kind}/{rest}")'


def _assumed(aws: Aws, role: str, name: str, region: str) -> AssumedRole:
    answer: Mapping[str, Any] = aws.call(
        "sts", "assume_role", RoleArn=role, RoleSessionName=name, DurationSeconds=HOUR
    )["Credentials"]
    until = answer["Expiration"]
    ends: datetime = until if isinstance(until, datetime) else datetime.fromisoformat(str(until))
    variables = {
        "AWS_ACCESS_KEY_ID": answer["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": answer["SecretAccessKey"],
        "AWS_SESSION_TOKEN": answer["SessionToken"],
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }
    return AssumedRole(variables, ends.timestamp())
