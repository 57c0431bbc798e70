"""A stage's task role for a run on this machine: assumed by the developer, renewed, and refused where it must be."""

import json
import re
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from batchwright_runner.contract.moments import CLOCK, shown
from batchwright_runner.errors import DeniedError, RunnerError, UsageError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import patiently
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.workbench.local.deployed import Deployed
from batchwright_runner.workbench.project.batches import DeclaredBatch

HOUR = 3600
"""Seconds that assumed credentials last: what a chain of roles may have at most (IAM user guide, "Role chaining",
2026-11). They are renewed."""
RENEW = 20 * 60
"""Seconds before their end from which they are renewed when they are asked for. SDKs ask again 15 minutes before."""
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE")
_SSO = re.compile(r"(AWSReservedSSO_.+)_[0-9a-f]{16}")
_NOT_IN_A_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)


@dataclass(frozen=True, slots=True)
class AssumedCredentials:
    """What a role gives."""

    # The JSON that ECS serves (botocore, ``ContainerMetadataFetcher``, 2026-11)
    document: bytes
    # When they end, in seconds since 1970
    until: float


class RoleCredentials:
    """The credentials of a role: those of now, renewed in time. From any thread.

    `wall`: seconds since 1970.
    """

    def __init__(
        self,
        first: AssumedCredentials,
        renew: Callable[[], AssumedCredentials],
        tell: Callable[[str], None],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._now = first
        self._renew = renew
        self._tell = tell
        self._wall = wall
        self._lock = threading.Lock()
        self._reported = False

    def document(self) -> bytes | None:
        """What ECS serves; ``None`` where they have ended and there are no new ones."""
        with self._lock:
            if self._now.until - self._wall() < RENEW:
                self._try()
            return self._now.document if self._now.until > self._wall() else None

    def _try(self) -> None:
        try:
            self._now = self._renew()
            self._reported = False
        except (ApiError, RunnerError) as error:
            if not self._reported:
                self._reported = True
                until = shown(self._now.until, CLOCK)
                self._tell(f"the task role's credentials cannot be renewed: {error}. They end at {until}")


def open_task_role(deployed: Deployed, batch: DeclaredBatch, around: Surroundings) -> RoleCredentials:
    """Assumes the task role of a deployed batch, by the developer's own rights."""
    role, caller = role_of(batch), deployed.caller

    def assume() -> AssumedCredentials:
        return _assumed(deployed.stage.aws, role, session_name(caller))

    first = _first(assume, role, caller, batch, around.waiter)
    around.tell.note(f"with the task role {role}, as {session_name(caller)}")
    return RoleCredentials(first, assume, around.tell.note)


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


def _first(
    assume: Callable[[], AssumedCredentials], role: str, caller: str, batch: DeclaredBatch, waiter: Waiter
) -> AssumedCredentials:
    problem = f"the task role {role} cannot be assumed"
    try:
        return patiently(assume, problem, waiter, but=None)
    except DeniedError as error:
        hint = f"Its trust must name you. Write {trusting(caller)} into app.py, and deploy"
        if batch.access.task.adopted:
            hint = "The role was given to the batch: whoever owns it has to let you assume it"
        raise DeniedError(f"{error}", hint=f"{hint}. You need sts:AssumeRole on the role yourself, too") from error


def _assumed(aws: Aws, role: str, name: str) -> AssumedCredentials:
    answer: Mapping[str, Any] = aws.call(
        "sts", "assume_role", RoleArn=role, RoleSessionName=name, DurationSeconds=HOUR
    )["Credentials"]
    until = answer["Expiration"]
    ends: datetime = until if isinstance(until, datetime) else datetime.fromisoformat(str(until))
    document = {
        "RoleArn": role,
        "AccessKeyId": answer["AccessKeyId"],
        "SecretAccessKey": answer["SecretAccessKey"],
        "Token": answer["SessionToken"],
        "Expiration": f"{ends.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    return AssumedCredentials(json.dumps(document).encode(), ends.timestamp())
