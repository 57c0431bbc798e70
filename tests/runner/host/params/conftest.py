from collections.abc import Iterator

import pytest

from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import ACCOUNT, REGION
from tests.runner.host.params.support import deploy


@pytest.fixture
def stage() -> Iterator[AwsServer]:
    """A stage with the batches in place, and no secret set."""
    with AwsServer(account=ACCOUNT, region=REGION) as server:
        deploy(server)
        yield server
