"""Asks: when is the main container's exit code there, if a sidecar takes half a minute to end?"""

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, FargateBatch, Sidecar


class Drain(FargateBatch):
    """Ends with 3 after five seconds, beside a sidecar that takes thirty to end."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        agent = Sidecar(
            name="agent",
            image="public.ecr.aws/docker/library/busybox:1.37",
            command=["sh", "-c", "trap 'echo draining; sleep 30; exit 0' TERM; while true; do sleep 1; done"],
            stop_timeout=Duration.seconds(60),
            main_waits_for="START",
        )
        super().__init__(
            scope,
            "drain",
            platform=platform,
            owner="trial",
            image="probe",
            command=["sh", "-c", "sleep 5; echo done; exit 3"],
            sidecars=[agent],
            timeout=Duration.minutes(5),
        )
