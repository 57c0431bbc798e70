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
    yield from _NEEDS[operation](world, body, roles)


def _parameters(action: str, key: str) -> Any:  # noqa: ANN401 - one of the table's functions
    def found(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
        for name in [body[key]] if isinstance(body[key], str) else body[key]:
            named = name if name.startswith("arn:") else world.arn("ssm", f"parameter{name.rstrip('/')}")
            yield Need(f"ssm:{action}", named)

    return found


def _get_parameters(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
    yield from _parameters("GetParameters", "Names")(world, body, _)
    for name in body["Names"] if body.get("WithDecryption") else []:
        named = name.partition(":parameter")[2] if name.startswith("arn:") else name
        if (found := world.parameters.get(named)) and found.type == "SecureString":
            yield Need("kms:Decrypt", world.arn("kms", "key/00000000-0000-0000-0000-000000000000"))


def _cluster(world: World, body: Mapping[str, Any]) -> dict[str, str]:
    return {"ecs:cluster": world.arn("ecs", f"cluster/{body['cluster'].rpartition('/')[2]}")}


def _tasks(world: World, body: Mapping[str, Any], given: Sequence[str]) -> list[str]:
    cluster = body["cluster"].rpartition("/")[2]
    return [one if one.startswith("arn:") else world.arn("ecs", f"task/{cluster}/{one}") for one in given]


def _run_task(world: World, body: Mapping[str, Any], roles: Mapping[str, Sequence[str]]) -> Iterator[Need]:
    definition = body["taskDefinition"]
    yield Need("ecs:RunTask", definition, _cluster(world, body))
    for task in _tasks(world, body, ["*"]):
        yield Need("ecs:TagResource", task.replace("*", "0" * 32), {"ecs:CreateAction": "RunTask"})
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
    tags = {f"aws:ResourceTag/{one['key']}": one["value"] for one in (task.tags_at(world.clock()) if task else [])}
    yield Need("ecs:StopTask", arn, {**_cluster(world, body), **tags})


def _log(action: str) -> Any:  # noqa: ANN401 - one of the table's functions
    def found(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
        stream = f"log-stream:{body.get('logStreamName', '')}"
        yield Need(f"logs:{action}", world.arn("logs", f"log-group:{body['logGroupName']}:{stream}"))

    return found


def _schedule(action: str) -> Any:  # noqa: ANN401 - one of the table's functions
    def found(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
        yield Need(f"scheduler:{action}", world.arn("scheduler", f"schedule/{body['GroupName']}/{body['Name']}"))
        if "Target" in body:
            passed = {"iam:PassedToService": "scheduler.amazonaws.com"}
            yield Need("iam:PassRole", body["Target"]["RoleArn"], passed)

    return found


def _states(action: str, key: str) -> Any:  # noqa: ANN401 - one of the table's functions
    return lambda _world, body, _roles: iter([Need(f"states:{action}", body[key])])


def _free(*_: object) -> Iterator[Need]:
    return iter(())


def _anything(action: str) -> Any:  # noqa: ANN401 - one of the table's functions
    return lambda *_: iter([Need(action)])


def _one(action: str, arn: Any) -> Any:  # noqa: ANN401 - one of the table's functions
    """A right on one thing that the request names."""
    return lambda world, body, _: iter([Need(action, arn(world, body))])


def _key(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
    arn = world.arn("kms", "key/00000000-0000-0000-0000-000000000000")
    yield Need("kms:DescribeKey", arn, {"kms:ResourceAliases": [body["KeyId"]]})


def _role(action: str) -> Any:  # noqa: ANN401 - one of the table's functions
    def found(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
        named = body.get("PolicySourceArn") or f"arn:aws:iam::{world.account}:role/batches/staging/{body['RoleName']}"
        yield Need(f"iam:{action}", named)

    return found


def _image(action: str) -> Any:  # noqa: ANN401 - one of the table's functions
    def found(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
        yield Need(
            f"ecr:{action}", f"arn:aws:ecr:{world.region}:{body['registryId']}:repository/{body['repositoryName']}"
        )

    return found


def _file_system(world: World, body: Mapping[str, Any]) -> str:
    return world.arn("elasticfilesystem", f"file-system/{body['FileSystemId']}")


def _items(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
    """The rights of a read of DynamoDB: on the table, for the partition keys that are asked for."""
    asked = body.get("RequestItems") or {body["TableName"]: {"Keys": [body["Key"]]}}
    for name, wanted in asked.items():
        kinds = sorted({key["kind"]["S"] for key in wanted["Keys"]})
        action = "BatchGetItem" if "RequestItems" in body else "GetItem"
        yield Need(f"dynamodb:{action}", world.arn("dynamodb", f"table/{name}"), {"dynamodb:LeadingKeys": kinds})


def _write(action: str) -> Any:  # noqa: ANN401 - one of the table's functions
    return _one(f"dynamodb:{action}", lambda world, body: world.arn("dynamodb", f"table/{body['TableName']}"))


def _transaction(world: World, body: Mapping[str, Any], _: object) -> Iterator[Need]:
    """The rights of a transaction: of each of its actions."""
    for item in body["TransactItems"]:
        ((kind, asked),) = item.items()
        yield Need(f"dynamodb:{kind}Item", world.arn("dynamodb", f"table/{asked['TableName']}"))


def _metrics(_: World, body: Mapping[str, Any], __: object) -> Iterator[Need]:
    yield Need("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": body["Namespace"]})


def _queue(world: World, body: Mapping[str, Any]) -> str:
    return world.arn("sqs", body["QueueUrl"].rpartition("/")[2])


_NEEDS: dict[str, Any] = {
    "GetParameter": _parameters("GetParameter", "Name"),
    "GetParameters": _get_parameters,
    "GetParametersByPath": _parameters("GetParametersByPath", "Path"),
    "GetParameterHistory": _parameters("GetParameterHistory", "Name"),
    "PutParameter": _parameters("PutParameter", "Name"),
    "DeleteParameter": _parameters("DeleteParameter", "Name"),
    "GetItem": _items,
    "BatchGetItem": _items,
    **{action: _write(action) for action in ("PutItem", "UpdateItem", "DeleteItem", "Query")},
    "TransactWriteItems": _transaction,
    "Publish": _one("sns:Publish", lambda _, body: body["TopicArn"]),
    "SendMessage": _one("sqs:SendMessage", _queue),
    "PutMetricData": _metrics,
    "Invoke": _one(
        "lambda:InvokeFunction", lambda world, body: world.arn("lambda", f"function:{body['FunctionName']}")
    ),
    "RunTask": _run_task,
    "ListTasks": _list_tasks,
    "DescribeTasks": _describe_tasks,
    "StopTask": _stop_task,
    "DescribeTaskDefinition": _anything("ecs:DescribeTaskDefinition"),
    "GetLogEvents": _log("GetLogEvents"),
    "FilterLogEvents": _log("FilterLogEvents"),
    "StartExecution": _states("StartExecution", "stateMachineArn"),
    "DescribeExecution": _states("DescribeExecution", "executionArn"),
    "GetExecutionHistory": _states("GetExecutionHistory", "executionArn"),
    "DescribeStateMachine": _states("DescribeStateMachine", "stateMachineArn"),
    "ListExecutions": _states("ListExecutions", "stateMachineArn"),
    "StopExecution": _states("StopExecution", "executionArn"),
    "CreateSchedule": _schedule("CreateSchedule"),
    "GetSchedule": _schedule("GetSchedule"),
    "DeleteSchedule": _schedule("DeleteSchedule"),
    "DescribeClusters": _one(
        "ecs:DescribeClusters", lambda world, body: world.arn("ecs", f"cluster/{body['clusters'][0]}")
    ),
    "DescribeSubnets": _anything("ec2:DescribeSubnets"),
    "DescribeSecurityGroups": _anything("ec2:DescribeSecurityGroups"),
    "DescribeRouteTables": _anything("ec2:DescribeRouteTables"),
    "DescribeVpcEndpoints": _anything("ec2:DescribeVpcEndpoints"),
    "DescribeNetworkAcls": _anything("ec2:DescribeNetworkAcls"),
    "DescribeVpcAttribute": _anything("ec2:DescribeVpcAttribute"),
    "DescribeMountTargets": _one("elasticfilesystem:DescribeMountTargets", _file_system),
    "DescribeMountTargetSecurityGroups": _one(
        "elasticfilesystem:DescribeMountTargetSecurityGroups",
        lambda world, body: _file_system(
            world,
            next(one for one in world.network.mount_targets if one["MountTargetId"] == body["MountTargetId"]),
        ),
    ),
    "DescribeAccessPoints": _one(
        "elasticfilesystem:DescribeAccessPoints",
        lambda world, body: world.arn("elasticfilesystem", f"access-point/{body['AccessPointId']}"),
    ),
    "GetServiceQuota": _anything("servicequotas:GetServiceQuota"),
    "GetAWSDefaultServiceQuota": _anything("servicequotas:GetAWSDefaultServiceQuota"),
    "GetMetricStatistics": _anything("cloudwatch:GetMetricStatistics"),
    "DescribeLogGroups": _one(
        "logs:DescribeLogGroups", lambda world, body: world.arn("logs", f"log-group:{body['logGroupNamePrefix']}:*")
    ),
    "GetSecretValue": _one("secretsmanager:GetSecretValue", lambda _, body: body["SecretId"]),
    "DescribeSecret": _one("secretsmanager:DescribeSecret", lambda _, body: body["SecretId"]),
    "GetScheduleGroup": _one(
        "scheduler:GetScheduleGroup", lambda world, body: world.arn("scheduler", f"schedule-group/{body['Name']}")
    ),
    "DescribeRule": _one("events:DescribeRule", lambda world, body: world.arn("events", f"rule/{body['Name']}")),
    "ListTargetsByRule": _one(
        "events:ListTargetsByRule", lambda world, body: world.arn("events", f"rule/{body['Rule']}")
    ),
    "DescribeKey": _key,
    "GetRole": _role("GetRole"),
    "SimulatePrincipalPolicy": _role("SimulatePrincipalPolicy"),
    "BatchGetImage": _image("BatchGetImage"),
    "DescribeImages": _image("DescribeImages"),
    "GetDownloadUrlForLayer": _image("GetDownloadUrlForLayer"),
    "GetCallerIdentity": _free,
}
