"""Facts about AWS that age, each with its source and the month it was looked up."""

from typing import NamedTuple

from batchwright_runner.contract.verdicts import ROWS, Row, Verdict

OVERRIDES_LIMIT = 8192
"""Characters that the overrides of a run may have in all (ECS API reference, TaskOverride, 2026-11)."""

TEMPORARY_FAILURES = ("Capacity is unavailable", "AGENT")
"""RunTask failures that pass (ECS developer guide, "API failure messages"; dagster pulls 24691, 34125; 2026-11)."""

INACTIVE_DEFINITION = "TaskDefinition is inactive"
"""RunTask's message for a revision that was deregistered (ECS, seen in prefect-aws's error handling, 2026-11)."""


class Reason(NamedTuple):
    """What a stop reason means.

    Attributes:
        parts: Texts that the reason holds, all of them, in lower case.
        advice: What to do.
        temporary: Another try may work.
    """

    parts: tuple[str, ...]
    advice: str
    temporary: bool = False


_NETWORK = (
    "the task has no way to {}: check NAT, or the VPC endpoints ecr.api, ecr.dkr, S3 (gateway), logs, ssm and kms; "
    "in a public subnet the batch needs assign_public_ip"
)

REASONS: tuple[Reason, ...] = (
    Reason(
        ("timeout waiting for network interface provisioning",), "AWS was slow to attach a network: run it again", True
    ),
    Reason(
        ("timeout waiting for ephemeralstorage provisioning",), "AWS was slow to make the storage: run it again", True
    ),
    Reason(
        ("unexpected ec2 error while attempting to create network interface",),
        "AWS could not attach a network: run it again; if it stays, check the subnets' free addresses",
        True,
    ),
    Reason(("capacity is unavailable",), "AWS has no Fargate capacity there now: run it again later", True),
    Reason(("rate exceeded",), "AWS throttled the start: run it again", True),
    Reason(("throttlingexception",), "AWS throttled the start: run it again", True),
    Reason(("cannotpullcontainererror", "i/o timeout"), _NETWORK.format("ECR"), True),
    Reason(("cannotpullcontainererror", "context deadline exceeded"), _NETWORK.format("ECR"), True),
    Reason(("cannotpullcontainererror", "eof"), "the pull was cut off: run it again", True),
    Reason(("cannotpullcontainererror", "invalid argument"), "the pull failed on AWS's side: run it again", True),
    Reason(
        ("cannotpullcontainererror", "not found"),
        "there is no image under that tag: push one and release it (batchwright release), or restore an older one",
    ),
    Reason(
        ("cannotpullcontainererror", "manifest unknown"),
        "there is no image under that tag: push one and release it (batchwright release), or restore an older one",
    ),
    Reason(
        ("cannotpullcontainererror", "403"),
        "the pull was forbidden: check the execution role's ECR permissions and the repository's policy",
    ),
    Reason(
        ("cannotpullcontainererror", "no basic auth"),
        "the pull was forbidden: check the execution role's ECR permissions and the repository's policy",
    ),
    Reason(
        ("cannotpullcontainererror", "platform"),
        "the image is for another CPU: build it for the batch's architecture",
    ),
    Reason(("cannotpullcontainererror",), "the image could not be pulled: check tag, repository and network"),
    Reason(
        ("resourceinitializationerror", "accessdenied"),
        "the execution role may not read a secret or parameter: it needs ssm:GetParameters and kms:Decrypt for it",
    ),
    Reason(
        ("resourceinitializationerror", "invalid ssm parameters"),
        "a declared secret or parameter does not exist: set it with batchwright params set",
    ),
    Reason(
        ("resourceinitializationerror", "parameternotfound"),
        "a declared secret or parameter does not exist: set it with batchwright params set",
    ),
    Reason(
        ("resourceinitializationerror", "failed to validate logger args"),
        _NETWORK.format("CloudWatch Logs"),
    ),
    Reason(
        ("resourceinitializationerror", "deadline exceeded"),
        _NETWORK.format("SSM or Secrets Manager"),
        True,
    ),
    Reason(("resourceinitializationerror", "i/o timeout"), _NETWORK.format("SSM or Secrets Manager"), True),
    Reason(
        ("resourceinitializationerror", "unable to pull secrets or registry auth"),
        "a secret or the registry could not be read: check the execution role, then the network",
    ),
    Reason(
        ("failed to create cloudwatch log stream",),
        "the log group is not there: deploy the batch's stack again",
    ),
    Reason(("outofmemoryerror",), "the container used more memory than declared: raise memory= in its batch.py"),
    Reason(
        ("dependency did not exit successfully",),
        "a container that main waits for failed: with --all-containers its log is shown too",
    ),
    Reason(("cannotstartcontainererror",), "the command could not be started: check command=, its path and the image"),
    Reason(("cannotcreatecontainererror",), "the container could not be made: check the image and the task definition"),
    Reason(
        ("performing maintenance on the underlying infrastructure",),
        "AWS retired the machine under it, and does not start it again: run it again",
    ),
    Reason(("spot task was interrupted",), "AWS took the Spot capacity back: run it again, or use FARGATE"),
)
"""First match wins (ECS developer guide, "Stopped task errors", "Resource initialization errors" and "Cannot pull
container"; dagster and prefect-aws keep like lists; amazon-ecs-agent's dependency graph; 2026-11)."""

EXIT_CODES = {
    126: "126 often means: the command is not executable, or made for another CPU architecture",
    127: "127 often means: the command was not found in the image",
    134: "134 often means: the program aborted",
    137: "137 means that it was killed: by the memory limit, if nobody stopped it",
    139: "139 means: segmentation fault",
    143: "143 means that it ended on SIGTERM",
}
"""What exit codes of containers usually mean (Docker's and the shell's conventions, 2026-11)."""


def is_temporary(reason: str) -> bool:
    """Whether a start that failed for this reason may work on another try."""
    found = _meaning(reason)
    return found is not None and found.temporary


def advice(found: Verdict, reason: str) -> str:
    """What a stop reason or an exit code asks a person to do. Pure.

    Returns:
        A sentence without its full stop; empty where nothing is known.
    """
    if found.row is Row.OWN and found.code == 0:
        return ""
    meaning = _meaning(reason)
    known = {"reason": meaning.advice if meaning is not None else "", "code": EXIT_CODES.get(found.code, "")}
    return next((known[key] for key in ROWS[found.row].advice if known[key]), "")


def _meaning(reason: str) -> Reason | None:
    text = reason.lower()
    return next((one for one in REASONS if all(part in text for part in one.parts)), None)
