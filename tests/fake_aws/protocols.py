"""From a request to an operation and back: JSON (ecs, logs, ssm, states, dynamodb), query (sts), REST-JSON, CBOR."""

import dataclasses
import gzip
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.fake_aws import cbor, query_answers
from tests.fake_aws.errors import AwsError
from tests.fake_aws.services import (
    access,
    dynamodb,
    ecr,
    ecs,
    logs,
    network,
    quotas,
    scheduler,
    sending,
    ssm,
    states,
    sts,
)
from tests.fake_aws.services.run_task import run_task
from tests.fake_aws.wire import Request, Response
from tests.fake_aws.world import World

Operation = Callable[[World, dict[str, Any]], dict[str, Any]]
Protocol = Literal["json", "query", "rest", "cbor"]

OPERATIONS: dict[str, Operation] = {
    "RunTask": run_task,
    "DescribeTasks": ecs.describe_tasks,
    "ListTasks": ecs.list_tasks,
    "StopTask": ecs.stop_task,
    "DescribeTaskDefinition": ecs.describe_task_definition,
    "DescribeClusters": ecs.describe_clusters,
    "DescribeSubnets": network.describe_subnets,
    "DescribeSecurityGroups": network.describe_security_groups,
    "DescribeRouteTables": network.describe_route_tables,
    "DescribeVpcEndpoints": network.describe_vpc_endpoints,
    "DescribeNetworkAcls": network.describe_network_acls,
    "DescribeVpcAttribute": network.describe_vpc_attribute,
    "DescribeMountTargets": network.describe_mount_targets,
    "DescribeMountTargetSecurityGroups": network.describe_mount_target_security_groups,
    "DescribeAccessPoints": network.describe_access_points,
    "GetServiceQuota": quotas.get_service_quota,
    "GetAWSDefaultServiceQuota": quotas.get_default_service_quota,
    "GetMetricStatistics": quotas.get_metric_statistics,
    "GetRole": access.get_role,
    "SimulatePrincipalPolicy": access.simulate_principal_policy,
    "DescribeKey": access.describe_key,
    "DescribeSecret": access.describe_secret,
    "GetSecretValue": access.get_secret_value,
    "DescribeLogGroups": logs.describe_log_groups,
    "GetLogEvents": logs.get_log_events,
    "FilterLogEvents": logs.filter_log_events,
    "GetParameter": ssm.get_parameter,
    "GetParameters": ssm.get_parameters,
    "GetParametersByPath": ssm.get_parameters_by_path,
    "PutParameter": ssm.put_parameter,
    "DeleteParameter": ssm.delete_parameter,
    "GetParameterHistory": ssm.get_parameter_history,
    "GetAuthorizationToken": ecr.get_authorization_token,
    "BatchGetImage": ecr.batch_get_image,
    "PutImage": ecr.put_image,
    "DescribeImages": ecr.describe_images,
    "GetDownloadUrlForLayer": ecr.get_download_url_for_layer,
    "GetCallerIdentity": sts.get_caller_identity,
    "AssumeRole": sts.assume_role,
    "StartExecution": states.start_execution,
    "DescribeExecution": states.describe_execution,
    "GetExecutionHistory": states.get_execution_history,
    "DescribeRule": scheduler.describe_rule,
    "ListTargetsByRule": scheduler.list_targets_by_rule,
    "DescribeStateMachine": states.describe_state_machine,
    "ListExecutions": states.list_executions,
    "StopExecution": states.stop_execution,
    "CreateSchedule": scheduler.create_schedule,
    "GetSchedule": scheduler.get_schedule,
    "DeleteSchedule": scheduler.delete_schedule,
    "GetScheduleGroup": scheduler.get_schedule_group,
    "GetItem": dynamodb.get_item,
    "BatchGetItem": dynamodb.batch_get_item,
    "PutItem": dynamodb.put_item,
    "UpdateItem": dynamodb.update_item,
    "DeleteItem": dynamodb.delete_item,
    "Query": dynamodb.query,
    "TransactWriteItems": dynamodb.transact_write_items,
    "Publish": sending.publish,
    "SendMessage": sending.send_message,
    "PutMetricData": sending.put_metric_data,
    "Invoke": sending.invoke,
}

REST = {"POST": "CreateSchedule", "GET": "GetSchedule", "DELETE": "DeleteSchedule"}
EFS = "/2015-02-01"
"""What the paths of EFS's API begin with."""
INVOKE = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
"""The path of Lambda's Invoke."""
STAMP = "%Y%m%dT%H%M%SZ"
MOST_SKEW = 300
CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")


