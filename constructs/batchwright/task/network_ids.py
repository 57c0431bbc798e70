"""The ids that the CDK's own words for a network stand for: a VPC, subnets or a choice of them, security groups."""

import inspect
from collections.abc import Sequence
from typing import Any

from aws_cdk import Fn
from aws_cdk import aws_ec2 as ec2

from batchwright.errors import DeclarationError, wrong

Subnets = Sequence[str | ec2.ISubnet] | ec2.ISubnet | ec2.SubnetSelection | str
SecurityGroups = Sequence[str | ec2.ISecurityGroup] | ec2.ISecurityGroup | str

_ATTRIBUTES = {"subnets": "subnet_id", "security_groups": "security_group_id"}
_LIST = "#{Token["  # how the one element of a list begins that only a deployment knows: of Fn.split, say


def ids_of(subject: str, argument: str, ids: Any) -> Any:  # noqa: ANN401 - what is wrong is left as it is
    """Ids of subnets or groups, which are checked elsewhere; of a list that only a deployment knows, a joined text.

    `argument`: ``subnets`` or ``security_groups``.
    """
    name = _ATTRIBUTES[argument]
    if isinstance(ids, str) or not isinstance(ids, Sequence):
        return [getattr(ids, name)] if hasattr(ids, name) else ids
    if any(isinstance(element, str) and element.startswith(_LIST) for element in ids):
        if len(ids) > 1:
            raise wrong(subject, argument, ids, "such a list alone, or ids")
        return [Fn.join(",", list(ids))]
    return [element if isinstance(element, str) else getattr(element, name, element) for element in ids]


def public_ids(vpc: ec2.IVpc | None, subnets: object) -> set[str]:
    """The ids of the subnets that are known to be public: of a VPC, and of those that were given as constructs."""
    given = subnets if isinstance(subnets, list | tuple) else [subnets]
    public = [subnet for subnet in given if isinstance(subnet, ec2.PublicSubnet)]
    return {subnet.subnet_id for subnet in (*public, *getattr(vpc, "public_subnets", ()))}


def network_of(
    subject: str, vpc: ec2.IVpc | None, vpc_id: str | None, subnets: Subnets | None
) -> tuple[str | None, Sequence[str] | str | None]:
    """The id of a VPC, and those of subnets of it."""
    if vpc_id is not None and hasattr(vpc_id, "select_subnets"):
        raise DeclarationError(subject, "vpc_id", "a VPC was given; allowed: an id; a VPC is given as vpc=")
    if vpc is not None and not hasattr(vpc, "select_subnets"):
        raise wrong(subject, "vpc", vpc, "a VPC, such as Vpc.from_lookup(…); an id is given as vpc_id=")
    if vpc is not None and vpc_id is not None:
        raise wrong(subject, "vpc_id", vpc_id, "one of vpc= and vpc_id=")
    if subnets is not None and not isinstance(subnets, ec2.SubnetSelection):
        return vpc.vpc_id if vpc else vpc_id, ids_of(subject, "subnets", subnets)
    if vpc is None:
        if subnets is not None:
            raise DeclarationError(subject, "subnets", "a SubnetSelection was given; allowed: one with vpc=, or ids")
        return vpc_id, None
    choice = subnets or ec2.SubnetSelection()
    if choice.subnets and not choice.subnet_filters:  # their zones need not be known
        return vpc.vpc_id, ids_of(subject, "subnets", choice.subnets)
    chosen = {name: getattr(choice, name) for name in inspect.signature(ec2.SubnetSelection).parameters}
    try:
        return vpc.vpc_id, vpc.select_subnets(**chosen).subnet_ids
    except RuntimeError as error:
        why = str(error).splitlines()[0]
        raise DeclarationError(subject, "subnets", f"the VPC has none that were chosen: {why}") from error
