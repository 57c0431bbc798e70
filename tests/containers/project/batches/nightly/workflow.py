"""Workflows of the cases."""

from constructs import Construct

from batchwright import BatchPlatform, Parallel, Step, Workflow


class Nightly(Workflow):
    """Steps of several containers, one of which fails."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "nightly",
            platform=platform,
            owner="tests",
            steps=[
                "plain",
                Parallel(["healthy", "completed"], Step("outlived", on_failure="fail-at-end")),
                "succeeded",
            ],
            always=["told"],
        )


class Endless(Workflow):
    """Steps that end only when they are stopped, one of them not even then."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope, "endless", platform=platform, owner="tests", steps=[Parallel("chain", "stubborn"), "plain"]
        )
