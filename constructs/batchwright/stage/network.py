"""Which security groups a batch is in, and its connections to what has security groups of its own."""

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from batchwright.errors import DeclarationError
from batchwright.stage.facts import StageFacts, deployed_values


def make_security_group(scope: Construct, facts: StageFacts, batch: str) -> ec2.CfnSecurityGroup:
    """A group for one batch: it may connect to anything, and nothing may connect to it."""
    (vpc_id,) = deployed_values(scope, (facts.vpc_id,))
    return ec2.CfnSecurityGroup(
        scope,
        "SecurityGroup",
        group_description=f"Batch {facts.names.stack(batch)}",
        vpc_id=vpc_id,
        security_group_egress=[{"ipProtocol": "-1", "cidrIp": "0.0.0.0/0", "description": "Anywhere"}],
    )


def connections(scope: Construct, subject: str, groups: tuple[str, ...]) -> ec2.Connections:
    """The connections of a batch that is in these groups.

    Raises:
        DeclarationError: The batch is in the VPC's default group alone, which is not ours to open.
    """
    if not groups:
        raise DeclarationError(
            subject,
            "connections",
            "the batch has no security group; allowed: connections of a batch on a platform with vpc_id= or "
            "security_groups=, or with existing=Existing(security_groups=…)",
        )
    imported = [ec2.SecurityGroup.from_security_group_id(scope, f"Group{n}", one) for n, one in enumerate(groups)]
    return ec2.Connections(security_groups=imported)
