"""What is said of what follows from a template's conditions: ``Fn::If``, and the ``Condition`` of a resource."""

import copy
import json
from typing import Any

import pytest

from batchwright_runner.workbench.diff.change import Gate, Kind
from batchwright_runner.workbench.diff.choices import Choice, Outcome, items, settled
from batchwright_runner.workbench.diff.conditional import both_ways, rules_of
from tests.runner.workbench.diff.support import assembly, batch_file, changes, put, stack, template
from tests.runner.workbench.diff.test_stacks import BUCKET_POLICY, GROUP, OPEN, POLICY, ROLE, beside

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x/*"}
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
VPC = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
NOTHING = {"Ref": "AWS::NoValue"}
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
OWN = "role batches-staging-report-task"
EVERYTHING = f"{OWN} may now also do everything on every resource"
READS = "may now read S3: s3:GetObject on arn:aws:s3:::x/*"
INGRESS = {
    "Type": "AWS::EC2::SecurityGroupIngress",
    "Properties": {"GroupId": {"Fn::GetAtt": ["Group", "GroupId"]}, **OPEN},
}
LETS_IN = "opens more: report/SecurityGroup lets tcp 5432 in from 10.0.0.0/8"


def maybe(yes: object, no: object = NOTHING, condition: str = "Live") -> dict[str, object]:
    return {"Fn::If": [condition, yes, no]}


def policies(*statements: object) -> list[dict[str, Any]]:
    return [{"PolicyName": "own", "PolicyDocument": {"Statement": list(statements)}}]


@pytest.mark.parametrize(
    ("start", "edits", "expected"),
    [
        pytest.param(
            {f"{ROLE}/Policies": policies(READ, maybe(READ))},
            {f"{ROLE}/Policies/0/PolicyDocument/Statement/0": ALL},
            [EVERYTHING],
            id="a statement beside a choice",
        ),
        pytest.param(
            {f"{ROLE}/Policies": policies(READ)},
            {f"{ROLE}/Policies": policies(READ, maybe(ALL))},
            [f"{EVERYTHING} only if Live holds"],
            id="a statement",
        ),
        pytest.param(
            {f"{ROLE}/Policies": policies(READ, maybe(READ))},
            {f"{ROLE}/Policies": policies(READ, maybe(READ, ALL))},
            [f"{EVERYTHING} only if Live does not hold"],
            id="a statement where it does not hold",
        ),
        pytest.param({}, {f"{ROLE}/Policies": maybe(policies(ALL))}, [f"{EVERYTHING} only if Live holds"], id="all"),
        pytest.param(
            {f"{ROLE}/Policies": policies(READ)},
            {f"{ROLE}/Policies/+": maybe(policies(ALL)[0])},
            [f"{EVERYTHING} only if Live holds"],
            id="an inline policy",
        ),
        pytest.param(
            {f"{ROLE}/Policies": policies(READ)},
            {f"{ROLE}/Policies/0/PolicyDocument": maybe({"Statement": ALL}, {"Statement": READ})},
            [f"{EVERYTHING} only if Live holds"],
            id="a document",
        ),
        pytest.param(
            {f"{ROLE}/Policies": policies(READ)},
            {f"{ROLE}/Policies/0/PolicyDocument/Statement/0/Resource": ["arn:aws:s3:::x/*", maybe("*")]},
            [
                f"{OWN} may now read S3: s3:GetObject on every resource only if Live holds (was: arn:aws:s3:::x/*)",
            ],
            id="an item of an element",
        ),
        pytest.param(
            {f"{ROLE}/Policies": policies({**READ, "Condition": VPC})},
            {f"{ROLE}/Policies/0/PolicyDocument/Statement/0/Condition": maybe(VPC)},
            [f"{OWN} {READS} only if Live does not hold (without the condition aws:SourceVpc is vpc-1)"],
            id="a statement's conditions",
        ),
        pytest.param(
            {f"{ROLE}/Policies": policies({**READ, "Condition": VPC})},
            {f"{ROLE}/Policies/0/PolicyDocument/Statement/0/Condition/StringEquals": maybe(VPC["StringEquals"])},
            [f"{OWN} {READS} only if Live does not hold (without the condition aws:SourceVpc is vpc-1)"],
            id="one of a statement's conditions",
        ),
        pytest.param(
            {f"{ROLE}/Policies": policies({**READ, "Condition": VPC})},
            {f"{ROLE}/Policies/0/PolicyDocument/Statement/0/Condition": {"Fn::Transform": "Vpc"}},
            [
                f'{OWN} {READS} only if <Transform "Vpc"> holds (without the condition aws:SourceVpc is vpc-1)',
            ],
            id="conditions that only a deployment knows",
        ),
        pytest.param(
            {f"{ROLE}/Policies": policies(READ)},
            {f"{ROLE}/Policies": policies(READ, {"Fn::Transform": "More"})},
            [f'{OWN} may now also <Transform "More"> on every resource'],
            id="a statement that only a deployment knows",
        ),
        pytest.param(
            {},
            {f"{ROLE}/AssumeRolePolicyDocument/Statement/+": maybe({**ALL, "Principal": "*"})},
            [f"{OWN} can now also be taken by everyone (do everything) only if Live holds"],
            id="trust",
        ),
        pytest.param(
            {},
            {f"{ROLE}/ManagedPolicyArns": maybe([ADMIN])},
            [f"{OWN} may now also do what the managed policy {ADMIN} allows only if Live holds"],
            id="managed policies",
        ),
        pytest.param(
            {f"{ROLE}/ManagedPolicyArns": [maybe(ADMIN)]},
            {f"{ROLE}/ManagedPolicyArns": [ADMIN]},
            [f"{OWN} may now also do what the managed policy {ADMIN} allows"],
            id="a managed policy that was attached on a condition",
        ),
        pytest.param(
            {},
            {f"{ROLE}/ManagedPolicyArns": {"Ref": "Arns"}},
            [f"{OWN} may now also do what the managed policy <Arns> allows"],
            id="managed policies that a parameter lists",
        ),
        pytest.param(
            {"Resources/Policy": POLICY},
            {"Resources/Policy/Properties/Roles": ["other-role", maybe("admin")]},
            [
                "role admin may now also read S3: s3:GetObject on arn:aws:s3:::x/* only if Live holds",
            ],
            id="whom a policy is attached to",
        ),
        pytest.param(
            {"Resources/BucketPolicy": BUCKET_POLICY},
            {"Resources/BucketPolicy/Properties/PolicyDocument/Statement/+": maybe({**ALL, "Principal": "*"})},
            [
                (
                    "S3::BucketPolicy report/Sales/Policy: everyone may now also do everything on every resource "
                    "only if Live holds"
                ),
            ],
            id="a bucket's policy",
        ),
        pytest.param(
            {"Resources/Policy": {**POLICY, "Condition": "Never"}},
            {"Resources/Policy/Condition": None},
            ["role other-role may now read S3: s3:GetObject on arn:aws:s3:::x/* (without the condition Never holds)"],
            id="a policy that was there on a condition",
        ),
        pytest.param(
            {"Resources/Ingress": {**INGRESS, "Condition": "Never"}},
            {"Resources/Ingress/Condition": None},
            [LETS_IN],
            id="a rule that was there on a condition",
        ),
        pytest.param(
            {},
            {f"{GROUP}/SecurityGroupIngress": [maybe(OPEN)]},
            [f"{LETS_IN} only if Live holds"],
            id="a rule of a group",
        ),
        pytest.param(
            {f"{GROUP}/SecurityGroupIngress": [OPEN]},
            {f"{GROUP}/SecurityGroupIngress/0/CidrIp": maybe("0.0.0.0/0", "10.0.0.0/8")},
            ["opens more: report/SecurityGroup lets tcp 5432 in from anywhere only if Live holds"],
            id="a part of a rule",
        ),
        pytest.param(
            {"Resources/Ingress": INGRESS},
            {"Resources/Ingress/Properties/CidrIp": maybe("0.0.0.0/0", "10.0.0.0/8")},
            ["opens more: report/SecurityGroup lets tcp 5432 in from anywhere only if Live holds"],
            id="a part of a rule by itself",
        ),
    ],
)
def test_what_comes_on_a_condition_is_broader(
    start: dict[str, object], edits: dict[str, object], expected: list[str]
) -> None:
    found = beside(edits, start)

    assert [one.text for one in found if one.kind is Kind.BROADER] == expected
    assert all(one.gates == {Gate.PERMISSIONS} for one in found if one.kind is Kind.BROADER)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(policies(maybe(READ, READ)), policies(READ), id="the same both ways"),
        pytest.param(policies(READ, maybe(ALL)), policies(maybe(ALL), READ), id="in another order"),
        pytest.param(policies(ALL), policies(maybe(ALL, READ)), id="less where it does not hold"),
        pytest.param(
            policies({**READ, "Resource": ["a", maybe("b", condition="B"), maybe("c", condition="C")]}),
            policies({**READ, "Resource": "a"}),
            id="fewer items of an element",
        ),
        pytest.param(policies(maybe(maybe(READ, ALL), READ)), policies(READ), id="what never comes to be"),
    ],
)
def test_what_a_condition_adds_nothing_to_is_not_broader(before: object, after: object) -> None:
    found = beside({f"{ROLE}/Policies": after}, {f"{ROLE}/Policies": before})

    assert [one.text for one in found if one.kind is Kind.BROADER] == []


def test_rules_that_only_a_deployment_knows_are_shown_as_a_property() -> None:
    found = beside({f"{GROUP}/SecurityGroupIngress": {"Ref": "Rules"}}, {f"{GROUP}/SecurityGroupIngress": [OPEN]})

    assert "also changes EC2::SecurityGroup report/SecurityGroup, SecurityGroupIngress" in found[-1].text


def test_a_grant_with_a_choice_is_said_once_by_the_batchs_file() -> None:
    path = {"Fn::GetAtt": ["Sales", "Arn"]}
    raw = template()
    put(raw, "Resources/Sales", {"Type": "AWS::S3::Bucket", "Metadata": {"aws:cdk:path": "s/report/Sales/Resource"}})
    after = copy.deepcopy(raw)
    put(after, f"{ROLE}/Policies", policies({**READ, "Resource": maybe(path, "arn:aws:s3:::x/*")}))
    file = batch_file()
    marked = {"unresolved": f"Fn::If {json.dumps(['Live', path, 'arn:aws:s3:::x/*'])}"}
    put(file, "access/task/grants/+", {"statement": {**READ, "Resource": marked}, "at": "", "reason": ""})

    found = changes(assembly(batch_file(), stacks=(stack(raw),)), assembly(file, stacks=(stack(after),)))

    assert [one.text for one in found if one.kind is Kind.BROADER] == [
        "may now also read S3: s3:GetObject on <Sales.Arn> only if Live holds",
        "may now also read S3: s3:GetObject on arn:aws:s3:::x/* only if Live does not hold",
    ]


@pytest.mark.parametrize("mark", ["Fn::If no JSON", "Fn::Transform x"])
def test_a_grant_of_the_batchs_file_whose_condition_only_a_deployment_knows(mark: str) -> None:
    file = batch_file()
    statement = {**READ, "Condition": {"unresolved": mark}}
    put(file, "access/task/grants/+", {"statement": statement, "at": "", "reason": ""})

    (found,) = [one for one in changes(assembly(batch_file()), assembly(file)) if one.kind is Kind.BROADER]

    assert found.text == f"may now also read S3: s3:GetObject on arn:aws:s3:::x/* only if <{mark}> holds"


def test_a_condition_inside_of_itself_comes_out_as_outside() -> None:
    inner = Choice.of("<If inner>", "Live", "a", "b")
    choice = Choice.of("<If>", "Live", inner, "c")

    live, not_live = (frozenset({Outcome("Live", holds=holds)}) for holds in (True, False))
    assert list(items(choice)) == [("a", live), ("c", not_live)]
    assert list(settled({"key": [choice]})) == [({"key": ["a"]}, live), ({"key": ["c"]}, not_live)]


def test_with_many_conditions_what_is_left_stays_a_text() -> None:
    many = [Choice.of(f"<If {one}>", f"C{one}", f"a{one}", f"b{one}") for one in range(40)]

    found = list(settled(many))

    assert len(found) == 64
    assert found[0][0] == [*(f"a{one}" for one in range(6)), *(f"<If {one}>" for one in range(6, 40))]


def test_what_is_said_both_ways_needs_no_condition() -> None:
    given = {**READ, "Resource": ["a", *(Choice.of("<If>", one, one, "<AWS::NoValue>") for one in ("B", "C"))]}

    found = both_ways(rules_of(given))

    said = {one.resources.patterns: [each.key for each in one.tests] for one in found}
    assert said == {("a",): [], ("B",): ["B"], ("C",): ["C"]}
