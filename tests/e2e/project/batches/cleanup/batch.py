"""A batch that may do nothing, and goes on until it is stopped."""

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, Container, FargateBatch


class Cleanup(FargateBatch):
    """Goes on until it is stopped, and then says that all went well."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "cleanup",
            platform=platform,
            owner="accounts-team",
            command=["/app/cleanup"],
            timeout=Duration.minutes(5),
            container=Container(stop_timeout=Duration.seconds(5), user="10001:10001", read_only_root=True),
        )
