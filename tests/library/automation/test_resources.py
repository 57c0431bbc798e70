"""The resources of a batch that AWS starts, and of a stage whose batches it starts."""

import json
from collections import Counter
from typing import Any, Literal

import pytest
from aws_cdk import Duration, Environment
from aws_cdk import aws_iam as iam

from batchwright import BatchPlatform, Fargate, Retry, Schedule
from batchwright.arns import Place
from batchwright.automation.resources import event_age
from batchwright.iam import machine_policies
from batchwright.iam.policies import several
from batchwright.task.outside import Written
from batchwright.testing import Template, synthesize
from batchwright_runner.contract.names import StageNames
from tests.kit.iam import allowed
from tests.library.automation.support import NIGHTLY, kept, text
from tests.library.support import (
    app,
    app_and_stack,
    batch,
    declaring,
    of_type,
    only,
    platform,
    policy_statements,
    refusal,
    role_statements,
    stack,
    stack_after,
    templates,
)

PLACE, NAMES = Place("111111111111", "ap-northeast-1"), StageNames("batches", "staging")
MACHINE = "arn:aws:states:ap-northeast-1:111111111111:stateMachine:batches-staging-report"
GROUP = "batches-staging-schedules"
QUEUE = f"arn:aws:sqs:ap-northeast-1:111111111111:{GROUP}"
TOPICS = "arn:aws:sns:ap-northeast-1:111111111111"
OPS = f"{TOPICS}:ops"
TAGS = {"batchwright:project": "batches", "batchwright:stage": "staging", "batchwright:batch": "report"}
FUNCTION_PARAMETER = "SsmParameterValuebatchesstagingplatformmachines1C96584B6F00A464EAD1953AFF4B05118Parameter"
KINDS = ("AWS::StepFunctions::StateMachine", "AWS::Scheduler::Schedule")


# The machine.


def test_the_machine_has_the_name_of_its_batch_and_is_a_standard_one() -> None:
    made = only(kept()[0], "AWS::StepFunctions::StateMachine")
    definition = json.loads(text(made["DefinitionString"]))
    question = definition["States"]["Gate"]["Arguments"]

    assert (made["StateMachineName"], made["StateMachineType"]) == ("batches-staging-report", "STANDARD")
    assert definition["QueryLanguage"] == "JSONata"
    assert (question["FunctionName"], question["Payload"]["alone"]) == (FUNCTION_PARAMETER, True)


def test_the_manifest_names_it() -> None:
    home = stack(app())

    assert batch(home, platform(home), scheduler="aws").manifest.machine == MACHINE
    assert batch(home, platform(stack(app())), name="other").manifest.machine == ""


@pytest.mark.parametrize(
    ("given", "made", "queues"), [({"scheduler": "rundeck"}, [0, 0], 0), ({"schedule": None}, [1, 0], 1)]
)
def test_another_scheduler_has_no_machine_and_a_machine_needs_no_schedule(
    given: dict[str, Any], made: list[int], queues: int
) -> None:
    template, of_platform = kept(**given)

    assert [len(of_type(template, kind)) for kind in KINDS] == made
    assert len(of_type(of_platform, "AWS::SQS::Queue")) == queues


def test_runs_on_this_machine_have_none() -> None:
    home = stack(app())
    declared = batch(home, platform(home, stage="local"), scheduler="aws", schedule=NIGHTLY)

    assert (declared.machine, declared.manifest.machine) == (None, "")


def test_the_function_is_found_by_a_parameter_whose_name_says_the_protocol() -> None:
    home, ours = app_and_stack()
    on = BatchPlatform.from_deployed(ours, "Platform", stage="staging", schedules=True)
    batch(ours, on, scheduler="aws")
    made = templates(home)

    assert list(made) == ["stack"]  # the app of the platform makes the function
    assert made["stack"]["Parameters"][FUNCTION_PARAMETER] == {
        "Default": "/batches/staging/platform/machines-1",
        "Type": "AWS::SSM::Parameter::Value<String>",
    }
    assert not of_type(kept()[1], "AWS::Lambda::Function")


# The function.


