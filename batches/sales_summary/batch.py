"""Sums up the shops' sales. Its image also serves the batch sales-check."""

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, FargateBatch, Schedule


class SalesSummary(FargateBatch):
    """Sums up a week's sales by day, shop and product."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "sales-summary",
            platform=platform,
            owner="finance-systems",
            image="sales",
            command=["python", "-m", "sales.summary"],
            reads=["csv:sales"],
            writes=["csv:sales-summary"],
            environment={
                "PYTHONUNBUFFERED": "1",
                "SALES_FILE": "data/sales.csv",
                "ROWS_PER_SECOND": "800",  # slow enough to watch the log
            },
            schedule=Schedule.weekly("MON", "06:30"),
            timeout=Duration.minutes(10),
        )
