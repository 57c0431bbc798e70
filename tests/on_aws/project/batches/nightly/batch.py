"""Asks: does a state machine start, judge and stop a batch as the runner does?"""

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, FargateBatch, Sidecar


class Nightly(FargateBatch):
    """Goes on for a minute and ends with 0, also on SIGTERM, beside a sidecar that SIGTERM ends with 143."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        agent = Sidecar(
            name="agent",
            image="public.ecr.aws/docker/library/busybox:1.37",
            command=["sh", "-c", "trap 'exit 143' TERM; while true; do sleep 1; done"],
        )
        super().__init__(
            scope,
            "nightly",
            platform=platform,
            owner="trial",
            image="probe",
            command=["sh", "-c", "trap 'exit 0' TERM; echo \"$BATCHWRIGHT_SCHEDULED_TIME\"; sleep 60 & wait"],
            sidecars=[agent],
            timeout=Duration.minutes(5),
            scheduler="aws",
            overlap="forbid",
        )
