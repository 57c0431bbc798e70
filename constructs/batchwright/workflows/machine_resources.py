"""The machine of a workflow, and its role."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from batchwright.arns import Place
from batchwright.automation.resources import machine_role, state_machine
from batchwright.iam.machine_policies import workflow_policies
from batchwright.workflows.workflow_machine import WorkflowFacts, workflow_machine
from batchwright_runner.contract.names import StageNames


def make_workflow_machine(
    scope: Construct, facts: WorkflowFacts, place: Place, names: StageNames
) -> stepfunctions.CfnStateMachine:
    """The machine of a workflow, and its role."""
    name, batches = facts.record.name, list(dict.fromkeys(step.batch for step in facts.record.all_steps))
    first, *others = workflow_policies(place, names, batches, alerts=facts.alerts)
    role_name = names.machine_role(name)
    managed = [
        iam.CfnManagedPolicy(
            scope,
            f"MachinePolicy{number}",
            managed_policy_name=f"{role_name}-{number}",
            path=names.role_path,
            description=f"Further steps of the workflow {name}",
            policy_document=policy,
        )
        for number, policy in enumerate(others, 2)
    ]
    role = machine_role(scope, place, names, name, first, [policy.ref for policy in managed])
    return state_machine(scope, names.family(name), workflow_machine(facts), facts.tags, role.attr_arn)
