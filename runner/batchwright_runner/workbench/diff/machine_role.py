"""What the role of a workflow's machine is granted, as its stack's template says. Pure."""

from batchwright_runner.contract.access import Grant, RoleAccess
from batchwright_runner.contract.workflows.record import Workflow
from batchwright_runner.workbench.diff.owners import workflow_stacks
from batchwright_runner.workbench.diff.read import Assembly
from batchwright_runner.workbench.diff.template import Stack

_MACHINE = "AWS::StepFunctions::StateMachine"


def machine_role(assembly: Assembly, workflow: Workflow) -> RoleAccess | None:
    """The role of a workflow's machine; none where the assembly has no such machine."""
    for key in workflow_stacks([assembly], workflow.path):
        stack = assembly.stacks[key]
        for machine in stack.resources.values():
            named = str(machine.properties.get("StateMachineName"))
            if machine.type == _MACHINE and named == workflow.machine.rpartition(":")[2]:
                return _role(stack, str(machine.properties.get("RoleArn")))
    return None


def _role(stack: Stack, arn: str) -> RoleAccess | None:
    for role in stack.resources.values():
        if arn == f"<{role.path}.Arn>":
            attached = role.properties.get("ManagedPolicyArns") or ()
            policies = [resource for resource in stack.resources.values() if f"<{resource.path}>" in attached]
            documents = [policy["PolicyDocument"] for policy in role.properties.get("Policies") or ()]
            documents += [policy.properties["PolicyDocument"] for policy in policies]
            grants = [Grant(statement=statement) for document in documents for statement in document["Statement"]]
            return RoleAccess(arn=str(role.properties.get("RoleName") or role.path), grants=grants)
    return None
