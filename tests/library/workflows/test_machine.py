"""The machine of a declared workflow, its role, its schedule, and who may start it."""

import json
from typing import Any

import pytest
from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Annotations, Match

from batchwright import Schedule, Wait
from batchwright.arns import Place
from batchwright.iam import machine_policies
from batchwright.iam.run_policies import workflow_runs
from batchwright.iam.sizes import MANAGED, documents
from batchwright.testing import Template
from batchwright.workflows.steps import Parallel, Step
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.structure import MOST_STEPS
from tests.kit.iam import allowed
from tests.library.automation.support import text
from tests.library.policy_linter import findings
from tests.library.support import app_and_stack, batch, of_type, only, platform, policy_statements, stack, templates
from tests.library.workflows.support import MACHINES, NAMES, home, workflow

PLACE = Place("111111111111", "ap-northeast-1")
NIGHTLY = Schedule.daily("02:30", zone="Asia/Tokyo")
EXECUTIONS = MACHINES.replace("stateMachine", "execution")
RULE = "arn:aws:events:ap-northeast-1:111111111111:rule"


def made(**arguments: Any) -> Template:  # noqa: ANN401 - any argument
    """The template of a workflow."""
    return templates(home(**arguments)[0])["workflow"]


def test_the_machine_has_the_workflow_s_name_and_starts_its_steps_machines() -> None:
    machine = only(made(), "AWS::StepFunctions::StateMachine")
    definition = json.loads(text(machine["DefinitionString"]))

    assert (machine["StateMachineName"], machine["StateMachineType"]) == ("batches-staging-nightly", "STANDARD")
    assert definition["States"]["Begin"]["Assign"]["machines"] == f"{MACHINES}-"
    assert definition["States"]["extract"]["Arguments"]["StateMachineArn"] == "{% $machines & 'extract' %}"
    assert {"Key": "batchwright:owner", "Value": "sre"} in machine["Tags"]


@pytest.mark.parametrize(("overlap", "seconds"), [("wait", 86400), (Wait(at_most=Duration.hours(2)), 7200)])
def test_it_waits_for_as_long_as_is_said(overlap: Any, seconds: int) -> None:  # noqa: ANN401 - an overlap
    machine = only(made(overlap=overlap), "AWS::StepFunctions::StateMachine")

    plan = json.loads(text(machine["DefinitionString"]))["States"]["Plan"]
    assert plan["Arguments"]["Payload"]["longest"] == seconds


def test_a_hundred_steps_of_the_longest_names_are_declared_with_their_options() -> None:
    steps = [Step("report", name=f"s{number:039}", options={"FORMAT": "csv"}) for number in range(MOST_STEPS)]
    template = made(steps=steps)
    parameters = [each["Properties"] for each in of_type(template, "AWS::SSM::Parameter")]
    (value,) = [each["Value"] for each in parameters if "manifests" in text(each["Name"])]
    manifest = WorkflowManifest.from_json(text(value))

    assert [(step.name, step.batch, step.options) for step in manifest.all_steps] == [
        (step.name, "report", {"FORMAT": "csv"}) for step in steps
    ]
    assert len(json.dumps(template)) < 1_000_000  # CloudFormation's limit


def test_in_one_stack_it_is_made_after_its_steps_machines() -> None:
    app, ours = app_and_stack()
    on = platform(ours)
    batch(ours, on, "extract")
    workflow(ours, on, steps=["extract"])
    template = templates(app)["stack"]
    named = {
        resource["Properties"]["StateMachineName"]: (id, resource.get("DependsOn", []))
        for id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::StepFunctions::StateMachine"
    }

    assert named["batches-staging-extract"][0] in named["batches-staging-nightly"][1]


def test_aws_starts_it_when_it_is_due() -> None:
    app, declared = home(schedule=NIGHTLY, scheduler="aws")
    by_stack = templates(app)
    schedule = only(by_stack["workflow"], "AWS::Scheduler::Schedule")

    assert (schedule["Name"], schedule["ScheduleExpressionTimezone"]) == ("nightly", "Asia/Tokyo")
    assert schedule["Target"]["Arn"] == f"{MACHINES}-nightly"
    assert schedule["Target"]["Input"] == '{"scheduled":"<aws.scheduler.scheduled-time>"}'
    assert len(of_type(by_stack["batches"], "AWS::SQS::Queue")) == 1  # what schedules share
    assert declared.record.scheduler == "aws"


def test_others_start_it_without_a_schedule_of_aws_s() -> None:
    assert not of_type(made(schedule=NIGHTLY, scheduler="rundeck"), "AWS::Scheduler::Schedule")


# The role.

