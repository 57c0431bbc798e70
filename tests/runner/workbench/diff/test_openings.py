"""What security groups let through: one rule held against another, and the sentence on each."""

import pytest

from tests.runner.workbench.diff.support import ACCOUNT, GROUP, OPEN, beside

LETS = "report/SecurityGroup lets"
ICMP = {"CidrIp": "10.0.0.0/8", "IpProtocol": "icmp", "FromPort": 3, "ToPort": -1}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(OPEN, {"CidrIp": "10.1.0.0/16"}, ["closes: tcp 5432 in from 10.0.0.0/8"], id="a smaller range"),
        pytest.param(
            OPEN,
            {"CidrIp": "11.0.0.0/8"},
            ["opens more: tcp 5432 in from 11.0.0.0/8", "closes: tcp 5432 in from 10.0.0.0/8"],
            id="another range",
        ),
        pytest.param(OPEN, {"CidrIp": "0.0.0.0/0"}, ["opens more: tcp 5432 in from anywhere"], id="a wider range"),
        pytest.param(
            {**OPEN, "FromPort": "5432", "ToPort": "5432"},
            {"ToPort": "5439"},
            ["opens more: tcp 5432-5439 in from 10.0.0.0/8"],
            id="more ports, as texts",
        ),
        pytest.param(OPEN, {"FromPort": 0, "ToPort": 65535}, ["opens more: tcp in from 10.0.0.0/8"], id="all ports"),
        pytest.param(
            {**OPEN, "FromPort": {"Ref": "Port"}},
            {"FromPort": 0},
            ["opens more: tcp 0-5432 in from 10.0.0.0/8", "closes: tcp <Port>-5432 in from 10.0.0.0/8"],
            id="a port that only a deployment knows",
        ),
        pytest.param(
            OPEN,
            {"CidrIp": {"Fn::If": ["Live", "0.0.0.0/0", "10.0.0.0/8"]}},
            [
                'opens more: tcp 5432 in from <If ["Live", "0.0.0.0/0", "10.0.0.0/8"]>',
                "closes: tcp 5432 in from 10.0.0.0/8",
            ],
            id="a range that the template chooses",
        ),
        pytest.param(
            ICMP,
            {"ToPort": 4},
            ["opens more: icmp type 3 code 4 in from 10.0.0.0/8", "closes: icmp type 3 in from 10.0.0.0/8"],
            id="type and code of ICMP, which are no ports",
        ),
        pytest.param(
            {**ICMP, "ToPort": 9},
            {"FromPort": 4, "ToPort": 5},
            [
                "opens more: icmp type 4 code 5 in from 10.0.0.0/8",
                "closes: icmp type 3 code 9 in from 10.0.0.0/8",
            ],
            id="numbers of ICMP that would be within a range of ports",
        ),
        pytest.param(
            OPEN,
            {"IpProtocol": "-1"},
            ["opens more: everything in from 10.0.0.0/8", "closes: tcp 5432 in from 10.0.0.0/8"],
            id="all protocols",
        ),
        pytest.param(
            {"IpProtocol": "-1", "SourceSecurityGroupId": "sg-9", "SourceSecurityGroupOwnerId": ACCOUNT},
            {"SourceSecurityGroupOwnerId": "999999999999"},
            [
                "opens more: everything in from sg-9 of the account 999999999999",
                f"closes: everything in from sg-9 of the account {ACCOUNT}",
            ],
            id="a group of another account",
        ),
    ],
)
@pytest.mark.parametrize("alone", [False, True], ids=["in the group", "alone"])
def test_one_rule_for_another(
    before: dict[str, object], after: dict[str, object], expected: list[str], alone: bool
) -> None:
    path = "Resources/Rule/Properties" if alone else f"{GROUP}/SecurityGroupIngress/0"
    properties = {"GroupId": {"Fn::GetAtt": ["Group", "GroupId"]}, **before}
    rule = {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": properties}
    start: dict[str, object] = {"Resources/Rule": rule} if alone else {f"{GROUP}/SecurityGroupIngress": [before]}

    found = beside({f"{path}/{name}": value for name, value in after.items()}, start)

    texts = [text.replace(": ", f": {LETS} ", 1) for text in expected]
    assert [change.text for change in found if not change.text.startswith("replaces")] == texts


def test_one_rule_of_several_includes_another_and_order_does_not_count() -> None:
    rules = [OPEN, {**OPEN, "CidrIp": "::/0"}, {**OPEN, "CidrIp": "10.1.0.0/16"}]

    assert beside({f"{GROUP}/SecurityGroupIngress": rules[::-1]}, {f"{GROUP}/SecurityGroupIngress": rules[:2]}) == []