def function_stack(**arguments: Any) -> Template:  # noqa: ANN401 - any argument
    home = app()
    platform(stack(home, "platform"), **{"schedules": True, **arguments})
    return templates(home)["batches-staging-machines"]


def test_the_function_is_a_stack_of_its_own_which_is_deployed_before_all_others() -> None:
    home, first, ours = stack_after("platform")
    batch(ours, platform(first), scheduler="aws")
    made = templates(home)

    assert list(made) == ["batches-staging-machines", "platform", "stack"]
    kinds = Counter(resource["Type"] for resource in made["batches-staging-machines"]["Resources"].values())
    assert kinds == dict.fromkeys(FUNCTION_KINDS, 1)


FUNCTION_KINDS = ("AWS::IAM::Role", "AWS::Lambda::Function", "AWS::Logs::LogGroup", "AWS::SSM::Parameter")


def test_one_stack_of_platform_and_batch_is_deployed_after_the_function() -> None:
    home, ours = app_and_stack()
    batch(ours, platform(ours), scheduler="aws")

    assert list(templates(home)) == ["batches-staging-machines", "stack"]


@pytest.mark.parametrize(
    ("given", "made"),
    [({}, False), ({"schedules": True}, True), ({"scheduler": "aws"}, True), ({"stage": "local"}, False)],
)
def test_a_stage_has_the_function_with_its_schedules(given: dict[str, Any], made: bool) -> None:
    home = app()
    local = Environment(account="000000000000", region="us-east-1")
    platform(stack(home, env=local) if "stage" in given else stack(home), **given)

    assert ("batches-staging-machines" in templates(home)) == made


def test_the_function_has_a_whole_processor_and_half_a_minute() -> None:
    made = only(function_stack(machines={"reserved": 10}), "AWS::Lambda::Function")

    assert (made["FunctionName"], made["Runtime"]) == ("batches-staging-machines", "python3.13")
    assert made["Handler"] == "batchwright_runner.machines.handler.handle"
    assert (made["MemorySize"], made["Timeout"], made["ReservedConcurrentExecutions"]) == (1769, 30, 10)
    assert made["Environment"] == {"Variables": {"BATCHWRIGHT_PROJECT": "batches", "BATCHWRIGHT_STAGE": "staging"}}
    assert "ReservedConcurrentExecutions" not in only(function_stack(), "AWS::Lambda::Function")


def test_the_function_reads_and_changes_nothing() -> None:
    actions = [action for statement in role_statements(function_stack()) for action in several(statement["Action"])]

    assert sorted(actions) == [
        "ecs:DescribeTasks",
        "ecs:ListTasks",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "ssm:GetParameters",
        "states:DescribeExecution",
        "states:ListExecutions",
    ]


def test_the_function_takes_a_given_role() -> None:
    home = app()
    ours = stack(home, "platform")
    role = iam.Role.from_role_arn(ours, "Given", "arn:aws:iam::111111111111:role/house/machines")
    platform(ours, schedules=True, machines_role=role)
    made = templates(home)["batches-staging-machines"]

    assert not of_type(made, "AWS::IAM::Role")
    assert only(made, "AWS::Lambda::Function")["Role"] == "arn:aws:iam::111111111111:role/house/machines"


@pytest.mark.parametrize(
    ("machines", "message"),
    [(3, "machines: 3 was given"), ({"reserved": 0}, "a number from 1"), ({"reserve": 3}, "reserve")],
)
def test_what_is_said_of_the_function_is_checked(machines: object, message: str) -> None:
    ours = stack(app())

    with refusal(message):
        platform(ours, machines=machines)


def test_its_alarm_rings_for_errors_and_throttles_and_a_stage_without_a_topic_warns() -> None:
    home = app()
    platform(stack(home, "platform"), schedules=True)
    artifact = home.synth().get_stack_by_name("platform")
    made = only(artifact.template, "AWS::CloudWatch::Alarm", AlarmName="batches-staging-machines")
    metrics = [metric["MetricStat"]["Metric"] for metric in made["Metrics"] if "MetricStat" in metric]

    assert (made["EvaluationPeriods"], made["DatapointsToAlarm"]) == (3, 2)  # one throttled look rings no one
    assert [metric["MetricName"] for metric in metrics] == ["Errors", "Throttles"]
    assert {metric["Dimensions"][0]["Value"] for metric in metrics} == {"batches-staging-machines"}
    said = [message.entry.data for message in artifact.messages]
    assert any("nobody hears the alarm batches-staging-machines" in str(text) for text in said)


