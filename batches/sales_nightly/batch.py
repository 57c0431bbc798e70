"""Checks the shops' sales every night. In production AWS starts it; it runs the image of the batch sales-summary."""

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, FargateBatch, Option, Retry, Schedule


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
            schedule=Schedule.daily("02:30", window=Duration.minutes(10)),
            scheduler=platform.choose(default="nobody", production="aws"),
            retry=Retry(times=2, on=["interruption"]),
            overlap="forbid",
            timeout=Duration.minutes(5),
        )
