"""Checks the shops' sales before they are summed up. It runs the image of the batch sales-summary."""

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, FargateBatch


class SalesCheck(FargateBatch):
    """Checks the day's sales file; exits with 3 if a row is invalid."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "sales-check",
            platform=platform,
            owner="finance-systems",
            image="sales",
            command=["python", "-m", "sales.check"],
            reads=["csv:sales"],
            environment={"PYTHONUNBUFFERED": "1", "SALES_FILE": "data/sales.csv"},
            timeout=Duration.minutes(5),
        )