# The schedule.


def test_the_schedule_starts_the_machine_and_says_when_it_was_due() -> None:
    made = only(kept()[0], "AWS::Scheduler::Schedule")

    assert made == {
        "Name": "report",
        "GroupName": GROUP,
        "ScheduleExpression": "cron(30 2 ? * * *)",
        "ScheduleExpressionTimezone": "Asia/Tokyo",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "State": "ENABLED",
        "Target": {
            "Arn": MACHINE,
            "RoleArn": f"arn:aws:iam::111111111111:role/batches/staging/{GROUP}",
            "Input": '{"scheduled":"<aws.scheduler.scheduled-time>"}',
            "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10},
            "DeadLetterConfig": {"Arn": QUEUE},
        },
    }


def test_a_flexible_window_reaches_the_schedule() -> None:
    given = Schedule.daily("02:30", window=Duration.minutes(15))
    made = only(kept(schedule=given)[0], "AWS::Scheduler::Schedule")

    assert made["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    assert made["ScheduleExpression"] == "cron(30 2 ? * * *)"


@pytest.mark.parametrize(
    ("schedule", "seconds"),
    [
        (Schedule.every(Duration.minutes(1)), 60),
        (Schedule.every(Duration.minutes(15)), 450),
        (Schedule.every(Duration.hours(1)), 1800),
        (Schedule.every(Duration.hours(6)), 3600),
        (Schedule.daily("02:30", "03:30"), 1800),
        (Schedule.daily("23:30", "00:30"), 1800),
        (Schedule.weekly("MON", "09:00"), 3600),
    ],
)
def test_a_start_that_fails_is_tried_for_half_the_time_to_the_next(schedule: Schedule, seconds: int) -> None:
    assert event_age(schedule) == seconds


def test_a_changed_time_changes_nothing_else() -> None:
    before, after = kept()[0], kept(schedule=Schedule.daily("03:30", zone="Asia/Tokyo"))[0]
    changed = [id for id, resource in before["Resources"].items() if after["Resources"][id] != resource]

    kinds = {before["Resources"][id]["Type"] for id in changed}
    assert kinds == {"AWS::Scheduler::Schedule", "AWS::SSM::Parameter"}  # the manifest says when it is due


# The stage.


def test_the_stage_gets_group_role_queue_and_one_alarm() -> None:
    _, made = kept()

    groups = of_type(made, "AWS::Scheduler::ScheduleGroup")
    assert {group["Properties"]["Name"] for group in groups} == {"batches-staging", GROUP}
    queue = only(made, "AWS::SQS::Queue")
    assert (queue["QueueName"], queue["SqsManagedSseEnabled"]) == (GROUP, True)


def test_its_alarm_sounds_for_a_start_that_was_dropped_and_for_one_in_the_queue() -> None:
    made = only(kept()[1], "AWS::CloudWatch::Alarm", AlarmName=GROUP)
    metrics = {metric["Id"]: metric["MetricStat"] for metric in made["Metrics"] if "MetricStat" in metric}
    (sum_of_both,) = [metric for metric in made["Metrics"] if "Expression" in metric]

    assert {id: tuple(metric["Metric"].values()) for id, metric in metrics.items()} == {
        "dropped": ([{"Name": "ScheduleGroup", "Value": GROUP}], "InvocationDroppedCount", "AWS/Scheduler"),
        "kept": ([{"Name": "QueueName", "Value": GROUP}], "ApproximateNumberOfMessagesVisible", "AWS/SQS"),
    }
    assert (sum_of_both["Expression"], sum_of_both["ReturnData"]) == ("FILL(dropped, 0) + FILL(kept, 0)", True)
    assert (made["ComparisonOperator"], made["Threshold"], made["EvaluationPeriods"]) == ("GreaterThanThreshold", 0, 1)
    assert made["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize(
    ("given", "topics"),
    [
        ({"alarm_topic": Written(OPS)}, [OPS]),
        ({"alarm_topic": Written("ssm:/ops/topic")}, ["SsmParameterValueopstopic"]),
        ({"alerts": {}}, [f"{TOPICS}:batches-staging-alarms"]),
        ({"alerts": {}, "alarm_topic": Written(OPS)}, [OPS]),
    ],
)
def test_the_alarm_goes_to_the_topic_that_the_stage_says(given: dict[str, Any], topics: list[str] | None) -> None:
    home, ours = app_and_stack()
    platform(ours, scheduler="aws", **given)
    for alarm in of_type(templates(home)["stack"], "AWS::CloudWatch::Alarm"):
        actions = alarm["Properties"].get("AlarmActions")
        assert topics == (
            actions and [text(action)[: len(name)] for action, name in zip(actions, topics or (), strict=True)]
        )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (True, "alarm_topic: True was given; allowed: a topic, such as Topic.from_topic_arn(…)"),
        (OPS, "allowed: a topic, such as Topic.from_topic_arn(…)"),
        (Written("/ops/topic"), "alarm_topic: '/ops/topic' was given"),
        (Written(f"{OPS}.fifo"), "is a FIFO topic"),
        (Written(OPS.replace("ap-northeast-1", "eu-west-1")), "is in region eu-west-1, and the stage in"),
        ([OPS], "alarm_topic: "),
    ],
)
def test_an_alarm_topic_that_cannot_be_told_is_refused(given: object, message: str) -> None:
    ours = stack(app())

    with refusal("platform staging: alarm_topic: ") as error:
        platform(ours, scheduler="aws", alarm_topic=given)
    assert message in str(error.value)


