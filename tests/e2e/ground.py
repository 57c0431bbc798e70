"""The stage in which faults are planted: what was there before it, and what is called there."""

from dataclasses import dataclass
from typing import Any

from tests.e2e.account import Account
from tests.e2e.console import Console
from tests.fake_aws import AwsServer

STAGE = "faults-staging"
OWN = "/faults/staging/nightly"
LICENSE = "license"


@dataclass(frozen=True, slots=True)
class Ground:
    """The stage.

    Attributes:
        us: The project's folder.
        account: The account.
        vpc: Its VPC.
        quotas: The account's quotas, which the emulator does not have.
    """

    us: Console
    account: Account
    vpc: str
    quotas: AwsServer

    def call(self, service: str, operation: str, **given: Any) -> Any:  # noqa: ANN401 - a client's methods have no types
        """Calls the account."""
        return getattr(self.account.client(service), operation)(**given)

    def mended_by(self, *words: str, given: str = "") -> None:
        """Types what ``verify`` advises."""
        self.us.run(*words, "-s", "staging", given=given)


def prepare(us: Console, account: Account, quotas: AwsServer) -> Ground:
    """Makes what is there before the stage: a VPC with one subnet, and a secret of another owner."""
    ec2 = account.client("ec2")
    vpc = str(ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"])
    new_subnet(account, vpc, "10.7.1.0/24")
    account.client("ssm").put_parameter(Name="/ground/vpc", Value=vpc, Type="String")
    account.client("secretsmanager").create_secret(Name=LICENSE, SecretString="a license")
    return Ground(us, account, vpc, quotas)


def new_subnet(account: Account, vpc: str, addresses: str) -> str:
    """Makes a subnet, and names it as the stage's."""
    subnet = str(account.client("ec2").create_subnet(VpcId=vpc, CidrBlock=addresses)["Subnet"]["SubnetId"])
    account.client("ssm").put_parameter(Name="/ground/subnets", Value=subnet, Type="String", Overwrite=True)
    return subnet
