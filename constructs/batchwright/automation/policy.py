"""How often and for how long a machine tries, as data. The figures are the runner's, or say why they are not."""

from collections.abc import Mapping, Sequence
from typing import Any

from batchwright_runner.contract.ends import STARTS
from batchwright_runner.contract.manifest import BatchManifest

LOOKS: Sequence[Mapping[str, Any]] = (
    {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 5,
        "BackoffRate": 2,
        "MaxAttempts": 4,
        "JitterStrategy": "FULL",
    },
)
"""A look changes nothing, so that it is repeated whatever went wrong. Nothing else has a ``Retry``: after a start that
failed it is decided what comes next, and ``States.TaskFailed`` would start a batch again for each exit code."""
LOOK_SECONDS = 60
"""Seconds that a look may take."""

TASKS, EXECUTIONS = 25, 200
"""How many are described or listed at once. A task has up to 16 KB, an execution up to 600 bytes, and more than 256 KB
are `TOO_LARGE`; then fewer tasks are described."""
TOO_LARGE = "States.DataLimitExceeded"
"""The error that ``States.ALL`` does not stand for (Step Functions user guide, "Error handling", 2026-11)."""
APPEARS_SECONDS = 3
"""Seconds until a look finds a task or an execution that was started just before: ListTasks and ListExecutions are
eventually consistent."""
OVERLAP_SECONDS, OVERLAP_SHARE, OVERLAP_LONGEST = 30, 60, 1800
"""Seconds between two looks whether the run before has ended, at least; a sixtieth of the time that was waited; and at
most. So 14 days take 1,000 looks of 11 events each: an execution may have 25,000."""
RESTART_SECONDS = 15
"""Seconds after a start that failed before the container ran."""
REFUSED_SECONDS = 20
"""Seconds after a start that AWS refused for a moment."""
REFUSALS = 15
"""How often that is tried again: for five minutes, as the runner."""
LOST_PAUSES = (10, 20, 40, 80, 160, 320)
"""Seconds before each look for the task of a start whose end is unknown."""

JOIN_SECONDS, JOINS = 30, 20
"""Seconds before a step is started again whose end is unknown, under the same name, and how often that is done."""
WORKFLOW_WAIT = 24 * 3600
"""Seconds that a workflow's run waits for another one's end, where it does not say."""
CAUSE_LIMIT = 2000
"""Characters of a failure's cause that are kept of what AWS says."""

PASSING = ("ECS.ThrottlingException", "ECS.LimitExceededException")
"""Errors after which nothing was started, and a later start may work."""
DENIED = ("ecs:runtask", "iam:passrole")
"""What may be denied and means that nothing was started, in lower case. Step Functions is denied what it does after the
start by errors of the same names."""
REFUSED = (
    "AmazonECS.Unknown",
    "ECS.AmazonECSException",
    "ECS.BlockedException",
    "ECS.ClientException",
    "ECS.ClusterNotFoundException",
    "ECS.InvalidParameterException",
    "ECS.PlatformTaskDefinitionIncompatibilityException",
    "ECS.PlatformUnknownException",
    "ECS.UnsupportedFeatureException",
)
"""Errors of a request that ECS has answered: nothing was started. Whether a later start may work is in the text.
``AmazonECS.Unknown`` stands for an answer with ``failures`` (Step Functions user guide, "Run Amazon ECS or Fargate
tasks", 2026-11). After any other error, such as ``ECS.ServerException``, a task may have been started."""

THROTTLED = ("throttlingexception", "rate exceeded", "toomanyrequests")
"""In the text of a refusal by a quota, in lower case."""

LONGEST = 365 * 24 * 3600 - 3600
"""Seconds that an execution may take: a year (Step Functions user guide, "Quotas", 2026-11), and an hour less."""


def whole_seconds(manifest: BatchManifest) -> int:
    """Seconds that a run may take with all attempts, pauses and starts that are tried again. Pure."""
    refused = REFUSALS * (REFUSED_SECONDS + 2 * LOOK_SECONDS)
    lost = sum(LOST_PAUSES) + 2 * len(LOST_PAUSES) * LOOK_SECONDS
    attempt = manifest.timeout_seconds + refused + lost + RESTART_SECONDS + 10 * LOOK_SECONDS
    waits = manifest.overlap_wait_seconds or manifest.timeout_seconds if manifest.overlap == "wait" else 0
    delays = manifest.retries * manifest.retry_delay_seconds
    return min(LONGEST, (manifest.retries + 1) * (STARTS * attempt + waits) + delays)
