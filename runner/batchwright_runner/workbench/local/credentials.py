"""Whose credentials a run on this machine gets: a stage's task role, assumed once by the developer, or a profile's."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import CLOCK, shown
from batchwright_runner.errors import DeniedError, RunnerError, UsageError
from batchwright_runner.host.aws.client import translated
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import patiently
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.stage.session import Stage, Surroundings, open_stage
from batchwright_runner.workbench.project.known_names import LOCAL

HOUR = 3600
"""Seconds that assumed credentials last: what a chain of roles may have at most (IAM user guide, "Role chaining",
2026-11)."""
VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION")
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE")
_SSO = re.compile(r"(AWSReservedSSO_.+)_[0-9a-f]{16}")
_NOT_IN_A_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployed batch."""

    stage: Stage
    manifest: BatchManifest
    caller: str


def from_stage(request: RunOptions) -> list[str]:
    """The options given that reach into a deployed stage."""
    options = {"--use-task-role": request.use_task_role, "--use-values": request.use_values}
    return [option for option in options if options[option]]


def check_stage_options(request: RunOptions, batch: BatchFile) -> None:
    """Refuses to reach into a stage that is not named or is protected, before AWS is asked."""
    for option in from_stage(request):
        if request.stage == LOCAL:
            subject = "a task role is" if option == "--use-task-role" else "values are"
            raise UsageError(f"{option} needs a stage: {subject} deployed in one", hint="Add -s STAGE")
        _refuse_protected(option, request.stage, protected=batch.manifest.protected)


def open_deployed(request: RunOptions, around: Surroundings) -> Deployed:
    """Finds the batch in its stage, by the developer's own rights."""
    stage = open_stage(request.stage, around)
    manifest = stage.find_batch(request.name)
    for option in from_stage(request):
        _refuse_protected(option, request.stage, protected=manifest.protected)
    return Deployed(stage, manifest, str(stage.aws.call("sts", "get_caller_identity")["Arn"]))


def _refuse_protected(option: str, stage: str, *, protected: bool) -> None:
    if protected:
        raise UsageError(
            f"{option} is refused: stage {stage} is protected, and nothing of it comes to this machine",
            hint="Use a stage that is not protected",
        )


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


def open_task_role(deployed: Deployed, batch: BatchFile, around: Surroundings) -> AssumedRole:
    """Assumes the task role of a deployed batch, by the developer's own rights."""
    name, role = session_name(deployed.caller), batch.access.task.arn or batch.task.get("taskRoleArn")
    if not isinstance(role, str):
        raise RunnerError("the task role cannot be assumed: its ARN is known to a deployment only")
    aws, region = deployed.stage.aws, deployed.manifest.region
    problem = f"the task role {role} cannot be assumed"
    try:
        assume = partial(aws.call, "sts", "assume_role", RoleArn=role, RoleSessionName=name, DurationSeconds=HOUR)
        given = patiently(assume, problem, around.waiter, but=None)["Credentials"]
    except DeniedError as error:
        hint = f"Its trust must name you. Write {trusting(deployed.caller)} into app.py, and deploy"
        if batch.access.task.adopted:
            hint = "The role was given to the batch: whoever owns it has to let you assume it"
        raise DeniedError(f"{error}", hint=f"{hint}. You need sts:AssumeRole on the role yourself, too") from error
    keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    assumed = AssumedRole(_variables(*keys, region), given["Expiration"].timestamp())
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


def _variables(*values: str) -> dict[str, str]:
    """The variables that AWS's SDKs read, of key, secret, token and region. Empty ones are left out."""
    return {name: value for name, value in zip(VARIABLES, (*values, values[-1]), strict=True) if value}


def profile_variables(profile: str, region: str) -> dict[str, str]:
    """A profile's credentials, as the variables that AWS's SDKs read. They are those of now: they may expire."""
    import botocore.session

    session = botocore.session.Session(profile=profile)
    try:
        credentials = translated(session.get_credentials)
        frozen = translated(credentials.get_frozen_credentials) if credentials is not None else None
        region = translated(lambda: session.get_config_variable("region")) or region
    except ApiError as error:
        raise RunnerError(f"profile {profile} cannot be used: {error}") from error
    if frozen is None or not frozen.access_key:
        raise RunnerError(
            f"profile {profile} cannot be used: it has no credentials",
            hint=f"Log in first: aws sso login --profile {profile}, or aws configure --profile {profile}",
        )
    return _variables(frozen.access_key, frozen.secret_key or "", frozen.token or "", region)
