from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import ACCOUNT, REGION, sample_manifest
from tests.fake_aws.services.oci_registry import OciRegistry
from tests.runner.workbench.images.support import Bench, reports


@pytest.fixture
def stage() -> Iterator[AwsServer]:
    """A stage with two batches that share an image, and a registry where blobs can be read."""
    with AwsServer(account=ACCOUNT, region=REGION) as server, OciRegistry(server.world.images):
        server.deploy(sample_manifest("daily-report"))
        server.deploy(sample_manifest("weekly-report"))
        reports(server)
        yield server


@pytest.fixture
def bench(stage: AwsServer, tmp_path: Path) -> Bench:
    return Bench(stage, tmp_path)
