"""A batch's page shows what it asks of others, where it runs, and what may be done with it."""

from typing import Any

import pytest

from batchwright_runner.workbench.page.batch_page import document_of
from batchwright_runner.workbench.page.writers.terminal import write
from tests.runner.workbench.page.site.support import batch

MAIN = {"name": "main", "image": "report:1", "readonlyRootFilesystem": True}
PROXY = {"name": "proxy", "image": "example.com/proxy:7"}
TASK = {
    "executionRoleArn": "arn:aws:iam::1:role/exec",
    "containerDefinitions": [MAIN, PROXY],
    "volumes": [{"name": "tmp"}, {"name": "out", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
}
DAILY = "30 2 * * * Asia/Tokyo"
SUBNETS, GROUPS = ("subnet-1", "subnet-2"), ("sg-1",)


@pytest.mark.parametrize(
    ("file", "manifest", "lines"),
    [
        ({"watch": {"alerts": {"off": True}}}, {}, ["alerts off: no message is sent about it"]),
        ({"watch": {"alerts": {"after_failures": 3, "lines": 0}}}, {}, ["after 3 failures in a row, with 0 lines"]),
        ({"watch": {"window_seconds": 900}}, {"schedule": DAILY}, ["window AWS starts it within 15m00s of its due"]),
        ({}, {"unfinished": "the bucket is not there yet"}, ["unfinished the bucket is not there yet"]),
        ({}, {"protected": True}, ["protected a person is asked before anything changes in this stage"]),
        (
            {},
            {"cluster": "night", "subnets": SUBNETS, "security_groups": GROUPS},
            ["cluster night", "subnets subnet-1, subnet-2", "groups sg-1", "public no address"],
        ),
        (
            {"task": TASK},
            {},
            [
                "sidecars proxy (example.com/proxy:7)",
                "root a read-only file system",
                "volumes tmp, out (fs-1)",
                "execution role arn:aws:iam::1:role/exec",
            ],
        ),
        ({"startable": ["command"]}, {}, ["Whoever may start its machine may run any command with its task role and"]),
    ],
)
def test_it_shows(file: dict[str, Any], manifest: dict[str, Any], lines: list[str]) -> None:
    known = batch(file=file, **manifest)

    text = " ".join(write(document_of(known), 200).split())

    assert [line for line in lines if line not in text] == []


def test_it_shows_what_the_execution_role_may() -> None:
    grant = {"statement": {"Effect": "Allow", "Action": "ssm:GetParameters", "Resource": "arn:aws:ssm:r:1:parameter/x"}}

    text = write(document_of(batch(file={"access": {"execution": {"grants": [grant]}}})), 200)

    assert "ECS starts it with the execution role, which may:" in text
    assert "Systems Manager: read on ssm:/x" in text
