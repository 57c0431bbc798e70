"""What a task is served: credentials to who has the token, and metadata."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.utils import ContainerMetadataFetcher

from batchwright_runner.workbench.local.containers.endpoint import Document, answer, metadata, variables
from batchwright_runner.workbench.local.containers.engine import ImageFacts
from batchwright_runner.workbench.local.containers.task_plan import plan_task
from tests.kit.projects import batch_of, declared

TOKEN = "the-token-of-the-run"
ROLE = b'{"AccessKeyId": "A"}'
NOTHING: Mapping[str, Any] = {}


def ask(
    path: str, *headers: str, credentials: Document | None = lambda: ROLE, served: Mapping[str, Any] = NOTHING
) -> tuple[int, Any]:
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]
    response = answer(served, credentials, TOKEN, "\r\n".join(lines).encode())
    head, _, body = response.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    return int(head.split(b" ")[1]), json.loads(body)


@pytest.mark.parametrize("header", [f"Authorization: {TOKEN}", f"authorization:{TOKEN}", f"AUTHORIZATION:  {TOKEN} "])
def test_credentials_with_the_token(header: str) -> None:
    assert ask("/credentials", header) == (200, {"AccessKeyId": "A"})


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ("Authorization:",),
        ("Authorization: another",),
        (f"Authorization: {TOKEN}x",),
        (f"X: {TOKEN}",),
        ("garbage",),
    ],
)
def test_without_the_token_there_are_none(headers: tuple[str, ...]) -> None:
    status, body = ask("/credentials", *headers)

    assert status == 401
    assert "AccessKeyId" not in str(body)


def test_credentials_that_have_ended_are_an_error() -> None:
    assert ask("/credentials", f"Authorization: {TOKEN}", credentials=lambda: None)[0] == 500


def test_a_run_without_the_role_serves_none() -> None:
    assert ask("/credentials", "Authorization: ", credentials=None)[0] == 404


@pytest.mark.parametrize("request_", [b"", b"\xff\xff", b"GET\r\n\r\n", b"POST /credentials HTTP/1.1\r\n\r\n"])
def test_what_is_no_request_gets_an_answer_and_nothing_else(request_: bytes) -> None:
    assert answer({}, lambda: ROLE, TOKEN, request_).startswith(b"HTTP/1.1 405 ")


def test_metadata_of_a_container_and_of_the_task() -> None:
    side = {"name": "side", "essential": False, "command": ["true"]}
    batch = batch_of(declared("report", "true", sidecars=[side]))
    images = {name: ImageFacts(reference=f"registry/{name}:1") for name in ("main", "side")}
    plan = plan_task(batch, {}, images)
    served = metadata(batch.manifest, plan, "batches-staging-report", "2026-11-25T00:00:00.0Z")

    status, task = ask("/v4/side/task", served=served)
    assert status == 200
    assert (task["Family"], task["LaunchType"], task["KnownStatus"]) == ("batches-staging-report", "FARGATE", "RUNNING")
    assert [container["Name"] for container in task["Containers"]] == ["main", "side"]
    assert task["TaskARN"].startswith("arn:aws:ecs:")
    assert task["Limits"] == {"CPU": 0.25, "Memory": 512}
    assert ask("/v4/main", served=served)[1]["Image"] == "registry/main:1"
    assert [ask(path, served=served)[0] for path in ("/v4/main/", "/v4/other", "/")] == [200, 404, 404]


def test_the_address_is_one_that_sdks_take() -> None:
    environment = variables("main", "eu-west-1", 51678, TOKEN)

    fetcher: Any = ContainerMetadataFetcher()
    fetcher._validate_allowed_url(
        environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    )  # raises for a host that it refuses
    assert environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] == TOKEN
    assert environment["ECS_CONTAINER_METADATA_URI_V4"].endswith("/v4/main")
    assert set(variables("main", "eu-west-1", 51678, "")) == {"ECS_CONTAINER_METADATA_URI_V4"}
