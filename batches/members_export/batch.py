"""Exports the members. It shows a config file that is rendered before the batch starts."""

from pathlib import Path

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, Container, FargateBatch, Schedule


class MembersExport(FargateBatch):
    """Exports the members who joined lately, each address as a keyed hash."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "members-export",
            platform=platform,
            owner="accounts-team",
            command=["python", "-m", "members"],
            reads=["csv:members"],
            environment={"PYTHONUNBUFFERED": "1"},
            parameters={"JOINED_SINCE": platform.choose(default="2026-06-01", production="2026-01-01")},
            secrets=["HASH_KEY"],
            files={"/app/config/export.ini": Path("export.ini.template")},
            container=Container(working_directory="/app", user="10001:10001", read_only_root=True),
            schedule=Schedule.monthly(1, "05:00"),
            timeout=Duration.minutes(10),
        )
