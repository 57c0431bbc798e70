"""A stage with alerts is deployed, and tells of a failed run by its function.

It has an account of its own in the emulator. Each step goes on where the one before it ended.
"""

import json
import time
from collections.abc import Iterator

import pytest
from aws_cdk import Duration

from batchwright import Schedule
from batchwright.functions.package import name_of, package
from batchwright.order import put_after
from batchwright.testing import Template
from tests.e2e.account import Account
from tests.e2e.inbox import Inbox
from tests.library.support import app, batch, platform, stack, templates

ACCOUNT, REGION = "111111111111", "ap-northeast-1"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:batches-staging-report"
BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
CAPABILITY = ["CAPABILITY_NAMED_IAM"]
DEPLOYED_WITHIN = 120.0
"""Seconds for a stack."""


@pytest.fixture(scope="module")
def stage(emulator: str) -> Account:
    """An account as CDK's bootstrap leaves it, with the package in its bucket, which the CDK uploads."""
    account, (digest, packed) = Account(REGION, emulator, key=ACCOUNT), package()
    bucket = account.client("s3")
    bucket.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    bucket.put_object(Bucket=BUCKET, Key=f"{name_of(digest)}.zip", Body=packed)
    account.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")
    return account


@pytest.fixture(scope="module")
def inbox(stage: Account) -> Iterator[Inbox]:
    inbox = Inbox(stage)
    yield inbox
    inbox.close()


def declared() -> dict[str, Template]:
    """The stage's templates, by stack, in the order in which they are deployed."""
    home = app()
    first, ours = stack(home, "platform"), stack(home)
    put_after(ours, first)
    slack = {"channel": "#batches", "token": "batches/slack"}
    on = platform(first, alerts={"emails": ["sre@example.com"], "slack": slack})
    batch(ours, on, scheduler="aws", schedule=Schedule.daily("02:30"), expected=Duration.minutes(20))
    batch(ours, on, name="plain")
    return templates(home)


def uploaded(stage: Account, name: str, template: Template) -> str:
    """The address of a template in the bucket, as the CDK gives it: in a call there is room for 51,200 characters."""
    stage.client("s3").put_object(Bucket=BUCKET, Key=f"{name}.json", Body=json.dumps(template))
    return f"https://s3.{REGION}.amazonaws.com/{BUCKET}/{name}.json"


def ended(stage: Account, name: str) -> str:
    """The status of a stack that was being deployed, waited for."""
    until = time.monotonic() + DEPLOYED_WITHIN
    while time.monotonic() < until:
        (stack,) = stage.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            return str(stack["StackStatus"])
        time.sleep(0.2)
    return "still in progress"


def names(stage: Account, service: str, operation: str, where: str, name: str) -> set[str]:
    return {str(listed[name]).rpartition(":")[2] for listed in getattr(stage.client(service), operation)()[where]}


def test_it_is_deployed(stage: Account) -> None:
    for name, template in declared().items():
        url = uploaded(stage, name, template)
        stage.client("cloudformation").create_stack(StackName=name, TemplateURL=url, Capabilities=CAPABILITY)
        assert ended(stage, name) == "CREATE_COMPLETE"

    assert names(stage, "stepfunctions", "list_state_machines", "stateMachines", "name") == {"batches-staging-report"}
    assert names(stage, "sns", "list_topics", "Topics", "TopicArn") == {
        "batches-staging-messages",
        "batches-staging-alarms",
    }
    assert names(stage, "lambda", "list_functions", "Functions", "FunctionName") == {
        "batches-staging-alerts",
        "batches-staging-alerts-test",
        "batches-staging-slack",
        "batches-staging-machines",
    }


def test_a_failed_execution_becomes_a_mail(stage: Account, inbox: Inbox) -> None:
    inbox.confirm()
    stage.client("stepfunctions").start_execution(stateMachineArn=MACHINE, name="wrong", input='{"unknown":1}')

    assert inbox.next().startswith("usage: report in staging\n")


def test_a_test_goes_through_the_other_function(stage: Account, inbox: Inbox) -> None:
    asked = {"FunctionName": "batches-staging-alerts-test", "Payload": json.dumps({"by": "alice"})}
    answer = json.loads(stage.client("lambda").invoke(**asked)["Payload"].read())

    assert answer["told"] == ["SNS batches-staging-messages"]
    assert any(line.startswith("Slack #batches: the secret batches/slack cannot be read") for line in answer["untold"])
    assert inbox.next().startswith("test of the alerts of staging\n")