@dataclass(frozen=True)
class Invocation:
    """What a request asks for.

    Attributes:
        operation: Its name, ``RunTask``; what was sent instead where that is none.
        body: Its input as plain data.
        protocol: How the answer must look.
        key: The access key it was signed with; empty for an unsigned one.
        region: The region it was signed for.
        sent: When it was signed, as the client says it: ``20270115T080000Z``; empty for an unsigned one.
    """

    operation: str
    body: dict[str, Any]
    protocol: Protocol
    key: str
    region: str
    sent: str = ""


def parse(request: Request) -> Invocation:
    """Reads a request. botocore compresses a large PutMetricData."""
    if request.headers.get("content-encoding") == "gzip":
        request = dataclasses.replace(request, body=gzip.decompress(request.body))
    return dataclasses.replace(_parse(request), sent=request.headers.get("x-amz-date", ""))


def _parse(request: Request) -> Invocation:
    signed = CREDENTIAL.search(request.headers.get("authorization", ""))
    key, region = (signed[1], signed[2]) if signed else ("", "")
    url = urlsplit(request.target)
    if url.path.startswith("/schedules/"):
        name = unquote(url.path.removeprefix("/schedules/"))
        query = {item[0][:1].upper() + item[0][1:]: item[1] for item in parse_qsl(url.query)}
        sent = json.loads(request.body) if request.body else {}
        return Invocation(REST.get(request.method, "?"), {**query, **sent, "Name": name}, "rest", key, region)
    if url.path.startswith("/schedule-groups/"):
        name = unquote(url.path.removeprefix("/schedule-groups/"))
        return Invocation("GetScheduleGroup", {"Name": name}, "rest", key, region)
    found = cbor.PATH.fullmatch(url.path)
    if found:
        return Invocation(found[1], cbor.read(request.body), "cbor", key, region)
    if url.path.startswith(f"{EFS}/"):
        return _efs(url.path.removeprefix(EFS), dict(parse_qsl(url.query)), key, region)
    found = INVOKE.fullmatch(url.path)
    if found:
        given = {"FunctionName": unquote(found[1]), "Payload": json.loads(request.body or b"null")}
        return Invocation("Invoke", given, "rest", key, region)
    target = request.headers.get("x-amz-target")
    if target:
        return Invocation(target.rpartition(".")[2], json.loads(request.body or b"{}"), "json", key, region)
    form = dict(parse_qsl(request.body.decode()))
    return Invocation(form.get("Action", "?"), {**form, "_key": key}, "query", key, region)


def _efs(path: str, query: dict[str, str], key: str, region: str) -> Invocation:
    groups = re.fullmatch(r"/mount-targets/([^/]+)/security-groups", path)
    if groups:
        return Invocation("DescribeMountTargetSecurityGroups", {"MountTargetId": groups[1]}, "rest", key, region)
    operation = {"/mount-targets": "DescribeMountTargets", "/access-points": "DescribeAccessPoints"}.get(path, "?")
    return Invocation(operation, dict(query), "rest", key, region)


def answer(invocation: Invocation, output: dict[str, Any] | AwsError) -> Response:
    """Renders an output or an error."""
    if invocation.protocol == "cbor":
        return cbor.answer(invocation.operation, output)
    if invocation.protocol == "query":
        return query_answers.answer(invocation.operation, output)
    kind = "application/json" if invocation.protocol == "rest" else "application/x-amz-json-1.1"
    headers = {"Content-Type": kind, "x-amzn-RequestId": "00000000-0000-0000-0000-000000000000"}
    if isinstance(output, AwsError):
        message = "Message" if invocation.protocol == "rest" else "message"
        body = {"__type": output.code, message: output.message, **output.members}
        return Response(output.status, json.dumps(body).encode(), {**headers, "x-amzn-ErrorType": output.code})
    if invocation.operation == "Invoke":
        failed = {"X-Amz-Function-Error": output["FunctionError"]} if output["FunctionError"] else {}
        return Response(200, json.dumps(output["Payload"]).encode(), {**headers, **failed})
    return Response(200, json.dumps(output, separators=(",", ":")).encode(), headers)


def check_time(sent: str, now: float) -> None:
    """Refuses a request whose time is too far from AWS's."""
    if not sent:
        return
    at = datetime.strptime(sent, STAMP).replace(tzinfo=UTC).timestamp()
    ours = datetime.fromtimestamp(now, UTC).strftime(STAMP)
    if at > now + MOST_SKEW:
        text = f"Signature not yet current: {sent} is still later than {ours} ({ours} + 5 min.)"
    elif at < now - MOST_SKEW:
        text = f"Signature expired: {sent} is now earlier than {ours} ({ours} - 5 min.)"
    else:
        return
    raise AwsError("InvalidSignatureException", text, 403)