def test_an_alarm_topic_without_an_alarm_is_refused() -> None:
    ours = stack(app())

    with refusal(r"alarm_topic: schedules=False was given, so that there is no alarm"):
        platform(ours, schedules=False, alarm_topic=Written(OPS))


@pytest.mark.parametrize(("given", "count"), [({"schedules": True}, 1), ({"scheduler": "aws"}, 1), ({}, 0)])
def test_a_stage_without_such_batches_has_them_where_it_says_so(given: dict[str, Any], count: int) -> None:
    home = app()
    platform(stack(home), **given)

    assert len(of_type(templates(home)["stack"], "AWS::SQS::Queue")) == count


def test_a_stage_that_was_told_to_have_none_is_named() -> None:
    ours = stack(app())
    with refusal(r"platform staging has schedules=False; allowed: a stage with"):
        batch(ours, platform(ours, schedules=False), scheduler="aws")


def test_a_deployed_platform_that_is_not_said_to_have_them_is_named() -> None:
    ours = stack(app())
    on = BatchPlatform.from_deployed(ours, "Platform", stage="staging")
    with refusal(r"platform staging is not said to have schedules"):
        batch(ours, on, scheduler="aws")


# Who may.


@pytest.mark.parametrize(
    ("tags", "cluster", "may"),
    [
        (TAGS, "batches-staging", ["DescribeTasks", "StopTask"]),
        ({**TAGS, "batchwright:batch": "other"}, "batches-staging", ["DescribeTasks"]),
        ({"team": "web"}, "batches-staging", ["DescribeTasks"]),
        # ECS has deleted the tags of a task that was stopped.
        ({}, "batches-staging", ["DescribeTasks"]),
        (TAGS, "other", []),
    ],
)
def test_it_stops_its_batchs_tasks_alone_and_sees_the_end_of_one_without_tags(
    tags: dict[str, str], cluster: str, may: list[str]
) -> None:
    policy = machine_policies.machine_policy(PLACE, NAMES, "report", cluster="batches-staging", roles=["*"])
    ecs = "arn:aws:ecs:ap-northeast-1:111111111111"
    shown = {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
    context = {"ecs:cluster": f"{ecs}:cluster/{cluster}", **shown}

    assert [
        action
        for action in ("DescribeTasks", "StopTask")
        if allowed(policy["Statement"], f"ecs:{action}", f"{ecs}:task/{cluster}/0a", context)
    ] == may


def in_two(call: str) -> tuple[str, str, str]:
    return call.partition(":")


def test_it_may_make_each_call_of_the_machine() -> None:
    made = kept(overlap="wait")[0]
    definition = json.loads(text(only(made, "AWS::StepFunctions::StateMachine")["DefinitionString"]))
    calls = {
        state["Resource"].rpartition("states:::")[2] for state in definition["States"].values() if "Resource" in state
    }
    has = {action for statement in role_statements(made, "flow") for action in several(statement["Action"])}

    called = {call.removeprefix("aws-sdk:").removesuffix(".sync") for call in calls}
    needed = {f"{service}:{operation[0].upper()}{operation[1:]}" for service, _, operation in map(in_two, called)}
    needed = needed - {"lambda:Invoke"} | {"lambda:InvokeFunction"}
    of_sync = {"ecs:DescribeTasks", "ecs:TagResource", "iam:PassRole"}
    assert has == needed | of_sync | {"events:PutTargets", "events:PutRule", "events:DescribeRule"}


def test_only_step_functions_may_use_it_and_for_this_machine() -> None:
    (trusted,) = machine_policies.machine_trust(PLACE, "batches-staging-report")["Statement"]

    ours = {"StringEquals": {"aws:SourceAccount": "111111111111"}, "ArnEquals": {"aws:SourceArn": MACHINE}}
    assert (trusted["Principal"], trusted["Condition"]) == ({"Service": "states.amazonaws.com"}, ours)


def test_the_schedules_may_start_machines_of_the_stage() -> None:
    (trusted,) = machine_policies.schedules_trust(PLACE, NAMES)["Statement"]

    assert trusted["Condition"]["ArnEquals"] == {
        "aws:SourceArn": f"arn:aws:scheduler:ap-northeast-1:111111111111:schedule-group/{GROUP}"
    }
    assert [
        (statement["Action"], statement["Resource"])
        for statement in machine_policies.schedules_policy(PLACE, NAMES)["Statement"]
    ] == [
        ("states:StartExecution", "arn:aws:states:ap-northeast-1:111111111111:stateMachine:batches-staging-*"),
        ("sqs:SendMessage", QUEUE),
    ]


def granted(grant: str, **arguments: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any argument
    home, ours = app_and_stack()
    declared = batch(ours, platform(ours), **arguments)
    getattr(declared, grant)(iam.Role(ours, "Caller", assumed_by=iam.AccountRootPrincipal()))
    return policy_statements(templates(home)["stack"])


def test_what_has_no_machine_cannot_be_started_so() -> None:
    with refusal(r"the batch has no machine; allowed: a batch with scheduler='aws'"):
        granted("grant_start")


def test_no_caller_reaches_the_stages_own_schedules() -> None:
    resources = [one["Resource"] for one in granted("grant_run") if "scheduler:DeleteSchedule" in one["Action"]]

    assert resources == ["arn:aws:scheduler:ap-northeast-1:111111111111:schedule/batches-staging/*"]


def test_a_command_may_be_given_where_it_is_declared() -> None:
    definitions = [
        text(only(kept(fargate=Fargate(startable=given))[0], "AWS::StepFunctions::StateMachine")["DefinitionString"])
        for given in (None, "command")
    ]

    assert ['"command":true' in definition for definition in definitions] == [False, True]


@pytest.mark.parametrize(("given", "startable"), [("command", ["command"]), (None, None)])
def test_the_batchs_file_says_what_a_start_may_bring_along(given: Literal["command"] | None, startable: object) -> None:
    synthesized = synthesize(declaring(scheduler="aws", fargate=Fargate(startable=given)))

    assert synthesized.local.get("startable") == startable


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_a_machine_calls_the_services_of_its_own_partition(region: str, partition: str) -> None:
    home = app()
    ours = stack(home, env=Environment(account="111111111111", region=region))
    batch(ours, platform(ours), scheduler="aws", overlap="forbid", retry=Retry(times=1, on=[1]))

    definition = text(only(templates(home)["stack"], KINDS[0])["DefinitionString"])

    assert f'"arn:{partition}:states:::ecs:runTask.sync"' in definition
    assert "arn:aws:" not in definition
