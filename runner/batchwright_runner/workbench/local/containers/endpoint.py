"""What ECS serves to a task, here on the task's own 127.0.0.1: the task role's credentials, and metadata.

Source: ECS developer guide, "Amazon ECS task IAM role" and "Task metadata version 4 for Fargate", 2026-11. SDKs take
plain HTTP from loopback addresses (botocore, ``ContainerMetadataFetcher._ALLOWED_HOSTS``, 2026-11).
"""

import hmac
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.workbench.local.containers.task_plan import TaskPlan

_CREDENTIALS = "/credentials"
_METADATA = "/v4"

Document = Callable[[], bytes | None]


def answer(metadata: Mapping[str, Any], credentials: Document | None, token: str, request: bytes) -> bytes:
    """An HTTP answer to a task's HTTP request.

    `credentials`: Gives the task role's credentials; ``None`` where the run does not use it.
    """
    lines = request.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or words[0] != "GET":
        return _answer(405, {"message": "only GET"})
    path = words[1].partition("?")[0]
    if path == _CREDENTIALS and credentials is not None:
        return _role(credentials, token, lines[1:])
    document = metadata.get(path.removesuffix("/") or "/")
    return _answer(404, {"message": "not found"}) if document is None else _answer(200, document)


def _role(credentials: Document, token: str, headers: list[str]) -> bytes:
    named = dict(line.partition(":")[::2] for line in headers if ":" in line)
    authorization = {name.strip().lower(): value.strip() for name, value in named.items()}.get("authorization", "")
    if not hmac.compare_digest(authorization.encode(), token.encode()):
        return _answer(401, {"code": "AccessDenied", "message": "the Authorization of this run is missing"})
    document = credentials()
    if document is None:
        return _answer(500, {"code": "Expired", "message": "the task role's credentials cannot be renewed"})
    return _http(200, document)


def variables(container: str, region: str, port: int, token: str) -> dict[str, str]:
    """The variables by which a container finds the endpoint.

    `port`: where the endpoint is, on 127.0.0.1.
    `token`: what it asks for the task role's credentials with; empty where it gets none.
    """
    here = f"http://127.0.0.1:{port}"
    environment = {"ECS_CONTAINER_METADATA_URI_V4": f"{here}{_METADATA}/{container}"}
    if token:
        environment |= {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{here}{_CREDENTIALS}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": token,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
        }
    return environment


def metadata(manifest: BatchManifest, plan: TaskPlan, family: str, started: str) -> dict[str, Any]:
    """Path to document."""
    task = f"arn:aws:ecs:{manifest.region}:{manifest.account}:task/{manifest.cluster}/{plan.prefix}"
    containers = {planned.name: _container(planned.name, planned.body, task, started) for planned in plan.containers}
    whole = {
        "Cluster": manifest.cluster,
        "TaskARN": task,
        "Family": family,
        "Revision": "0",
        "DesiredStatus": "RUNNING",
        "KnownStatus": "RUNNING",
        "Limits": {"CPU": plan.size.cpu / 1024, "Memory": plan.size.memory},
        "PullStartedAt": started,
        "PullStoppedAt": started,
        "LaunchType": "FARGATE",
        "Containers": list(containers.values()),
    }
    own = {f"{_METADATA}/{name}": document for name, document in containers.items()}
    return own | {f"{path}/task": whole for path in own}


def _container(name: str, body: Mapping[str, Any], task: str, started: str) -> dict[str, Any]:
    return {
        "DockerId": f"{task.rpartition('/')[2]}-{name}",
        "Name": name,
        "DockerName": name,
        "Image": body["Image"],
        "ImageID": body["Image"],
        "Labels": {
            "com.amazonaws.ecs.container-name": name,
            "com.amazonaws.ecs.task-arn": task,
        },
        "DesiredStatus": "RUNNING",
        "KnownStatus": "RUNNING",
        "CreatedAt": started,
        "StartedAt": started,
        "Type": "NORMAL",
        "Networks": [{"NetworkMode": "awsvpc", "IPv4Addresses": ["127.0.0.1"]}],
        "ContainerARN": f"{task.replace(':task/', ':container/')}/{name}",
    }


def _answer(status: int, content: object) -> bytes:
    return _http(status, json.dumps(content).encode())


def _http(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
