import pytest

from tests.fake_aws import AwsServer
from tests.runner.host.params.support import deploy


@pytest.fixture
def stage(aws: AwsServer) -> AwsServer:
    """A stage with the batches in place, and no secret set."""
    deploy(aws)
    return aws
