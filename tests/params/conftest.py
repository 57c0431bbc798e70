from collections.abc import Iterator

import pytest

from tests.aws_server import AwsServer
from tests.aws_server.fixtures import ACCOUNT, REGION
from tests.params.support import deploy


@pytest.fixture
def stage() -> Iterator[AwsServer]:
    """A stage with the batches in place, and no secret set."""
    with AwsServer(account=ACCOUNT, region=REGION) as server:
        deploy(server)
        yield server
