"""Facts about AWS that age, each with its source and the month it was looked up."""

from typing import NamedTuple

from batchwright_runner.contract.verdicts import ROWS, Verdict

OVERRIDES_LIMIT = 8192
"""Characters that the overrides of a run may have in all (ECS API reference, TaskOverride, 2026-11)."""

TEMPORARY_FAILURES = ("AGENT",)
"""RunTask failures that pass and have no text (ECS developer guide, "API failure messages"; dagster pulls 24691, 34125;
digdag pull 1723; 2026-11)."""

REVERT = "cdk deploy STACK --revert-drift"
"""Makes again what someone deleted or changed by hand: CloudFormation leaves a stack alone whose template is the same,
unless the change set is aware of drift (CloudFormation user guide, "Drift-aware change sets"; ``cdk deploy --help``,
2.1148; 2026-11)."""
BATCH_AGAIN = f"deploy the batch again ({REVERT})"
PLATFORM_AGAIN = f"deploy the stage's platform again ({REVERT})"

INACTIVE_DEFINITION = "TaskDefinition is inactive"
"""RunTask's message for a revision that was deregistered (ECS, seen in prefect-aws's error handling, 2026-11)."""


class Reason(NamedTuple):
    """What a stop reason means."""

    # Texts that the reason holds, all of them, in lower case
    parts: tuple[str, ...]
    advice: str
    temporary: bool = False


_PULL = "cannotpull"
"""The beginning of CannotPullContainerError and of its older and newer names, in lower case."""
_RESOURCES = "resourceinitializationerror"
_EFS = "efs utils"
_NETWORK = (
    "the task has no way to {}: check NAT, or the VPC endpoints ecr.api, ecr.dkr, S3 (gateway), logs, ssm and kms, and "
    "that the security group lets port 443 out; in a public subnet the batch needs assign_public_ip"
)
_NETWORK_GONE = f"a subnet or security group is gone: name another in cdk.json, or {PLATFORM_AGAIN}"

_NOT_ALLOWED = "the pull was forbidden: check the execution role's ECR permissions and the repository's policy"
_NO_IMAGE = "there is no image under that tag: push one and release it (batchwright release), or restore an older one"
_PULL_FAILED = "the registry, or the way to it, failed for a moment: run it again"
_THROTTLED = "AWS throttled the start: run it again"
_NETWORK_FAILED = "AWS could not attach a network: run it again"
_AWS_FAILED = "AWS failed on its side: run it again"
_NO_LOG_GROUP = f"the log group is not there: {BATCH_AGAIN}"

