"""A batch that has a machine and no schedule. Its image is that of the batch tick."""

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, Container, FargateBatch, Option


class Tock(FargateBatch):
    """Ends as it is told to."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "tock",
            platform=platform,
            owner="accounts-team",
            image="tick",
            command=["/app/tick"],
            options=[Option("CODE", values=["0", "3"]), Option("WAIT", pattern="[0-9]{1,3}")],
            overlap="forbid",
            timeout=Duration.minutes(1),
            container=Container(stop_timeout=Duration.seconds(5)),
        )
