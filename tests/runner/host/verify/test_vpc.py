"""Network ACLs: the first rule that fits decides."""

from typing import Any

import pytest

from batchwright_runner.host.verify.vpc import acl_of, lets

HTTPS, ANSWERS = range(443, 444), range(1024, 65536)


def rule(number: int, action: str = "allow", *, ports: tuple[int, int] | None = None, **more: object) -> dict[str, Any]:
    """An entry as EC2 describes it."""
    port_range = {"PortRange": {"From": ports[0], "To": ports[1]}} if ports else {}
    plain = {"RuleNumber": number, "Protocol": "6", "RuleAction": action, "Egress": True, "CidrBlock": "0.0.0.0/0"}
    return {**plain, **port_range, **more}


@pytest.mark.parametrize(
    ("entries", "ports", "out", "passes"),
    [
        ([], HTTPS, True, False),
        ([rule(100)], HTTPS, True, True),
        ([rule(100, Protocol="-1")], HTTPS, True, True),
        ([rule(100, Protocol="17")], HTTPS, True, False),
        ([rule(100, Egress=False)], HTTPS, True, False),
        ([rule(100, ports=(80, 80))], HTTPS, True, False),
        ([rule(100, ports=(400, 500))], HTTPS, True, True),
        ([rule(200), rule(100, "deny", ports=(443, 443))], HTTPS, True, False),
        ([rule(100), rule(200, "deny", ports=(443, 443))], HTTPS, True, True),
        ([rule(100, "deny", CidrBlock="203.0.113.0/24"), rule(200)], HTTPS, True, True),
        ([rule(100, CidrBlock="10.0.0.0/8"), rule(200, "deny")], HTTPS, True, False),
        ([rule(100, Egress=False, ports=(1024, 65535))], ANSWERS, False, True),
        ([rule(100, Egress=False, ports=(32768, 65535))], ANSWERS, False, False),
        (
            [rule(100, Egress=False, ports=(1024, 40000)), rule(110, Egress=False, ports=(40001, 65535))],
            ANSWERS,
            False,
            True,
        ),
        (
            [rule(100, Egress=False), rule(90, "deny", Egress=False, ports=(3389, 3389))],
            ANSWERS,
            False,
            False,
        ),
    ],
)
def test_what_an_acl_lets_pass(entries: list[Any], ports: range, out: bool, passes: bool) -> None:
    assert lets(entries, ports, out=out) is passes


def test_what_an_acl_lets_pass_by_ipv6() -> None:
    ipv6 = {**rule(100), "CidrBlock": None, "Ipv6CidrBlock": "::/0"}

    assert lets([ipv6], HTTPS, out=True, everywhere="::/0")
    assert not lets([ipv6], HTTPS, out=True)
    assert not lets([rule(100)], HTTPS, out=True, everywhere="::/0")


def test_a_subnet_without_an_acl_that_was_seen() -> None:
    acl = {"Associations": [{"SubnetId": "subnet-1"}]}

    assert acl_of({"SubnetId": "subnet-1", "VpcId": "vpc-1"}, [acl]) is acl
    assert acl_of({"SubnetId": "subnet-2", "VpcId": "vpc-1"}, [acl]) is None


def test_a_subnet_that_none_is_associated_with_has_the_default_one_of_its_vpc() -> None:
    default, other = ({"IsDefault": True, "VpcId": vpc} for vpc in ("vpc-1", "vpc-2"))

    assert acl_of({"SubnetId": "subnet-1", "VpcId": "vpc-1"}, [other, default]) is default
    assert acl_of({"SubnetId": "subnet-1", "VpcId": "vpc-3"}, [other, default]) is None
