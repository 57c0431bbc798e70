"""What AWS says when a start fails, when it ends a task, and when it refuses one; and whether that passes.

Written down from AWS's pages and public reports (ECS developer guide, "Stopped task errors", "TaskFailedToStart",
"CannotPullContainer", "Resource initialization errors", "API failure messages"; 2026-11), not from the runner's table.
"""

_PULL = "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref "
_IMAGE = "333333333333.dkr.ecr.eu-west-1.amazonaws.com/batches/reports:stage-staging: "
_READ = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "

START_FAILURES = {
    "Timeout waiting for network interface provisioning to complete.": True,
    "Capacity is unavailable at this time. Please try again later or in a different availability zone": True,
    f"{_PULL}{_IMAGE}unexpected status code [manifests stage-staging]: 503 Service Unavailable": True,
    f"{_PULL}{_IMAGE}read tcp 10.0.1.5:44312->52.216.1.2:443: read: connection reset by peer": True,
    f"{_PULL}{_IMAGE}dial tcp 52.216.1.2:443: i/o timeout": True,
    f"{_READ}cannot retrieve secrets from ssm: service call has been retried 1 time(s): InternalServerError: x": True,
    f"{_PULL}{_IMAGE}not found": False,
    f"{_PULL}{_IMAGE}403 Forbidden": False,
    f"{_READ}unable to retrieve secrets from ssm: AccessDeniedException: User is not authorized": False,
    f"{_READ}unable to retrieve secrets from ssm: The task cannot find it: invalid ssm parameters: /batches/x": False,
}
"""Why a start failed, and whether another try may work."""

RUN_FAILURES = {
    "Capacity is unavailable at this time. Please try again later or in a different availability zone": True,
    "AGENT": True,
    "MISSING": False,
}
"""The reason of RunTask's failure, and whether another try may work."""

INTERRUPTIONS = (
    ("SpotInterruption", "Your Spot Task was interrupted."),
    ("TerminationNotice", "ECS is performing maintenance on the underlying infrastructure hosting the task."),
    ("UserInitiated", "ECS is performing maintenance on the underlying infrastructure hosting the task."),
    ("InfrastructureHealth", "The underlying infrastructure is impaired."),
)
"""Stop code and reason of a task that AWS ends."""
