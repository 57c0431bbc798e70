"""A batch with all that a start needs: values of every kind, capacity of its own, a schedule."""

from constructs import Construct

from batchwright import BatchPlatform, Fargate, FargateBatch, Schedule, Secret


class Nightly(FargateBatch):
    """Says what it was given."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "nightly",
            platform=platform,
            owner="accounts-team",
            command=["/app/nightly"],
            parameters={"RECIPIENT": "dev@example.com"},
            secrets=["TOKEN", Secret.secrets_manager("LICENSE", platform.setting("license"))],
            schedule=Schedule.daily("02:30"),
            fargate=Fargate(capacity="spot"),
        )
