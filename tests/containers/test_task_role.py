"""The stage's task role in containers: what boto3 gets there, who else does not, and where the token is."""

import json
import threading
import urllib.error
import urllib.request
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
import boto3, json, os, urllib.request
found = boto3.Session().get_credentials()
meta = json.load(urllib.request.urlopen(os.environ["ECS_CONTAINER_METADATA_URI_V4"] + "/task"))
try:
    status = urllib.request.urlopen(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]).status
except urllib.error.HTTPError as error:
    status = error.code
print(json.dumps([found.method, found.access_key, found.token, status, meta["Family"], os.environ["AWS_REGION"]]))
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
def test_boto3_gets_the_task_role_and_nobody_without_the_token_does(
    cases: Cases, boto: list[str], aws: AwsServer
) -> None:
    done = run(cases, aws, boto, "--", "python", "-c", ROLE)

    assert done.code == 0, done.err
    assert json.loads(done.text) == [
        *("container-role", "ASIA111111111111", "token-1", 401),
        *(f"{cases.project.name}-staging-plain", "ap-northeast-1"),
    ]
    assert "with the task role arn:aws:iam::111111111111:role/" in done.err
    assert ", as test" in done.err


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


@not_as_process("network")
def test_credentials_are_in_no_inspect_and_the_token_only_in_variables(
    cases: Cases, boto: list[str], aws: AwsServer
) -> None:
    script = "import boto3, os, time; boto3.Session().get_credentials().access_key; "
    script += "print(os.environ['AWS_CONTAINER_AUTHORIZATION_TOKEN'], flush=True); time.sleep(60)"
    process = cases.start("plain", *options(boto), "--", "python", "-c", script, env=aws.environ())
    canaries = ["ASIA111111111111", read_line(process)]
    containers = list(cases.running().values())
    shown = [entry for container in containers for entry in container["Config"].pop("Env") or ()]
    inspected = json.dumps(containers)
    commands = list(contents(Path("/proc").glob("[0-9]*/cmdline")))
    held = list(contents(file for file in cases.root.rglob("*") if file.is_file()))
    process.terminate()
    done = finish(process)

    assert len(canaries[1]) > 30
    assert [entry for entry in shown if canaries[1] in entry] == [f"AWS_CONTAINER_AUTHORIZATION_TOKEN={canaries[1]}"]
    assert canaries[0] not in str(shown)
    for canary in canaries:
        assert canary not in inspected
        assert [command for command in commands if canary.encode() in command] == []
        assert [content for content in held if canary.encode() in content] == []
        assert canary not in done.err + done.text


@not_as_process("network")
def test_another_container_has_no_way_to_it(cases: Cases, boto: list[str], aws: AwsServer) -> None:
    script = "import socket, time; print(socket.gethostbyname(socket.gethostname()), flush=True); time.sleep(60)"
    first = cases.start("plain", *options(boto), "--", "python", "-c", script, env=aws.environ())
    address = read_line(first)
    asks = "import sys, urllib.request\nfor address in sys.argv[1:]:\n"
    asks += "  try: urllib.request.urlopen(f'http://{address}:51678/credentials', timeout=5)\n"
    asks += "  except OSError as error: print(type(error).__name__, error.reason.strerror)"
    other = cases.run("plain", *boto[:2], "--", "python", "-c", asks, "127.0.0.1", address)
    first.terminate()
    finish(first)

    assert other.text == "URLError Connection refused\n" * 2, other.err


@not_as_process("sidecars")
def test_a_task_of_several_containers_has_metadata_without_the_role(cases: Cases, boto: list[str]) -> None:
    asks = "import json, os, urllib.request\nurl = os.environ['ECS_CONTAINER_METADATA_URI_V4']\n"
    asks += "print(json.load(urllib.request.urlopen(url))['Name'], 'AWS_CONTAINER_CREDENTIALS_FULL_URI' in os.environ)"
    done = cases.run("outlived", *boto[:2], "--", "python", "-c", asks)

    assert done.text == "main False\n", done.err


@not_as_process("network")
def test_on_the_machines_network_other_users_need_the_token_and_a_second_run_has_its_own(
    cases: Cases, boto: list[str], aws: AwsServer
) -> None:
    name = "os.environ['AWS_CONTAINER_{}']"
    script = f"import os, time; print({name.format('CREDENTIALS_FULL_URI')}, {name.format('AUTHORIZATION_TOKEN')}, "
    script += "flush=True); time.sleep(60)"
    host = [*options(boto), "--network", "host"]
    process = cases.start("plain", *host, "--", "python", "-c", script, env=aws.environ())
    url, token = read_line(process).split()
    answers = [_asks(url, header) for header in ("", "x", token[:-1], token)]
    second = cases.run("plain", *host, "--", "python", "-c", script.replace("60", "0"), env=aws.environ())
    process.terminate()
    finish(process)

    other_url, other_token = second.text.split()

    assert answers == [401, 401, 401, 200]
    assert second.code == 0, second.err
    assert (other_url != url, other_token != token) == (True, True)


@not_as_process("network")
def test_credentials_that_are_about_to_end_are_renewed_in_a_run(cases: Cases, boto: list[str], aws: AwsServer) -> None:
    aws.world.role_life = 30  # seconds, as if 59 minutes had passed
    script = "import boto3, time\nkept = boto3.Session().get_credentials()\n"
    script += "for _ in range(3): print(kept.get_frozen_credentials().token); time.sleep(0.1)"
    done = run(cases, aws, boto, "--", "python", "-c", script)
    numbers = [int(line.removeprefix("token-")) for line in done.text.split()]

    assert done.code == 0, done.err
    assert len(numbers) == 3
    assert 1 < numbers[0] < numbers[1] < numbers[2] == len(aws.calls_of("AssumeRole"))


def _asks(url: str, token: str) -> int:
    request = urllib.request.Request(url, headers={"Authorization": token} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
