"""Manifests of batches that are declared here."""

from typing import Any

from batchwright_runner.contract.manifest import BatchManifest


def manifest_data(batch: str = "hello", **changes: object) -> dict[str, Any]:
    """A valid manifest's JSON form."""
    return {
        "schema": 1,
        "runner": "0.1.0",
        "project": "batches",
        "stage": "local",
        "account": "111111111111",
        "region": "ap-northeast-1",
        "batch": batch,
        "description": "Says hello.",
        "owner": "platform-team",
        "cluster": "batches-local",
        "task_definition": f"arn:aws:ecs:ap-northeast-1:111111111111:task-definition/batches-local-{batch}:0",
        "container": "main",
        "essential": "",
        "subnets": "subnet-1",
        "log_group": f"/batches/local/{batch}",
        "log_stream_prefix": "run",
        "image": {"name": batch, "repository": f"r/batches/{batch}", "tag": "stage-local"},
        "timeout_seconds": 60,
        "stop_timeout_seconds": 2,
        **changes,
    }


def manifest(batch: str = "hello", **changes: object) -> BatchManifest:
    """A valid manifest."""
    return BatchManifest.from_dict(manifest_data(batch, **changes))
