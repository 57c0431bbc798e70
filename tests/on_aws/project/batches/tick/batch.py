"""Asks: does a schedule with a window start the machine, and say when the batch was due?"""

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, FargateBatch, Schedule


class Tick(FargateBatch):
    """Says when it was due."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "tick",
            platform=platform,
            owner="trial",
            image="probe",
            command=["sh", "-c", 'echo "due $BATCHWRIGHT_SCHEDULED_TIME"'],
            timeout=Duration.minutes(5),
            schedule=Schedule.every(Duration.minutes(2), window=Duration.minutes(1)),
            scheduler="aws",
        )
