"""Every template through cfn-lint; and cfn-lint, on one planted fault in each kind of resource."""

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest

from batchwright.testing import Synthesized, Template
from tests.library.samples import Assembly, declared, workflows

IGNORED = {
    "I1022": "Fn::Sub instead of Fn::Join is a matter of style; CDK writes Fn::Join",
}
"""Rules that are not asked, and why."""

PLANTED: dict[str, dict[str, Any]] = {
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
    "AWS::Logs::LogGroup": {"RetentionInDays": 31},
    "AWS::SSM::Parameter": {"Type": "SecureString"},
    "AWS::Scheduler::ScheduleGroup": {"Name": "x" * 65},
    "AWS::StepFunctions::StateMachine": {"StateMachineType": "SOMETIMES"},
}
"""Kind of resource to properties that are wrong."""


def findings(template: Template) -> list[Any]:
    """What cfn-lint finds, in its own words."""
    from cfnlint.api import lint  # type: ignore[import-untyped] # to import it takes a second
    from cfnlint.config import ManualArgs  # type: ignore[import-untyped]

    return list(lint(json.dumps(template), config=ManualArgs(regions=["ap-northeast-1"], include_checks=["I"])))


def faults(template: Template) -> list[tuple[str, str]]:
    """Rule and logical id (or section) of all findings but those that are not asked for."""
    return [
        (f"{finding.rule.id} {finding.message}", str(finding.path[1] if finding.path and len(finding.path) > 1 else ""))
        for finding in findings(template)
        if finding.rule.id not in IGNORED
    ]


@pytest.fixture(scope="module")
def templates(samples: Assembly, adopted: Synthesized) -> dict[str, Template]:
    """The registry's and staging's; production's differ in values alone."""
    staging = {name: template for name, template in samples.templates.items() if "production" not in name}
    return {**staging, "adopted": adopted.template}


def test_no_template_has_a_fault(templates: Mapping[str, Template]) -> None:
    assert {name: found for name, template in templates.items() if (found := faults(template))} == {}
    batches = {f"batches-staging-{name}" for name in (*declared(), *workflows(), "every-argument", "platform")}
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
