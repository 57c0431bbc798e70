"""What security groups let through: one rule held against another, and the sentence on each."""

import json

import pytest

from tests.runner.workbench.diff.support import GROUP, OPEN, Row, beside, each_of, edits, rows

GROUP_NAME = "report/SecurityGroup"


@each_of(rows("openings"))
@pytest.mark.parametrize("alone", [False, True], ids=["in the group", "alone"])
def test_one_rule_for_another(row: Row, alone: bool) -> None:
    before = json.loads(row.was[0])
    path = "Resources/Rule/Properties" if alone else f"{GROUP}/SecurityGroupIngress/0"
    properties = {"GroupId": {"Fn::GetAtt": ["Group", "GroupId"]}, **before}
    rule = {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": properties}
    start: dict[str, object] = {"Resources/Rule": rule} if alone else {f"{GROUP}/SecurityGroupIngress": [before]}

    found = beside({f"{path}/{name}": value for name, value in edits(row.now).items()}, start)

    texts = [change.text.replace(f"{GROUP_NAME}: ", "") for change in found]
    assert [text for text in texts if not text.startswith("replaces")] == row.said


def test_each_rule_that_comes_is_shown_whatever_another_includes() -> None:
    rules = [OPEN, {**OPEN, "CidrIp": "::/0"}, {**OPEN, "CidrIp": "10.1.0.0/16"}]

    (found,) = beside({f"{GROUP}/SecurityGroupIngress": rules}, {f"{GROUP}/SecurityGroupIngress": rules[:2]})

    assert found.text == f"{GROUP_NAME}: now lets tcp 5432 in from 10.1.0.0/16"
    assert found.gates
