"""Two batches that share an image, which is built from this folder."""

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, Container, FargateBatch


class Built(FargateBatch):
    """Runs the image's own command."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "built",
            platform=platform,
            owner="tests",
            image="built",
            container=Container(stop_timeout=Duration.seconds(2)),
        )
