"""The role of a workflow's machine: found by the machine, with all of its statements, and no other role's."""

import pytest

from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.workbench.diff.statements import machine_role
from batchwright_runner.workbench.permissions.words import describe_machine
from tests.runner.workbench.diff.support import Raw, stack, workflow_file

ARN = "arn:aws:states:ap-northeast-1:111111111111:stateMachine:batches-staging"
WORKFLOW = WorkflowManifest.from_dict({**workflow_file()["workflow"], "machine": f"{ARN}-nightly"})


def document(action: str) -> Raw:
    return {"Statement": [{"Effect": "Allow", "Action": action, "Resource": f"{ARN}-load"}]}


def template() -> Raw:
    """A stack with the workflow, and a role that is not its."""
    first = [{"PolicyName": "batchwright", "PolicyDocument": document("states:StartExecution")}]
    managed = {"ManagedPolicyArns": [{"Ref": "More"}]}
    other = [{"PolicyName": "other", "PolicyDocument": document("s3:GetObject")}]
    machine = {"StateMachineName": "batches-staging-nightly", "RoleArn": {"Fn::GetAtt": ["Flow", "Arn"]}}
    return {
        "Resources": {
            "Record": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Name": "/batches/staging/manifests/nightly", "Value": "{}"},
            },
            "Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
            "Flow": {
                "Type": "AWS::IAM::Role",
                "Properties": {"RoleName": "nightly-flow", "Policies": first, **managed},
            },
            "More": {
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {"PolicyDocument": document("states:StopExecution")},
            },
            "Other": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "other", "Policies": other}},
        }
    }


def test_it_has_the_statements_of_its_own_and_of_attached_policies() -> None:
    nightly = stack(template(), "nightly")

    role = machine_role([nightly], WORKFLOW)

    assert role is not None
    text = describe_machine(role)
    assert text.startswith("Role nightly-flow: what its machine may do\n")
    assert [word for word in ("states:StartExecution", "states:StopExecution", "s3:GetObject") if word in text] == [
        "states:StartExecution",
        "states:StopExecution",
    ]


@pytest.mark.parametrize("lacks", ["Record", "Machine"])
def test_there_is_none_without_a_machine(lacks: str) -> None:
    raw = template()
    del raw["Resources"][lacks]
    nightly = stack(raw, "nightly")

    assert machine_role([nightly], WORKFLOW) is None
