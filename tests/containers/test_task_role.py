"""The stage's task role in containers: what boto3 gets there, until when, and where its keys are."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.containers.backends import not_as_process
from tests.containers.cases import Cases, Project, contents, read_line
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.command import Done, finish

ROLE = """
import boto3, json, os
found = boto3.Session().get_credentials()
print(json.dumps([found.method, found.access_key, found.secret_key, found.token, os.environ["AWS_REGION"]]))
"""


@pytest.fixture
def aws(project: Project) -> Iterator[AwsServer]:
    """The stage's account, with the cases' stage in it."""
    with AwsServer(account="111111111111", region="ap-northeast-1") as server:
        fields = {"project": project.name, "region": "ap-northeast-1", "cluster": f"{project.name}-staging"}
        server.deploy(sample_manifest("plain", **fields))
        yield server


def options(boto: list[str]) -> list[str]:
    return [*boto[:2], "-s", "staging", "--use-task-role"]


def run(cases: Cases, aws: AwsServer, boto: list[str], *arguments: str) -> Done:
    return cases.run("plain", *options(boto), *arguments, env=aws.environ())


@not_as_process("network")
def test_boto3_gets_the_task_role_for_an_hour(cases: Cases, boto: list[str], aws: AwsServer) -> None:
    done = run(cases, aws, boto, "--", "python", "-c", ROLE)

    assert done.code == 0, done.err
    method, key, _, token, region = json.loads(done.text)
    assert (method, key, token, region) == ("env", "ASIA111111111111", "token-1", "ap-northeast-1")
    assert re.search(r"with the task role arn:aws:iam::111111111111:role/\S+, as test, until \d\d:\d\d:\d\d", done.err)
    assert len(aws.calls_of("AssumeRole")) == 1


@not_as_process("network")
def test_a_run_that_fails_after_the_end_of_its_session_is_told_so(
    cases: Cases, boto: list[str], aws: AwsServer
) -> None:
    aws.world.role_life = 1  # second
    done = run(cases, aws, boto, "--", "python", "-c", "import time; time.sleep(2); raise SystemExit(3)")

    assert done.code == 3, done.err
    assert "the task role's session expired at" in done.err


class Refuses(BaseHTTPRequestHandler):
    """SQS as it answers a role that may not send: with the action in small letters."""

    def do_POST(self) -> None:
        who = "User: arn:aws:sts::111111111111:assumed-role/task/test is not authorized to perform: sqs:sendmessage"
        why = f"on resource: {QUEUE} because no identity-based policy allows the sqs:sendmessage action"
        body = json.dumps({"__type": "com.amazon.coral.service#AccessDeniedException", "message": f"{who} {why}"})
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(403)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


QUEUE = "arn:aws:sqs:ap-northeast-1:111111111111:warehouse"


@not_as_process("network")
def test_the_first_refusal_is_met_here_and_told_with_the_line_that_mends_it(
    cases: Cases, boto: list[str], aws: AwsServer
) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refuses) as sqs:
        threading.Thread(target=sqs.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{sqs.server_port}"
        calls = f"import boto3; sqs = boto3.client('sqs', endpoint_url='{url}'); "
        calls += f"sqs.send_message(QueueUrl='{url}/1/warehouse', MessageBody='x')"
        options_ = [*options(boto), "--record-permissions", "--network", "host"]
        done = cases.run("plain", *options_, "--", "python", "-c", calls, env=aws.environ())
        sqs.shutdown()
    file = cases.root / ".batchwright/permissions/plain.json"
    text = file.read_text()
    file.unlink()

    assert done.code == 1, done.err
    assert "sqs:SendMessage" in done.err
    assert "ASIA111111111111" not in text
    lines = [line.strip() for line in done.err.splitlines()]
    at = lines.index("batchwright: AWS refused the task role a call")
    assert lines[at + 2 : at + 6] == [
        f"first: SQS.SendMessage, for sqs:SendMessage on {QUEUE}",
        "paste into batches/cases/batch.py, in __init__, and deploy:",
        "from aws_cdk import aws_sqs as sqs",
        f'sqs.Queue.from_queue_arn(self, "Queue", "{QUEUE}").grant_send_messages(self)',
    ]


@not_as_process("sidecars")
def test_every_container_has_the_role_and_its_keys_are_only_in_variables(
    cases: Cases, boto: list[str], aws: AwsServer
) -> None:
    aws.deploy(sample_manifest("outlived", project=cases.project.name, region="ap-northeast-1"))
    script = "import time; print('up', flush=True); time.sleep(60)"
    words = [*options(boto), "--", "python", "-c", script]
    process = cases.start("outlived", *words, env=aws.environ())
    assert read_line(process) == "up"
    containers = cases.running()
    shown = {name: container["Config"].pop("Env", None) or () for name, container in containers.items()}
    inspected = json.dumps(list(containers.values()))
    commands = list(contents(Path("/proc").glob("[0-9]*/cmdline")))
    held = list(contents(file for file in cases.root.rglob("*") if file.is_file()))
    process.terminate()
    done = finish(process)

    key = "AWS_ACCESS_KEY_ID=ASIA111111111111"
    assert {name for name, entries in shown.items() if key in entries} == shown.keys() - {"network"}
    for canary in ("ASIA111111111111", "token-1"):
        assert canary not in inspected
        assert [command for command in commands if canary.encode() in command] == []
        assert [content for content in held if canary.encode() in content] == []
        assert canary not in done.err + done.text
