"""What SDKs report out of containers, to the address that this machine has in the task's network."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.containers.backends import not_as_process
from tests.containers.cases import Cases
from tests.recording.emulator import KEY, SECRET, SESSION, Emulator, emulator

SENDS = """
import json, os, socket, sys
to = (os.environ["AWS_CSM_HOST"], int(os.environ["AWS_CSM_PORT"]))
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for token, operation in (one.split("=") for one in sys.argv[1:]):
    report = {"Version": 1, "ClientId": token or os.environ["AWS_CSM_CLIENT_ID"], "Type": "ApiCall", "Service": "S3",
              "Api": operation, "UserAgent": "aws-sdk-ruby3/3.2", "AccessKey": "AKIACANARY", "SessionToken": "CANARY"}
    sender.sendto(json.dumps(report).encode(), to)
"""


@pytest.fixture(scope="module")
def aws() -> Iterator[Emulator]:
    with emulator() as made:
        yield made


def sends(*reports: str) -> Sequence[str]:
    """A command that reports calls as an SDK does, and ends at once. ``=Get`` has the run's token."""
    return ("--", "python", "-c", SENDS, *reports)


def recorded(root: Path, batch: str = "plain") -> dict[str, int]:
    """The operations in the file, and how often each came; the file is taken away."""
    file = root / ".batchwright/permissions" / f"{batch}.json"
    text = file.read_text()
    file.unlink()
    assert not [canary for canary in ("CANARY", KEY, SECRET, SESSION) if canary in text]
    return {call["operation"]: call["count"] for call in json.loads(text)["calls"]}


@not_as_process("network")
def test_real_calls_to_s3_sqs_and_ses_are_recorded(cases: Cases, boto: list[str], aws: Emulator) -> None:
    given = [word for name, value in aws.variables.items() for word in ("-e", f"{name}={value}")]
    done = cases.run("plain", *boto, "--network", "host", *given, "--", "python", "/app/order_mail.py")

    assert done.code == 0, done.err
    assert recorded(cases.root) == {
        "GetObject": 2,
        "GetQueueUrl": 1,
        "ListObjectsV2": 1,
        "PutObject": 2,
        "SendEmail": 2,
        "SendMessage": 2,
    }


@not_as_process("network")
def test_the_last_report_before_the_end_is_not_lost(cases: Cases, boto: list[str]) -> None:
    many = [f"=Get{n}" for n in range(100)]
    done = cases.run("plain", *boto, *sends(*many))

    assert done.code == 0, done.err
    assert recorded(cases.root) == {f"Get{n}": 1 for n in range(100)}
    assert "S3.Get99" in done.err


@not_as_process("sidecars")
def test_a_task_of_several_containers_reports(cases: Cases, boto: list[str]) -> None:
    done = cases.run("outlived", *boto, *sends("=Get"))

    assert recorded(cases.root, "outlived") == {"Get": 1}, done.err


@not_as_process("network")
def test_the_way_is_proven_by_the_recorders_own_datagram_where_no_sdk_reports(cases: Cases, boto: list[str]) -> None:
    done = cases.run("plain", *boto, "--", "python", "-c", "")

    assert "NOTHING WAS RECORDED" in done.err
    assert "did not arrive" not in done.err


@not_as_process("network")
def test_without_a_way_it_is_said_and_nothing_is_reported_as_unused(cases: Cases, boto: list[str]) -> None:
    done = cases.run("plain", *boto, "--network", "none", "--", "python", "-c", "")

    assert "did not arrive at any address" in done.err
    assert "never used" not in done.err
