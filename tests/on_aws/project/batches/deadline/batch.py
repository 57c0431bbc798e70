"""Asks: does the schedule stop a task that no runner follows, and may a task be stopped twice?"""

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, Container, FargateBatch


class Deadline(FargateBatch):
    """Goes on for ten minutes and does not listen to SIGTERM."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "deadline",
            platform=platform,
            owner="trial",
            image="probe",
            command=["sh", "-c", "trap '' TERM; echo begun; sleep 600"],
            timeout=Duration.minutes(1),
            container=Container(stop_timeout=Duration.seconds(60)),
        )