TRUTH = [
    ("states:StartExecution", f"{MACHINES}-extract", True),
    ("states:StartExecution", f"{MACHINES}-report", True),
    ("states:StartExecution", f"{MACHINES}-nightly", False),
    ("states:StartExecution", f"{MACHINES}-other", False),
    ("states:DescribeExecution", f"{EXECUTIONS}-extract:x", True),
    ("states:StopExecution", f"{EXECUTIONS}-extract:x", True),
    ("states:DescribeExecution", f"{EXECUTIONS}-nightly:x", False),
    ("states:StopExecution", f"{EXECUTIONS}-nightly:x", False),
    ("states:DescribeExecution", f"{EXECUTIONS}-other:x", False),
    ("states:StopExecution", f"{EXECUTIONS}-other:x", False),
    ("states:ListExecutions", f"{MACHINES}-nightly", False),
    ("ssm:GetParameters", "arn:aws:ssm:ap-northeast-1:111111111111:parameter/batches/staging/paused/nightly", False),
    ("lambda:InvokeFunction", "arn:aws:lambda:ap-northeast-1:111111111111:function:batches-staging-machines", True),
    ("lambda:InvokeFunction", "arn:aws:lambda:ap-northeast-1:111111111111:function:batches-staging-alerts", False),
    ("events:PutTargets", f"{RULE}/StepFunctionsGetEventsForStepFunctionsExecutionRule", True),
    ("events:PutRule", f"{RULE}/StepFunctionsGetEventsForStepFunctionsExecutionRule", True),
    ("events:DescribeRule", f"{RULE}/StepFunctionsGetEventsForStepFunctionsExecutionRule", True),
    ("events:PutRule", f"{RULE}/StepFunctionsGetEventsForECSTaskRule", False),
    ("ecs:RunTask", "*", False),
    ("iam:PassRole", "*", False),
]


@pytest.mark.parametrize(("action", "resource", "may"), TRUTH)
def test_the_role_is_a_truth_table(action: str, resource: str, may: bool) -> None:
    (policy,) = machine_policies.workflow_policies(PLACE, NAMES, ["extract", "report"])

    assert allowed(policy["Statement"], action, resource) is may


def test_where_there_are_alerts_it_may_hand_its_failure_over_and_nothing_else() -> None:
    bus = PLACE._arn("events", "event-bus/default")
    own = {"events:source": "batchwright.batches.staging"}
    for alerts in (True, False):
        (policy,) = machine_policies.workflow_policies(PLACE, NAMES, ["extract"], alerts=alerts)
        assert allowed(policy["Statement"], "events:PutEvents", bus, own) is alerts
        assert not allowed(policy["Statement"], "events:PutEvents", bus, {"events:source": "aws.ecs"})


