"""What runs every night, in its order. In production AWS starts it."""

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, Parallel, Schedule, Step, Workflow


class Nightly(Workflow):
    """Checks the day's sales and sums them up, cleans up beside that, and tells the shops."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "nightly",
            platform=platform,
            owner="finance-systems",
            steps=[
                Parallel(
                    ["sales-nightly", "sales-summary"],  # a list is a chain
                    Step("db-cleanup", on_failure="fail-at-end"),
                ),
            ],
            always=["sales-notice"],
            schedule=Schedule.daily("02:30", window=Duration.minutes(10)),
            scheduler=platform.choose(default="nobody", production="aws"),
            expected=Duration.minutes(30),
        )