REASONS: tuple[Reason, ...] = (
    # AWS's limits on calls. The text of EC2 in a stop reason: wrapbox issue 32, dask-cloudprovider issue 56; of Batch's
    # agent, in a list of what to retry: "Rate limit exceeded while preparing network interface".
    Reason(("rate exceeded",), _THROTTLED, True),
    Reason(("rate limit exceeded",), _THROTTLED, True),
    Reason(("throttlingexception",), _THROTTLED, True),
    Reason(("requestlimitexceeded",), _THROTTLED, True),
    Reason(("request limit exceeded",), _THROTTLED, True),
    # What RunTask refuses. The network: moto, tests of ECS; capacity providers: dask-cloudprovider issue 328.
    Reason(("error retrieving", "does not exist"), _NETWORK_GONE),
    Reason(("clusternotfoundexception",), f"the cluster is gone: {PLATFORM_AGAIN}"),
    Reason(("taskdefinition not found",), f"the task definition is gone: {BATCH_AGAIN}"),
    Reason(
        ("not associated with the cluster",),
        "the cluster lacks a capacity provider of the batch: associate it (aws ecs put-cluster-capacity-providers)",
    ),
    # The network interface: AWS's page on TaskFailedToStart; dagster's and others' lists of what to retry.
    Reason(("timeout waiting for network interface provisioning",), _NETWORK_FAILED, True),
    Reason(("timeout wait for network interface provision",), _NETWORK_FAILED, True),
    Reason(("timeout waiting for ephemeralstorage provisioning",), _AWS_FAILED, True),
    Reason(
        ("unexpected ec2 error", "insufficientfreeaddresses"),
        "the subnet has no free address: run it again when others have ended, or give the stage larger subnets",
        True,
    ),
    Reason(("unexpected ec2 error", "tagpolicyviolation"), "a tag policy forbids the task's network: see the policy"),
    Reason(("unexpected ec2 error", "unauthorizedoperation"), "ECS may not make a network there: see its service role"),
    Reason(("unexpected ec2 error", ".notfound"), _NETWORK_GONE),
    Reason(
        ("unexpected ec2 error",),
        "AWS could not attach a network: run it again; if it stays, check the subnets' free addresses",
        True,
    ),
    Reason(("failed to configure eni",), _NETWORK_FAILED, True),
    Reason(("internalerror:",), _AWS_FAILED, True),
    # Capacity, of Fargate or of Fargate Spot: re:Post, ecs-fargate-runtask-capacity; containers-roadmap issue 2034.
    Reason(("capacity is unavailable",), "AWS has no Fargate capacity there now: run it again later", True),
    Reason(("capacity is not available",), "AWS has no Fargate capacity there now: run it again later", True),
    Reason(
        ("reached the limit on the number of",),
        "the account runs as many tasks as it may: run it again when others have ended, or have the quota raised",
        True,
    ),
    # A role that was just made is not known everywhere: pulumi-awsx issue 927.
    Reason(
        ("unable to assume the role",),
        f"a new role takes a moment: run it again in a minute; if it stays, check the role's trust, or {BATCH_AGAIN}",
    ),
    # Pulling: AWS's page on CannotPullContainer, where long messages are cut off; the texts of Go's HTTP client and of
    # containerd. 500, 503 and the like: prefect issue 14730, amazon-ecs-agent issue 719.
    Reason((_PULL, "i/o timeout"), _NETWORK.format("ECR"), True),
    Reason((_PULL, "context deadline exceeded"), _NETWORK.format("ECR"), True),
    Reason((_PULL, "request canceled"), _NETWORK.format("ECR"), True),
    Reason((_PULL, "client.timeout"), _NETWORK.format("ECR"), True),
    Reason((_PULL, "context canceled"), _NETWORK.format("ECR"), True),
    Reason((_PULL, "context cancelled"), _NETWORK.format("ECR"), True),  # codespell:ignore cancelled
    Reason(("connection issue between the task and",), _NETWORK.format("ECR, SSM or Secrets Manager"), True),
    Reason((_PULL, "check your network configuration"), _NETWORK.format("ECR"), True),
    Reason((_PULL, "tls handshake timeout"), _PULL_FAILED, True),
    Reason((_PULL, "connection reset"), _PULL_FAILED, True),
    Reason((_PULL, "connection refused"), _PULL_FAILED, True),
    Reason((_PULL, "could not reach any registry"), _PULL_FAILED, True),
    Reason((_PULL, "internal server error"), _PULL_FAILED, True),
    Reason((_PULL, "bad gateway"), _PULL_FAILED, True),
    Reason((_PULL, "service unavailable"), _PULL_FAILED, True),
    Reason((_PULL, "gateway time"), _PULL_FAILED, True),
    Reason((_PULL, "eof"), "the pull was cut off: run it again", True),
    Reason((_PULL, "invalid argument"), "the pull failed on AWS's side: run it again", True),
    Reason(
        (_PULL, "pull rate limit"),
        "the registry's limit on pulls is reached: wait, or copy the image into ECR",
    ),
    Reason((_PULL, "toomanyrequests"), _THROTTLED, True),
    Reason((_PULL, "too many requests"), _THROTTLED, True),
    Reason((_PULL, "no space left"), "the image does not fit: raise the batch's ephemeral storage"),
    Reason((_PULL, "403 forbidden"), _NOT_ALLOWED),
    Reason((_PULL, "pull access denied"), _NOT_ALLOWED),
    Reason((_PULL, "no basic auth"), _NOT_ALLOWED),
    Reason((_PULL, "role has the permissions"), _NOT_ALLOWED),
    Reason((_PULL, "not found"), _NO_IMAGE),
    Reason((_PULL, "manifest unknown"), _NO_IMAGE),
    Reason((_PULL, "matching platform"), "the image is for another CPU: build it for the batch's architecture"),
    Reason((_PULL, "match for platform"), "the image is for another CPU: build it for the batch's architecture"),
    Reason((_PULL, "api error (5"), _PULL_FAILED, True),
    Reason((_PULL,), "the image could not be pulled: check tag, repository and network"),
    # Mounting EFS: copilot-cli issue 5419, compose-cli issue 1490; re:Post, fargate-unable-to-mount-efs.
    Reason(
        (_EFS, "failed to resolve"),
        "the task finds no mount target of the file system: check its id, its mount targets and the DNS of the VPC",
    ),
    Reason(
        (_EFS, "timed out"),
        "the file system does not answer: its security group must let the batch's in on port 2049",
    ),
    Reason(
        (_EFS, "access denied"),
        "the file system refuses the task role: check its policy, the access point and the rights of the role",
    ),
    # Secrets and parameters: the errors on their side that the APIs of Secrets Manager, SSM and KMS document
    # (GetSecretValue, GetParameters, Decrypt); a deadline whose text is cut off: serverless-jenkins-on-aws-fargate
    # issue 7. A secret that is gone, or is to be: messages of GetSecretValue, as in external-secrets pull 4562; a field
    # that it lacks: amazon-ecs-agent, asmsecret. A key: messages of Decrypt (AWS KMS developer guide, key states). The
    # log group: cn-terraform/terraform-aws-nexus issue 35.
    Reason(("log group does not exist",), _NO_LOG_GROUP),
    Reason(
        (_RESOURCES, "accessdenied", "logs:create"),
        "the execution role may not write the log: it needs logs:CreateLogStream and logs:PutLogEvents for its group",
    ),
    Reason((_RESOURCES, "accessdenied", "to perform: ecr:"), _NOT_ALLOWED),
    Reason(
        (_RESOURCES, "accessdenied", "secretsmanager:getsecretvalue"),
        "the execution role may not read a secret: it needs secretsmanager:GetSecretValue for it",
    ),
    Reason(
        (_RESOURCES, "find the specified secret"),
        "a secret of Secrets Manager does not exist: make it, or take it out of batch.py",
    ),
    Reason(
        (_RESOURCES, "marked for deletion"),
        "a secret of Secrets Manager is to be deleted: restore it (aws secretsmanager restore-secret)",
    ),
    Reason(
        (_RESOURCES, "did not contain json key"),
        "a secret of Secrets Manager lacks the declared field: add it, or name another in batch.py",
    ),
    Reason(
        (_RESOURCES, "pending deletion"),
        "the key of a secret is to be deleted: aws kms cancel-key-deletion, then aws kms enable-key",
    ),
    Reason((_RESOURCES, "is disabled"), "the key of a secret is disabled: enable it (aws kms enable-key)"),
    Reason(
        (_RESOURCES, "accessdenied"),
        "the execution role may not read a secret or parameter: it needs ssm:GetParameters and kms:Decrypt for it",
    ),
    Reason((_RESOURCES, "internalserviceerror"), _AWS_FAILED, True),
    Reason((_RESOURCES, "internalservererror"), _AWS_FAILED, True),
    Reason((_RESOURCES, "internalfailure"), _AWS_FAILED, True),
    Reason((_RESOURCES, "kmsinternalexception"), _AWS_FAILED, True),
    Reason((_RESOURCES, "dependencytimeoutexception"), _AWS_FAILED, True),
    Reason((_RESOURCES, "internal server error"), _AWS_FAILED, True),
    Reason((_RESOURCES, "serviceunavailable"), _AWS_FAILED, True),
    Reason((_RESOURCES, "service unavailable"), _AWS_FAILED, True),
    Reason((_RESOURCES, "connection reset"), _AWS_FAILED, True),
    Reason(
        (_RESOURCES, "invalid ssm parameters"),
        "a declared secret or parameter does not exist: set it with batchwright params set",
    ),
    Reason(
        (_RESOURCES, "parameternotfound"),
        "a declared secret or parameter does not exist: set it with batchwright params set",
    ),
    Reason(
        (_RESOURCES, "failed to validate logger args"),
        _NETWORK.format("CloudWatch Logs"),
    ),
    Reason((_RESOURCES, "context deadli"), _NETWORK.format("SSM or Secrets Manager"), True),
    Reason((_RESOURCES, "request context canceled"), _NETWORK.format("SSM or Secrets Manager"), True),
    Reason((_RESOURCES, "request canceled"), _NETWORK.format("SSM or Secrets Manager"), True),
    Reason((_RESOURCES, "i/o timeout"), _NETWORK.format("SSM or Secrets Manager"), True),
    Reason((_RESOURCES, "send request failed"), _NETWORK.format("SSM or Secrets Manager"), True),
    Reason(
        (_RESOURCES, "unable to pull secrets or registry auth"),
        "a secret or the registry could not be read: check the execution role, then the network",
    ),
    Reason(
        (_EFS,), "a file system could not be mounted: check its mount targets, security group, policy and access point"
    ),
    Reason(("failed to create cloudwatch log stream",), _NO_LOG_GROUP),
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
"""First match wins (ECS developer guide, "Stopped task errors", "TaskFailedToStart", "Resource initialization errors",
"CannotPullContainer"; the issues named above; dagster and prefect-aws keep like lists; amazon-ecs-agent's dependency
graph; all read 2026-11)."""

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
    """Whether a start that failed, or was refused, for this reason may work on another try."""
    meaning = _meaning(reason)
    return meaning is not None and meaning.temporary


def advice(verdict: Verdict, reason: str) -> str:
    """What a stop reason or an exit code asks a person to do. Pure.

    Returns a sentence without its full stop; empty where nothing is known.
    """
    if verdict.succeeded:
        return ""
    meaning = _meaning(reason)
    texts = {"reason": meaning.advice if meaning is not None else "", "code": EXIT_CODES.get(verdict.code, "")}
    return next((texts[key] for key in ROWS[verdict.row].advice if texts[key]), "")


def start_advice(reason: str) -> str:
    """What a start that failed for this reason asks a person to do, for checks that see it coming. Pure."""
    meaning = _meaning(reason)
    if meaning is None:
        raise LookupError(reason)
    return meaning.advice


def is_of_network(reason: str) -> bool:
    """Whether a start failed for its subnets, groups or way to AWS: whatever else has the same meets it too. Pure."""
    meaning = _meaning(reason)
    return meaning is not None and meaning.advice.startswith((_NETWORK.partition("{")[0], _NETWORK_GONE))


def _meaning(reason: str) -> Reason | None:
    text = reason.lower()
    return next((row for row in REASONS if all(part in text for part in row.parts)), None)
