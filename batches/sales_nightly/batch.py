"""Checks the shops' sales every night, in the workflow nightly. It runs the image of the batch sales-summary."""

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, FargateBatch, Option, Retry


class SalesNightly(FargateBatch):
    """Checks the night's sales file; exits with 3 if a row is invalid."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "sales-nightly",
            platform=platform,
            owner="finance-systems",
            image="sales",
            command=["python", "-m", "sales.check"],
            reads=["csv:sales"],
            environment={"PYTHONUNBUFFERED": "1", "SALES_FILE": "data/sales.csv"},
            options=[Option("SALES_FILE", pattern=r"data/[a-z-]+\.csv", description="The file to check")],
            retry=Retry(times=2, on=["interruption"]),
            overlap="forbid",
            timeout=Duration.minutes(5),
        )
