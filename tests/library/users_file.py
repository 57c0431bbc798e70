"""A file as a user writes it: `make check` reads it with mypy --strict."""

from aws_cdk import Duration, Stack

from batchwright import BatchPlatform, Fargate, FargateBatch, Platform, Retry, Schedule, Wait


class Report(FargateBatch):
    """Whatever a stage may have of its own is chosen: literals, nothing at all, values of several types."""

    def __init__(self, scope: Stack, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "report",
            platform=platform,
            owner="finance",
            overlap=platform.choose(default="allow", production="forbid"),
            schedule=platform.choose(default=None, production=Schedule.daily("02:30", zone="Asia/Tokyo")),
            scheduler=platform.choose(default="nobody", production="aws"),
            retry=platform.choose(default=None, production=Retry(times=2, on=[75])),
            alerts=platform.choose(default=False, production=None),
            cpu=platform.choose(default=256, production=1024),
            memory=platform.choose(default=512, production=2048),
            secrets=platform.choose(default=["A"], production=["A", "B"]),
            environment={"A": platform.choose(staging="x", production="y")},
            fargate=Fargate(
                architecture=platform.choose(default="ARM64", production="X86_64"),
                platform_version=platform.choose(default="LATEST", production="1.4.0"),
            ),
        )


class Waiting(FargateBatch):
    """Waits in production."""

    def __init__(self, scope: Stack, platform: Platform) -> None:
        super().__init__(
            scope,
            "waiting",
            platform=platform,
            owner="sre",
            overlap=platform.choose(default="allow", production=Wait(at_most=Duration.hours(1))),
        )


def declare(stack: Stack) -> BatchPlatform:
    """Batches of either platform, in one app."""
    made = BatchPlatform(stack, "Made", stage="staging", subnets=["subnet-0123456789abcdef0"])
    deployed = BatchPlatform.from_deployed(stack, "Deployed", stage="staging", timezone="UTC")
    for platform in (made, deployed):
        Report(stack, platform)
    return deployed
