"""A network in the CDK's own words: a VPC, subnets or a choice of them, groups, lists that a deployment knows."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Fn, Stack, assertions
from aws_cdk import aws_ec2 as ec2

from batchwright import BatchPlatform, DeclarationError, Existing
from batchwright.testing import Template
from tests.kit.rows import each_row
from tests.library.support import app_and_stack, batch, parameters_named, templates, written

VPC, SUBNET, GROUP = "vpc-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb", "sg-0cccccccccccccccc"


def vpc(scope: Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        scope,
        "Vpc",
        vpc_id=VPC,
        availability_zones=["a", "b"],
        private_subnet_ids=[SUBNET, f"{SUBNET[:-1]}2"],
        public_subnet_ids=["subnet-0public", "subnet-0public2"],
    )


def subnet(scope: Stack) -> ec2.ISubnet:
    return ec2.Subnet.from_subnet_id(scope, "Subnet", SUBNET)


def group(scope: Stack) -> ec2.ISecurityGroup:
    return ec2.SecurityGroup.from_security_group_id(scope, "Given", GROUP)


def published(template: Template) -> str:
    """The text of the manifest, with CloudFormation's functions as they are."""
    (text,) = [parameter["Value"] for parameter in parameters_named(template, "/manifests/")]
    return json.dumps(text)


def made(network: Callable[[Stack], dict[str, Any]], existing: Callable[[Stack], Existing] | None = None) -> Template:
    home, ours = app_and_stack()
    on = BatchPlatform(ours, "Platform", stage="staging", **network(ours))
    batch(ours, on, existing=existing(ours) if existing else None)
    return templates(home)["stack"]


@pytest.mark.parametrize(
    ("network", "subnets"),
    [
        (lambda scope: {"vpc": vpc(scope)}, (SUBNET, f"{SUBNET[:-1]}2")),
        (
            lambda scope: {"vpc": vpc(scope), "subnets": ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)},
            ("subnet-0public", "subnet-0public2"),
        ),
        (lambda scope: {"vpc": vpc(scope), "subnets": ec2.SubnetSelection(subnets=[subnet(scope)])}, (SUBNET,)),
        (lambda scope: {"vpc": vpc(scope), "subnets": [SUBNET]}, (SUBNET,)),
        (lambda scope: {"vpc_id": VPC, "subnets": [subnet(scope), "subnet-2"]}, (SUBNET, "subnet-2")),
        (lambda scope: {"vpc_id": VPC, "subnets": subnet(scope)}, (SUBNET,)),
    ],
)
def test_the_vpc_and_the_subnets(network: Callable[[Stack], dict[str, Any]], subnets: tuple[str, ...]) -> None:
    _, ours = app_and_stack()

    facts = BatchPlatform(ours, "Platform", stage="staging", **network(ours))._facts

    assert (facts.vpc_id, facts.subnets) == (VPC, subnets)


@pytest.mark.parametrize(
    "groups", [lambda scope: [group(scope)], lambda scope: group(scope), lambda _: [GROUP], lambda _: (GROUP,)]
)
def test_groups_of_a_stage_and_of_one_batch(groups: Callable[[Stack], Any]) -> None:
    _, ours = app_and_stack()
    given = groups(ours)

    on = BatchPlatform(ours, "Platform", stage="staging", subnets=[SUBNET], security_groups=given)
    made = batch(ours, on, existing=Existing(security_groups=given))

    assert on._facts.security_groups == (GROUP,)
    assert made.manifest.security_groups == (GROUP,)
    assert made.security_group is None


def test_lists_that_only_a_deployment_knows() -> None:
    def split(name: str) -> list[str]:
        return Fn.split(",", Fn.import_value(name))

    of_stage = made(lambda _: {"subnets": split("Subnets"), "security_groups": split("Groups")})
    of_batch = made(lambda _: {"subnets": [SUBNET]}, lambda _: Existing(security_groups=split("Groups")))

    for template, names in ((of_stage, ("Subnets", "Groups")), (of_batch, ("Groups",))):
        for name in names:
            assert f'"Fn::ImportValue": "{name}"' in published(template)
    assert "{Token[" not in json.dumps([of_stage, of_batch])


def test_a_vpc_of_another_stack_of_the_app() -> None:
    home, _ = app_and_stack()
    theirs = Stack(home, "network")
    made_vpc = ec2.Vpc(theirs, "Vpc", max_azs=2)
    opened = ec2.SecurityGroup(theirs, "Opened", vpc=made_vpc)
    here = Stack(home, "here")
    on = BatchPlatform(here, "Platform", stage="staging", vpc=made_vpc, security_groups=[opened])
    batch(here, on)

    text = published(templates(home)["here"])
    assert text.count("Fn::ImportValue") == 3


@each_row("given message", __file__, "networks")
def test_what_is_no_network(given: str, message: str) -> None:
    names = {"vpc": vpc, "group": group, "VPC": VPC, "SUBNET": SUBNET, "ec2": ec2, "Fn": Fn}

    with pytest.raises(DeclarationError, match=f"^platform staging: {message}"):
        made(lambda scope: dict(written(given, **names, scope=scope)))


def test_what_is_no_group_of_a_batch() -> None:
    with pytest.raises(DeclarationError, match=r"^batch report: security_groups: the construct stack/Subnet was given"):
        made(lambda _: {"subnets": [SUBNET]}, lambda scope: Existing(security_groups=[subnet(scope)]))  # type: ignore[list-item]


def warned(network: Callable[[Stack], dict[str, Any]], **more: Any) -> list[str]:  # noqa: ANN401 - any argument
    home, ours = app_and_stack()
    BatchPlatform(ours, "Platform", stage="staging", **network(ours), **more)
    home.synth()
    found = assertions.Annotations.from_stack(ours).find_warning("*", assertions.Match.any_value())
    return [text for one in found if "subnets are public" in (text := str(one.entry.data))]


PUBLIC = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)


@pytest.mark.parametrize(
    "network",
    [
        lambda scope: {"vpc": vpc(scope), "subnets": PUBLIC},
        lambda scope: {"vpc": vpc(scope), "subnets": [SUBNET, "subnet-0public2"]},
        lambda scope: {"vpc_id": VPC, "subnets": ec2.Vpc(scope, "Own").public_subnets},
        lambda scope: {"vpc_id": VPC, "subnets": ec2.Vpc(scope, "Own").public_subnets[0]},
    ],
)
def test_public_subnets_without_a_public_address_are_pointed_out(network: Callable[[Stack], dict[str, Any]]) -> None:
    (text,) = warned(network)

    assert text.startswith("platform staging: some of its subnets are public, where a task without a public address")
    assert warned(network, assign_public_ip=True) == []


@pytest.mark.parametrize(
    "network",
    [
        lambda scope: {"vpc": vpc(scope)},
        lambda scope: {"vpc_id": VPC, "subnets": ec2.Vpc(scope, "Own").private_subnets},
        lambda _: {"vpc_id": VPC, "subnets": ["subnet-0public"]},
    ],
)
def test_private_subnets_and_ids_alone_are_taken_in_silence(network: Callable[[Stack], dict[str, Any]]) -> None:
    assert warned(network) == []
