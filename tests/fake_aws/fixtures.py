"""What tests that need the server share: ``from tests.fake_aws.fixtures import aws`` in a test or a conftest."""

from collections.abc import Iterator
from typing import Any

import pytest

from batchwright_runner.contract.manifest import BatchManifest, Deadline, ImageReference
from tests.fake_aws.server import AwsServer

ACCOUNT = "111111111111"
REGION = "eu-west-1"


def sample_manifest(batch: str = "daily-report", **changes: Any) -> BatchManifest:  # noqa: ANN401 - any field's type
    """A deployed batch's manifest, with the names a real one has; ``changes`` replaces fields."""
    family = f"batches-staging-{batch}"
    fields: dict[str, Any] = {
        "project": "batches",
        "stage": "staging",
        "account": ACCOUNT,
        "region": REGION,
        "batch": batch,
        "description": "Mails yesterday's sales to the finance team.",
        "owner": "finance-systems",
        "cluster": "batches-staging",
        "task_definition": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{family}:7",
        "container": "main",
        "essential": (),
        "subnets": ("subnet-0a1b2c3d", "subnet-4e5f6a7b"),
        "security_groups": ("sg-0a1b2c3d",),
        "log_group": f"/batches/staging/{batch}",
        "log_stream_prefix": "run",
        "history_log_group": "/batches/staging/platform/runs",
        "image": ImageReference(
            name="reports",
            repository=f"333333333333.dkr.ecr.{REGION}.amazonaws.com/batches/reports",
            tag="stage-staging",
        ),
        "timeout_seconds": 1800,
        "timezone": "UTC",
        "deadline": Deadline(group="batches-staging", role=f"arn:aws:iam::{ACCOUNT}:role/batches-staging-deadline"),
    }
    return BatchManifest(**{**fields, **changes})


@pytest.fixture
def aws() -> Iterator[AwsServer]:
    """A server of its own for one test."""
    with AwsServer(account=ACCOUNT, region=REGION) as server:
        yield server
