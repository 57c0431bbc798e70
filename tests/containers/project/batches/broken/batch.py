"""A batch whose image cannot be built."""

from constructs import Construct

from batchwright import BatchPlatform, FargateBatch


class Broken(FargateBatch):
    """Never runs."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(scope, "broken", platform=platform, owner="tests", command=["echo", "ran"])
