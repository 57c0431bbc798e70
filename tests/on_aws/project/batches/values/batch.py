"""Asks: two SecureStrings under the key's alias, the trust of both roles, and the rights that grant_operate gives."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from batchwright import BatchPlatform, FargateBatch

SCRIPT = """\
test -n "$FIRST" && test -n "$SECOND" && echo "both secrets are there"
credentials=$(wget -q -O - "http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
case $credentials in *AccessKeyId*) echo "the task role is there" ;; esac
exit 3
"""


class Values(FargateBatch):
    """Says whether two secrets and the task role are there; ends with 3."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "values",
            platform=platform,
            owner="trial",
            image="probe",
            command=["sh", "-c", SCRIPT],
            secrets=["FIRST", "SECOND"],
            timeout=Duration.minutes(5),
        )
        runner = iam.Role(self, "Runner", role_name="trial-probe-runner", assumed_by=iam.AccountRootPrincipal())
        platform.grant_operate(runner)
