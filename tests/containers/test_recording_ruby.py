"""The AWS SDK for Ruby, really run under the recorder. It is here since .ci/run installs what the tests here need."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from batchwright_runner.workbench.permissions.datagrams import read_call
from tests.kit.command import call
from tests.kit.not_tried import unavailable
from tests.kit.projects import declared, make_project
from tests.recording.emulator import KEY, SECRET, SESSION, emulator

APP = Path(__file__).parents[1] / "recording/ruby"
HOW = "install it (Debian: apt-get install ruby-aws-sdk-s3)"


@pytest.fixture(scope="module")
def ruby() -> str:
    """Ruby, which has the SDK."""
    found = shutil.which("ruby")
    if found is None:
        unavailable("the AWS SDK for Ruby", "ruby is not on PATH", HOW)
    tried = subprocess.run([found, "-e", 'require "aws-sdk-s3"'], capture_output=True, text=True, check=False)
    if tried.returncode:
        unavailable("the AWS SDK for Ruby", "ruby cannot load aws-sdk-s3", HOW)
    return found


def test_its_calls_are_recorded_and_compared_and_its_keys_are_nowhere(ruby: str, tmp_path: Path) -> None:
    root = tmp_path
    access = {"task": {"grants": [{"statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}]}}
    make_project(root, declared("list-orders", ruby, "list_orders.rb", access=access))
    shutil.copytree(APP, root / "batches/list_orders/app", dirs_exist_ok=True)
    with emulator() as aws:
        given = [word for name, value in aws.variables.items() for word in ("-e", f"{name}={value}")]
        words = ["run", "list-orders", "--local", "--backend", "process", "--record-permissions"]
        done = call(root, *words, *given)
    text = (root / ".batchwright/permissions/list-orders.json").read_text()
    calls = {call["operation"]: (call["service"], call["count"], call["sdk"]) for call in json.loads(text)["calls"]}

    assert done.code == 0, done.err
    assert done.text.splitlines()[:2] == ["new/1001", "new/1002"]
    assert calls == {
        "ListObjectsV2": ("S3", 1, "aws-sdk-ruby3"),
        "GetObject": ("S3", 3, "aws-sdk-ruby3"),
        "HeadObject": ("S3", 1, "aws-sdk-ruby3"),
    }
    assert not [canary for canary in (KEY, SECRET, SESSION) if canary in text + done.err]
    assert "Recorded in 1 run, as reported by aws-sdk-ruby3" in done.err
    assert "permissions: 1 used and allowed, 1 used and NOT allowed" in done.err
    assert "s3:ListBucket   once, S3.ListObjectsV2" in done.err


def test_a_refusal_as_ruby_reports_it() -> None:
    # aws-sdk-core 3.212, plugins/client_metrics_plugin.rb: the class's last word, and the message, of the last attempt.
    report = {"Type": "ApiCall", "Service": "S3", "Api": "HeadObject", "ClientId": "t", "Version": 1, "AttemptCount": 1}
    report |= {
        "UserAgent": "aws-sdk-ruby3/3.212.0 ua/2.1",
        "FinalHttpStatusCode": 403,
        "FinalAwsException": "Forbidden",
    }
    found = read_call(json.dumps(report).encode(), "t")

    assert found is not None
    assert found.denied
