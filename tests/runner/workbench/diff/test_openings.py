"""What security groups let through: one rule held against another, and the sentence on each."""

import json

import pytest

from tests.runner.workbench.diff.support import GROUP, OPEN, Row, beside, each_of, edits, rows

LETS = "report/SecurityGroup lets"


@each_of(rows("openings"))
@pytest.mark.parametrize("alone", [False, True], ids=["in the group", "alone"])
def test_one_rule_for_another(row: Row, alone: bool) -> None:
    before = json.loads(row.was[0])
    path = "Resources/Rule/Properties" if alone else f"{GROUP}/SecurityGroupIngress/0"
    properties = {"GroupId": {"Fn::GetAtt": ["Group", "GroupId"]}, **before}
    rule = {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": properties}
    start: dict[str, object] = {"Resources/Rule": rule} if alone else {f"{GROUP}/SecurityGroupIngress": [before]}

    found = beside({f"{path}/{name}": value for name, value in edits(row.now).items()}, start)

    texts = [text.replace(": ", f": {LETS} ", 1) for text in row.said]
    assert [change.text for change in found if not change.text.startswith("replaces")] == texts


def test_one_rule_of_several_includes_another_and_order_does_not_count() -> None:
    rules = [OPEN, {**OPEN, "CidrIp": "::/0"}, {**OPEN, "CidrIp": "10.1.0.0/16"}]

    assert beside({f"{GROUP}/SecurityGroupIngress": rules[::-1]}, {f"{GROUP}/SecurityGroupIngress": rules[:2]}) == []
