"""What the caller may do, judged as IAM does: a server that was limited refuses every other call.

A request may need several rights: RunTask passes roles and tags what it starts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.world import World
from tests.kit.iam import Statement, allowed


@dataclass(frozen=True)
class Need:
    """A right that a request needs."""

    action: str
    resource: str = "*"
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rights:
    """The caller's statements, and the roles that task definitions pass: family to ARNs."""

    statements: Sequence[Statement]
    roles: Mapping[str, Sequence[str]]

    def check(self, world: World, operation: str, body: Mapping[str, Any]) -> None:
        """Refuses a request as AWS words it.

        Raises:
            AwsError: A right is missing.
        """
        for need in needs(world, operation, body, self.roles):
            if not allowed(self.statements, need.action, need.resource, need.context):
                text = (
                    f"User: arn:aws:sts::{world.account}:assumed-role/caller/test is not authorized to perform: "
                    f"{need.action} on resource: {need.resource} because no identity-based policy allows the "
                    f"{need.action} action"
                )
                raise AwsError("AccessDeniedException", text)


def needs(world: World, operation: str, body: Mapping[str, Any], roles: Mapping[str, Sequence[str]]) -> Iterator[Need]:
    """The rights that a request needs (Service Authorization Reference, 2026-11).

    Raises:
        KeyError: It is not known which.
    """
    if operation in _SEVERAL:
        yield from _SEVERAL[operation](world, body, roles)
    elif action := _ONE[operation][0]:
        resource = _ONE[operation][1].format(region=world.region, **body)
        named = (
            resource if resource == "*" or resource.startswith("arn:") else world.arn(action.split(":")[0], resource)
        )
        yield Need(action, named)


_KEY = "key/00000000-0000-0000-0000-000000000000"
_ONE: dict[str, tuple[str, str]] = {
    "GetParameterHistory": ("ssm:GetParameterHistory", "parameter{Name}"),
    "PutParameter": ("ssm:PutParameter", "parameter{Name}"),
    "DeleteParameter": ("ssm:DeleteParameter", "parameter{Name}"),
    **{name: (f"dynamodb:{name}", "table/{TableName}") for name in ("PutItem", "UpdateItem", "DeleteItem", "Query")},
    "Publish": ("sns:Publish", "{TopicArn}"),
    "Invoke": ("lambda:InvokeFunction", "function:{FunctionName}"),
    "DescribeTaskDefinition": ("ecs:DescribeTaskDefinition", "*"),
    "DescribeClusters": ("ecs:DescribeClusters", "cluster/{clusters[0]}"),
    "GetLogEvents": ("logs:GetLogEvents", "log-group:{logGroupName}:log-stream:{logStreamName}"),
    "FilterLogEvents": ("logs:FilterLogEvents", "log-group:{logGroupName}:log-stream:"),
    "DescribeLogGroups": ("logs:DescribeLogGroups", "log-group:{logGroupNamePrefix}:*"),
    "StartExecution": ("states:StartExecution", "{stateMachineArn}"),
    "DescribeExecution": ("states:DescribeExecution", "{executionArn}"),
    "GetExecutionHistory": ("states:GetExecutionHistory", "{executionArn}"),
    "DescribeStateMachine": ("states:DescribeStateMachine", "{stateMachineArn}"),
    "ListExecutions": ("states:ListExecutions", "{stateMachineArn}"),
    "StopExecution": ("states:StopExecution", "{executionArn}"),
    "GetSchedule": ("scheduler:GetSchedule", "schedule/{GroupName}/{Name}"),
    "DeleteSchedule": ("scheduler:DeleteSchedule", "schedule/{GroupName}/{Name}"),
    "GetScheduleGroup": ("scheduler:GetScheduleGroup", "schedule-group/{Name}"),
    **{f"Describe{what}": (f"ec2:Describe{what}", "*") for what in ("Subnets", "SecurityGroups")},
    "GetServiceQuota": ("servicequotas:GetServiceQuota", "*"),
    "GetAWSDefaultServiceQuota": ("servicequotas:GetAWSDefaultServiceQuota", "*"),
    "GetMetricStatistics": ("cloudwatch:GetMetricStatistics", "*"),
    "GetSecretValue": ("secretsmanager:GetSecretValue", "{SecretId}"),
    "DescribeSecret": ("secretsmanager:DescribeSecret", "{SecretId}"),
    "DescribeRule": ("events:DescribeRule", "rule/{Name}"),
    "ListTargetsByRule": ("events:ListTargetsByRule", "rule/{Rule}"),
    **{
        name: (f"ecr:{name}", "arn:aws:ecr:{region}:{registryId}:repository/{repositoryName}")
        for name in ("BatchGetImage", "DescribeImages", "GetDownloadUrlForLayer")
    },
    "GetCallerIdentity": ("", ""),
}
"""Operation to the one right that it needs: the action, and the resource by the request; nothing for none."""


