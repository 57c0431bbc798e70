"""A batch with everything that a task definition can hand to a container."""

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, FargateBatch


class Report(FargateBatch):
    """Says what it was given, and ends with the code it is told to end with."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "report",
            platform=platform,
            owner="finance-systems",
            command=["/app/report"],
            environment={"COLOR": "blue"},
            parameters={"RECIPIENT": platform.choose(default="dev@example.com", production="finance@example.com")},
            secrets=["TOKEN"],
            timeout=Duration.minutes(5),
        )
