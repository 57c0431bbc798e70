"""A batch that runs the image of another folder."""

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, Container, FargateBatch


class Borrower(FargateBatch):
    """Runs the image that `built` brings."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "borrower",
            platform=platform,
            owner="tests",
            image="built",
            command=["sh", "-c", "echo borrowed; cat /srv/text"],
            container=Container(stop_timeout=Duration.seconds(2)),
        )
