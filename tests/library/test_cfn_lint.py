"""Every template through cfn-lint; and cfn-lint, on one planted fault in each kind of resource."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from batchwright.testing import Synthesized, Template
from tests.library.linted import IGNORED, faults, findings
from tests.library.samples import Assembly, declared, workflows

PLANTED: dict[str, dict[str, Any]] = {
    "AWS::CloudWatch::Alarm": {"ComparisonOperator": "Above"},
    "AWS::EC2::SecurityGroup": {"GroupDescriptions": "x"},
    "AWS::EC2::SecurityGroupIngress": {"FromPorts": 1},
    "AWS::ECR::Repository": {"ImageTagMutability": "SOMETIMES"},
    "AWS::ECS::Cluster": {"CapacityProviders": "FARGATE"},
    "AWS::ECS::TaskDefinition": {"Cpu": "1024", "Memory": "512"},
    "AWS::Events::Rule": {"State": "ON"},
    "AWS::IAM::OIDCProvider": {"ClientIdList": "sts.amazonaws.com"},
    "AWS::IAM::Policy": {"PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Perhaps"}]}},
    "AWS::IAM::Role": {"RoleName": "x" * 65},
    "AWS::KMS::Alias": {"AliasName": "no-alias"},
    "AWS::KMS::Key": {"EnableKeyRotation": "often"},
    "AWS::Lambda::Function": {"MemorySize": "much"},
    "AWS::Logs::LogGroup": {"RetentionInDays": 31},
    "AWS::SSM::Parameter": {"Type": "SecureString"},
    "AWS::Scheduler::ScheduleGroup": {"Name": "x" * 65},
    "AWS::StepFunctions::StateMachine": {"StateMachineType": "SOMETIMES"},
}
"""Kind of resource to properties that are wrong."""


@pytest.fixture(scope="module")
def templates(samples: Assembly, adopted: Synthesized) -> dict[str, Template]:
    """The registry's and staging's; production's differ in values alone."""
    staging = {name: template for name, template in samples.templates.items() if "production" not in name}
    return {**staging, "adopted": adopted.template}


def test_no_template_has_a_fault(templates: Mapping[str, Template]) -> None:
    assert {name: found for name, template in templates.items() if (found := faults(template))} == {}
    batches = {
        f"batches-staging-{name}" for name in (*declared(), *workflows(), "every-argument", "platform", "machines")
    }
    assert templates.keys() == {"batches-registry", "adopted", *batches}


def test_a_fault_in_each_kind_of_resource_is_found(templates: Mapping[str, Template]) -> None:
    planted: dict[str, Any] = {"Resources": {}}
    for template in templates.values():
        for resource in template["Resources"].values():
            kind = resource["Type"]
            bad = copy.deepcopy(resource)
            bad["Properties"] |= PLANTED[kind]
            planted["Resources"].setdefault(kind.replace(":", ""), bad)

    ids = {id for fault, id in faults(planted) if not fault.startswith(("E1010", "E1012", "E1020", "E3005"))}

    assert ids == {kind.replace(":", "") for kind in PLANTED}


def test_every_reason_is_needed(staging: Synthesized) -> None:
    assert {finding.rule.id for finding in findings(staging.template)} == set(IGNORED)
