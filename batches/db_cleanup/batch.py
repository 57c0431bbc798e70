"""Deletes old rows from a database. It shows a parameter and a secret."""

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, FargateBatch


class DbCleanup(FargateBatch):
    """Deletes sessions that nobody has used for KEEP_DAYS days."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "db-cleanup",
            platform=platform,
            owner="accounts-team",
            command=["python", "-m", "cleanup"],
            reads=["sqlite:sessions"],
            writes=["sqlite:sessions"],
            environment={"PYTHONUNBUFFERED": "1"},
            parameters={"KEEP_DAYS": platform.choose(default="30", production="365")},
            secrets=["DB_PASSWORD"],
            overlap="forbid",
            timeout=Duration.minutes(30),
        )
