"""Asks: a directory in memory, a root that can only be read, a user that is nobody, and a limit to the size."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from batchwright import BatchPlatform, Container, FargateBatch


class Scratch(FargateBatch):
    """Writes where it may, and tries to write where it may not."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "scratch",
            platform=platform,
            owner="trial",
            image="probe",
            command=["sh", "-c", "id; echo x > /scratch/a && cat /scratch/a; ! touch /tmp/b"],
            container=Container(user="10001:10001", read_only_root=True, writable_paths={"/scratch": 16}),
            timeout=Duration.minutes(5),
        )
        small = iam.Role(self, "Small", role_name="trial-probe-small", assumed_by=iam.AccountRootPrincipal())
        self.grant_run(small, max_cpu=512)
