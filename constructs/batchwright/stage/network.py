"""Which security groups a batch is in, and its connections to what has security groups of its own."""

import json
from collections.abc import Iterable
from hashlib import sha256

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from batchwright.errors import DeclarationError
from batchwright.stage.facts import StageFacts, deployed_values
from batchwright.tokens import is_token


def make_security_group(scope: Construct, facts: StageFacts, batch: str) -> ec2.CfnSecurityGroup:
    """A group for one batch: it may connect to anything, and nothing may connect to it."""
    (vpc_id,) = deployed_values(scope, (facts.vpc_id,))
    return ec2.CfnSecurityGroup(
        scope,
        "SecurityGroup",
        group_description=f"Batch {facts.names.family(batch)}",
        vpc_id=vpc_id,
        security_group_egress=[{"ipProtocol": "-1", "cidrIp": "0.0.0.0/0", "description": "Anywhere"}],
    )


def connections(scope: Construct, subject: str, groups: tuple[str, ...], *, own: bool) -> ec2.Connections:
    """The connections of a batch that is in these groups."""
    if not groups:
        raise DeclarationError(
            subject,
            "connections",
            "the batch has no security group; allowed: connections of a batch on a platform with vpc_id= or "
            "security_groups=, or with existing=Existing(security_groups=…)",
        )
    ids = {"Group0": groups[0]} if own else {f"Group-{id}": group for id, group in by_identity(scope, groups).items()}
    imported = [ec2.SecurityGroup.from_security_group_id(scope, id, group) for id, group in ids.items()]
    return ec2.Connections(security_groups=imported)


def by_identity(scope: Construct, values: Iterable[str]) -> dict[str, str]:
    """Values, each once, by what the ids of constructs say of them: never a place in a list.

    A rule whose id were its place would be made again under the next id before the old one is deleted, and EC2 takes no
    rule twice. Of a value that only a deployment knows it is what the template says of it; the text of a token is a
    place, too.
    """

    def identity(value: str) -> str:
        resolved = json.dumps(Stack.of(scope).resolve(value), sort_keys=True)
        return sha256(resolved.encode()).hexdigest()[:12]

    return {identity(value) if is_token(value) else value: value for value in values if value}
