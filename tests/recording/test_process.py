"""A plain process under the recorder."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from tests.kit.command import Done, call
from tests.kit.projects import declared, make_project
from tests.recording.emulator import KEY, SECRET, SESSION, Emulator

APP = Path(__file__).parent / "app"
CANARIES = (KEY, SECRET, SESSION)
USED = ["s3:GetObject", "s3:ListBucket", "s3:PutObject", "ses:SendEmail", "sqs:GetQueueUrl", "sqs:SendMessage"]


def project(root: Path, *actions: str, command: tuple[str, ...] = (sys.executable, "order_mail.py")) -> Path:
    """A project whose batch is the sample, and may do this much."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    grants = [{"statement": statement, "at": "batches/order_mail/batch.py:20"}] if actions else []
    project = make_project(root, declared("order-mail", *command, access={"task": {"grants": grants}}))
    shutil.copytree(APP, root / "batches/order_mail/app", dirs_exist_ok=True)
    return project


def record(root: Path, aws: Emulator, *arguments: str) -> Done:
    variables = [word for name, value in aws.variables.items() for word in ("-e", f"{name}={value}")]
    return call(root, "run", "order-mail", "--local", "--record-permissions", *variables, *arguments)


def compared(root: Path) -> tuple[int, dict[str, Any]]:
    done = call(root, "permissions", "order-mail", "--json")
    return done.code, json.loads(done.text)["recorded"]


def names(grants: list[dict[str, Any]]) -> list[str]:
    return [grant["action"] for grant in grants]


def test_real_calls_are_recorded_none_is_allowed_and_keys_and_tokens_are_found_nowhere(
    tmp_path: Path, aws: Emulator
) -> None:
    done = record(project(tmp_path), aws)
    shown = call(tmp_path, "permissions", "order-mail").text
    files = [path for path in tmp_path.rglob("*") if path.is_file()]

    assert done.code == 0, done.err
    assert done.out == b"mailed new/1001\nmailed new/1002\n"
    code, report = compared(tmp_path)
    assert (code, names(report["used_and_not_allowed"])) == (1, USED)
    assert report["sdks"] == ["Boto3"]
    assert "Used and NOT allowed" in done.err
    for canary in CANARIES:
        assert canary not in done.err + done.text + shown
        assert [path for path in files if canary.encode() in path.read_bytes()] == []


FORGES = """
import json, os, socket
to = (os.environ["AWS_CSM_HOST"], int(os.environ["AWS_CSM_PORT"]))
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
report = {"Version": 1, "ClientId": "someone-else", "Type": "ApiCall", "Service": "IAM", "Api": "CreateUser"}
for data in (json.dumps(report).encode(), b"", b"\\xff" * 60000, b"[" * 60000, b"{}", b"null"):
    sender.sendto(data, to)
sender.sendto(json.dumps({**report, "ClientId": os.environ["AWS_CSM_CLIENT_ID"], "Api": "GetUser"}).encode(), to)
"""


def test_datagrams_of_others_are_ignored_and_counted(tmp_path: Path, aws: Emulator) -> None:
    done = record(project(tmp_path), aws, "--", sys.executable, "-c", FORGES)
    _, report = compared(tmp_path)

    assert done.code == 0, done.err
    assert names(report["used_and_not_allowed"]) == ["iam:GetUser"]
    assert "6 datagrams were no reports of this batch's SDKs, and were ignored" in done.err


def test_the_exit_code_is_the_batchs_own_whatever_was_recorded(tmp_path: Path, aws: Emulator) -> None:
    done = record(project(tmp_path), aws, "--", "sh", "-c", "exit 3")

    assert done.code == 3
    assert "NOTHING WAS RECORDED" in done.err


def test_a_record_that_cannot_be_used_is_said_before_anything_starts(tmp_path: Path, aws: Emulator) -> None:
    project(tmp_path)
    file = tmp_path / ".batchwright/permissions/order-mail.json"
    file.parent.mkdir(parents=True)
    file.write_text("{")
    done = record(tmp_path, aws)

    assert (done.code, done.out) == (125, b"")
    assert "Delete it, and record again" in done.err
