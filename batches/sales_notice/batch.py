"""Tells the shops how the night went. The workflow nightly always runs it; its image is that of sales-summary."""

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, FargateBatch


class SalesNotice(FargateBatch):
    """Tells the shops whether the day's sales are summed up."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "sales-notice",
            platform=platform,
            owner="finance-systems",
            image="sales",
            command=["python", "-m", "sales.notice"],
            environment={"PYTHONUNBUFFERED": "1"},
            timeout=Duration.minutes(5),
        )
