"""What a batch's file says to an export."""

from typing import Any

import pytest

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.workbench.exports.job import job_of
from batchwright_runner.workbench.project.batches import DeclaredBatch
from tests.kit.manifests import manifest_data


@pytest.mark.parametrize(
    ("declared", "seconds"),
    [
        ({}, 600),
        ({"retries": 2}, 3 * 600),
        ({"retries": 2, "retry_delay_seconds": 300}, 3 * 600 + 2 * 300),
        ({"overlap": "wait", "overlap_wait_seconds": 60}, 60 + 600),
        ({"overlap": "wait", "retries": 1}, 600 + 2 * 600),
    ],
)
def test_how_long_a_run_takes_at_most(declared: dict[str, Any], seconds: int) -> None:
    manifest = BatchManifest.from_dict(manifest_data(timeout_seconds=600, **declared))
    batch = DeclaredBatch(manifest=manifest, task={}, parameters={}, package=None, source=None)

    assert job_of(batch).longest_seconds == seconds
