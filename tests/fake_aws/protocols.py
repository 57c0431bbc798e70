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

from botocore import xform_name

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
    run_task,
    scheduler,
    sending,
    ssm,
    states,
    sts,
)
from tests.fake_aws.wire import Request, Response
from tests.fake_aws.world import World

Operation = Callable[[World, dict[str, Any]], dict[str, Any]]
Protocol = Literal["json", "query", "rest", "cbor"]

OPERATIONS: dict[str, Operation] = {
    name: getattr(module, str(xform_name(name)))
    for module, names in {
        run_task: "RunTask",
        ecs: "DescribeTasks ListTasks StopTask DescribeTaskDefinition DescribeClusters",
        network: "DescribeSubnets DescribeSecurityGroups",
        quotas: "GetServiceQuota GetAWSDefaultServiceQuota GetMetricStatistics",
        access: "GetRole DescribeKey DescribeSecret GetSecretValue",
        logs: "DescribeLogGroups GetLogEvents FilterLogEvents",
        ssm: "GetParameter GetParameters GetParametersByPath PutParameter DeleteParameter GetParameterHistory",
        ecr: "GetAuthorizationToken BatchGetImage PutImage DescribeImages GetDownloadUrlForLayer",
        sts: "GetCallerIdentity AssumeRole",
        states: "StartExecution DescribeExecution GetExecutionHistory ListExecutions StopExecution "
        "DescribeStateMachine",
        scheduler: "CreateSchedule GetSchedule DeleteSchedule GetScheduleGroup DescribeRule ListTargetsByRule",
        dynamodb: "GetItem BatchGetItem PutItem UpdateItem DeleteItem Query TransactWriteItems",
        sending: "Publish ListSubscriptionsByTopic SendMessage PutMetricData Invoke",
    }.items()
    for name in names.split()
}
"""Operation to what carries it out: the function of its name in the module of its service."""

REST = {"POST": "CreateSchedule", "GET": "GetSchedule", "DELETE": "DeleteSchedule"}
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
    match = cbor.PATH.fullmatch(url.path)
    if match:
        return Invocation(match[1], cbor.read(request.body), "cbor", key, region)
    match = INVOKE.fullmatch(url.path)
    if match:
        call = {"FunctionName": unquote(match[1]), "Payload": json.loads(request.body or b"null")}
        return Invocation("Invoke", call, "rest", key, region)
    target = request.headers.get("x-amz-target")
    if target:
        return Invocation(target.rpartition(".")[2], json.loads(request.body or b"{}"), "json", key, region)
    form = dict(parse_qsl(request.body.decode()))
    return Invocation(form.get("Action", "?"), {**query_answers.read(form), "_key": key}, "query", key, region)


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
