"""Runs that a batch's state machine has started, for stories."""

import json

from batchwright_runner.contract.ends import STEP_FUNCTIONS
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import ACCOUNT, REGION, sample_manifest
from tests.fake_aws.services import states
from tests.fake_aws.services.run_task import start
from tests.fake_aws.services.states import Execution

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:batches-staging-daily-report"
NAME = "3f0c6a52-9d1e-4c0e-8f55-0d4a3c1f7a11"
"""As EventBridge Scheduler names an execution: a UUID."""
KEPT = sample_manifest("daily-report", scheduler="aws", machine=MACHINE)


def begin(aws: AwsServer, *, task: bool = True, name: str = NAME) -> Execution:
    """Begins an execution of the machine, which has started a task or not."""
    execution = states.begin(aws.world, MACHINE, name)
    if task:
        start_a_task(aws, name)
    return execution


def start_a_task(aws: AwsServer, name: str = NAME) -> None:
    """Starts a task as the execution of that name does."""
    family = aws.world.families["batches-staging-daily-report"]
    body = {"startedBy": STEP_FUNCTIONS, "group": name, "tags": [{"key": "batchwright:batch", "value": "daily-report"}]}
    start(aws.world, KEPT.cluster, body, KEPT.task_definition, family)


def end(aws: AwsServer, execution: Execution, status: str, error: str = "", why: str = "") -> None:
    """Ends the execution, with a cause as our machines write it."""
    states.end(aws.world, execution, status, error, json.dumps({"why": why}) if why else "")
