"""The smallest batch: the one to copy."""

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, FargateBatch


class Hello(FargateBatch):
    """Greets, and shows what a batch gets to see."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "hello",
            platform=platform,
            owner="platform-team",
            command=["python", "hello.py"],
            environment={"PYTHONUNBUFFERED": "1"},
            parameters={"GREETING": platform.choose(default="Hello", production="Good morning")},
            timeout=Duration.minutes(5),
        )
