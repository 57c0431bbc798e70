"""A batch that a schedule of AWS starts."""

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
            owner="accounts-team",
            command=["/app/tick"],
            schedule=Schedule.every(Duration.minutes(1)),
            timeout=Duration.minutes(5),
        )