def test_the_role_may_do_what_its_machine_calls_and_no_more() -> None:
    template = made(always=["summary"], overlap="wait")
    (role,) = of_type(template, "AWS::IAM::Role")
    (policy,) = role["Properties"]["Policies"]
    has = {
        action
        for statement in policy["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    definition = text(only(template, "AWS::StepFunctions::StateMachine")["DefinitionString"])

    assert role["Properties"]["RoleName"] == "batches-staging-nightly-flow"
    assert {"lambda:invoke", "states:startExecution.sync:2"} == {
        part.partition('"')[0] for part in definition.split("arn:aws:states:::")[1:]
    }
    of_sync = {f"states:{action}Execution" for action in ("Start", "Describe", "Stop")} | {
        f"events:{action}" for action in ("PutTargets", "PutRule", "DescribeRule")
    }
    assert has == {"lambda:InvokeFunction"} | of_sync


def test_the_role_has_room_for_a_hundred_batches_of_the_longest_names() -> None:
    batches = [f"{'x' * 38}{number:02}" for number in range(100)]
    gov = Place("111111111111", "us-gov-east-1")
    policies = machine_policies.workflow_policies(gov, NAMES, batches)

    assert max(documents([policy]) for policy in policies) < MANAGED
    merged = [statement for policy in policies for statement in policy["Statement"]]
    assert all(allowed(merged, "states:StartExecution", gov._machine(NAMES.family(name))) for name in batches)
    assert len(policies) <= 10  # of its own and managed ones


def test_further_policies_are_managed_ones_of_the_stage() -> None:
    app, ours = app_and_stack()
    on, more = platform(ours, stage="staging"), stack(app, "more")
    for number in range(21):
        batch((ours, more)[number % 2], on, f"batch-{number:02}")
    workflow(more, on, steps=[f"batch-{number:02}" for number in range(21)])
    template = templates(app)["more"]
    policy = only(template, "AWS::IAM::ManagedPolicy")

    assert (policy["ManagedPolicyName"], policy["Path"]) == ("batches-staging-nightly-flow-2", "/batches/staging/")
    assert allowed(policy["PolicyDocument"]["Statement"], "states:StartExecution", f"{MACHINES}-batch-20")
    (role,) = [
        role
        for role in of_type(template, "AWS::IAM::Role")
        if "nightly-flow" in str(role["Properties"].get("RoleName"))
    ]
    assert len(role["Properties"]["ManagedPolicyArns"]) == 1


# Who may start it.


def granted(method: str, **arguments: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any argument
    """The statements that a role was granted."""
    app, declared = home(**arguments)
    elsewhere = stack(app, "elsewhere")
    role = iam.Role(elsewhere, "Caller", assumed_by=iam.AccountRootPrincipal())
    getattr(declared, method)(role)
    return policy_statements(templates(app)["elsewhere"])


RUNS = [
    ("states:StartExecution", f"{MACHINES}-nightly", True),
    ("states:StartExecution", f"{MACHINES}-extract", False),
    ("states:GetExecutionHistory", f"{EXECUTIONS}-nightly:x", True),
    ("states:StopExecution", f"{EXECUTIONS}-nightly:x", True),
    ("states:DescribeExecution", f"{EXECUTIONS}-extract:x", True),
    ("states:StopExecution", f"{EXECUTIONS}-extract:x", True),
    ("states:StopExecution", f"{EXECUTIONS}-other:x", False),
    ("logs:GetLogEvents", "arn:aws:logs:ap-northeast-1:111111111111:log-group:/batches/staging/extract:x", True),
    ("logs:GetLogEvents", "arn:aws:logs:ap-northeast-1:111111111111:log-group:/batches/staging/other:x", False),
    ("ssm:GetParameter", "arn:aws:ssm:ap-northeast-1:111111111111:parameter/batches/staging/manifests/nightly", True),
    ("ssm:GetParameter", "arn:aws:ssm:ap-northeast-1:111111111111:parameter/batches/staging/manifests/extract", True),
    ("ssm:GetParameter", "arn:aws:ssm:ap-northeast-1:111111111111:parameter/batches/staging/manifests/other", False),
    ("ecs:RunTask", "arn:aws:ecs:ap-northeast-1:111111111111:task-definition/batches-staging-extract:1", False),
    ("ecs:StopTask", "arn:aws:ecs:ap-northeast-1:111111111111:task/batches-staging/0a", False),
    ("iam:PassRole", "arn:aws:iam::111111111111:role/batches/staging/batches-staging-extract-task", False),
]


@pytest.mark.parametrize(("action", "resource", "may"), RUNS)
def test_grant_run_is_a_truth_table(action: str, resource: str, may: bool) -> None:
    groups = [PLACE._log_group("/batches/staging/extract")]
    document = workflow_runs(PLACE, NAMES, "nightly", ["extract"], cluster="batches-staging", log_groups=groups)

    assert allowed(document, action, resource) is may


def test_grant_run_reaches_the_role() -> None:
    statements = granted("grant_run")

    assert allowed(statements, "states:StartExecution", f"{MACHINES}-nightly")
    log = "arn:aws:logs:ap-northeast-1:111111111111:log-group"
    assert allowed(statements, "logs:GetLogEvents", f"{log}:/batches/staging/coupons-load:x")
    assert allowed(statements, "logs:GetLogEvents", f"{log}:/batches/staging/platform/runs:x")


def test_what_grant_run_allows_acts_on_its_resources() -> None:
    groups = [PLACE._log_group("/batches/staging/extract")]
    document = workflow_runs(PLACE, NAMES, "nightly", ["extract"], cluster="batches-staging", log_groups=groups)

    findings_by_sid = [(statement["Sid"], finding) for statement in document for finding in findings(statement)]
    assert findings_by_sid == [("FindRuns", "wildcard resource")]


def test_two_starters_of_a_batch_that_runs_alone_are_a_warning() -> None:
    app, ours = app_and_stack()
    on = platform(ours)
    batch(ours, on, "alone", overlap="forbid", schedule=NIGHTLY, scheduler="rundeck")
    batch(ours, on, "free", schedule=NIGHTLY, scheduler="rundeck")
    batch(ours, on, "both", overlap="forbid")
    workflow(ours, on, "first", steps=["alone", "free", "both"])
    workflow(ours, on, "second", steps=["both", Parallel("free", Step("free", name="again"))])

    app.synth()
    warnings = [
        str(warning.entry.data) for warning in Annotations.from_stack(ours).find_warning("*", Match.any_value())
    ]
    assert [warning.partition(" may start")[0] for warning in warnings if "overlap" in warning] == [
        "workflow first: batch alone says overlap='forbid', and its own schedule",
        "workflow second: batch both says overlap='forbid', and workflow first",
    ]