def _read(action: str, key: str) -> Any:  # noqa: ANN401 - one of the table's functions
    def found(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
        for name in [body[key]] if isinstance(body[key], str) else body[key]:
            arn = name if name.startswith("arn:") else world.arn("ssm", f"parameter{name.rstrip('/')}")
            yield Need(f"ssm:{action}", arn)
            parameter = world.parameters.get(arn.partition(":parameter")[2])
            if (
                action == "GetParameters"
                and body.get("WithDecryption")
                and parameter
                and parameter.type == "SecureString"
            ):
                yield Need("kms:Decrypt", world.arn("kms", _KEY))

    return found


def _cluster(world: World, body: Mapping[str, Any]) -> dict[str, str]:
    return {"ecs:cluster": world.arn("ecs", f"cluster/{body['cluster'].rpartition('/')[2]}")}


def _tasks(world: World, body: Mapping[str, Any], tasks: Sequence[str]) -> list[str]:
    cluster = body["cluster"].rpartition("/")[2]
    return [task if task.startswith("arn:") else world.arn("ecs", f"task/{cluster}/{task}") for task in tasks]


def _run_task(world: World, body: Mapping[str, Any], roles: Mapping[str, Sequence[str]]) -> Iterator[Need]:
    definition = body["taskDefinition"]
    yield Need("ecs:RunTask", definition, _cluster(world, body))
    for task in _tasks(world, body, ["0" * 32]):
        yield Need("ecs:TagResource", task, {"ecs:CreateAction": "RunTask"})
    for role in roles[definition.rpartition("/")[2].partition(":")[0]]:
        yield Need("iam:PassRole", role, {"iam:PassedToService": "ecs-tasks.amazonaws.com"})


def _list_tasks(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
    yield Need("ecs:ListTasks", "*", _cluster(world, body))


def _describe_tasks(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
    for task in _tasks(world, body, body["tasks"]):
        yield Need("ecs:DescribeTasks", task, _cluster(world, body))


def _stop_task(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
    (arn,) = _tasks(world, body, [body["task"]])
    task = world.tasks.get(arn.rpartition("/")[2])
    tags = {f"aws:ResourceTag/{tag['key']}": tag["value"] for tag in (task.tags_at(world.clock()) if task else [])}
    yield Need("ecs:StopTask", arn, {**_cluster(world, body), **tags})


def _create_schedule(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
    yield Need("scheduler:CreateSchedule", world.arn("scheduler", f"schedule/{body['GroupName']}/{body['Name']}"))
    yield Need("iam:PassRole", body["Target"]["RoleArn"], {"iam:PassedToService": "scheduler.amazonaws.com"})


def _key(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
    yield Need("kms:DescribeKey", world.arn("kms", _KEY), {"kms:ResourceAliases": [body["KeyId"]]})


def _role(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
    yield Need("iam:GetRole", f"arn:aws:iam::{world.account}:role/batches/staging/{body['RoleName']}")


def _items(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
    """The rights of a read of DynamoDB: on the table, for the partition keys that are asked for."""
    tables = body.get("RequestItems") or {body["TableName"]: {"Keys": [body["Key"]]}}
    for name, request in tables.items():
        kinds = sorted({key["kind"]["S"] for key in request["Keys"]})
        action = "BatchGetItem" if "RequestItems" in body else "GetItem"
        yield Need(f"dynamodb:{action}", world.arn("dynamodb", f"table/{name}"), {"dynamodb:LeadingKeys": kinds})


def _transaction(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
    """The rights of a transaction: of each of its actions."""
    for item in body["TransactItems"]:
        ((kind, request),) = item.items()
        yield Need(f"dynamodb:{kind}Item", world.arn("dynamodb", f"table/{request['TableName']}"))


def _metrics(_: World, body: Mapping[str, Any], __: object) -> Iterator[Need]:
    yield Need("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": body["Namespace"]})


def _queue(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
    yield Need("sqs:SendMessage", world.arn("sqs", body["QueueUrl"].rpartition("/")[2]))


_SEVERAL: dict[str, Any] = {
    "GetParameter": _read("GetParameter", "Name"),
    "GetParameters": _read("GetParameters", "Names"),
    "GetParametersByPath": _read("GetParametersByPath", "Path"),
    "GetItem": _items,
    "BatchGetItem": _items,
    "TransactWriteItems": _transaction,
    "SendMessage": _queue,
    "PutMetricData": _metrics,
    "RunTask": _run_task,
    "ListTasks": _list_tasks,
    "DescribeTasks": _describe_tasks,
    "StopTask": _stop_task,
    "CreateSchedule": _create_schedule,
    "DescribeKey": _key,
    "GetRole": _role,
}
"""Those whose rights are several, have a context, or are about what a request does not name."""
