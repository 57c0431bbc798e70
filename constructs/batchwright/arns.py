"""ARNs as plain strings. Account and region may be CDK tokens; the partition then is one too."""

from dataclasses import dataclass

from aws_cdk import Aws

from batchwright.tokens import STARTS_WITH, is_token
from batchwright_runner.contract.names import endpoints_domain, registry_host


def partition(region: str) -> str:
    """The partition a region belongs to: ``aws``, ``aws-cn`` or ``aws-us-gov``."""
    if is_token(region):
        return Aws.PARTITION
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def domain(region: str) -> str:
    """The domain of a region's endpoints, ``amazonaws.com`` in most."""
    if is_token(region):
        return Aws.URL_SUFFIX
    return endpoints_domain(region)


def account_of(arn: str) -> str:
    """The account in an ARN; empty where it has none, or is known only to a deployment."""
    parts = arn.split(":")
    return parts[4] if arn.startswith("arn:") and len(parts) > 5 and not is_token(parts[4]) else ""


@dataclass(frozen=True, slots=True)
class Place:
    """An account and a region, and the ARNs of what is in them.

    Attributes:
        account: The account's id, 12 digits.
        region: The region, ``ap-northeast-1``.
    """

    account: str
    region: str

    def _arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and region."""
        return f"arn:{partition(self.region)}:{service}:{self.region}:{self.account}:{resource}"

    def _role(self, path_and_name: str) -> str:
        """The ARN of a role; ``path_and_name`` begins without a slash."""
        return f"arn:{partition(self.region)}:iam::{self.account}:role/{path_and_name}"

    def _parameter(self, name: str) -> str:
        """The ARN of an SSM parameter: its name's leading slash is the ARN's.

        A name that only a deployment knows has a leading slash too: `batchwright.task.outside` sees to it.
        """
        return self._arn("ssm", f"parameter{name if name.startswith(('/', STARTS_WITH)) else f'/{name}'}")

    def _machine(self, name: str) -> str:
        """The ARN of a state machine."""
        return self._arn("states", f"stateMachine:{name}")

    def _execution(self, machine: str) -> str:
        """The ARN of all executions of a state machine."""
        return self._arn("states", f"execution:{machine}:*")

    def _log_group(self, name: str) -> str:
        """The ARN of a log group and all its streams."""
        return self._arn("logs", f"log-group:{name}:*")

    def _repository(self, name: str) -> str:
        """The ARN of an ECR repository."""
        return self._arn("ecr", f"repository/{name}")

    def _repository_uri(self, name: str) -> str:
        """The URI of an ECR repository, without a tag."""
        return f"{registry_host(self.account, self.region, domain(self.region))}/{name}"
