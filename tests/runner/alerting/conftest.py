"""The function's tests share a stage."""

from collections.abc import Iterator

import pytest

from tests.fake_aws.fixtures import ACCOUNT, REGION
from tests.fake_aws.server import AwsServer
from tests.runner.alerting.support import World
from tests.runner.contract.alerting.support import NOW


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A stage with one batch, deployed a day ago, and its alerts."""
    with AwsServer(account=ACCOUNT, region=REGION, clock=lambda: NOW - 86400) as aws:
        for name, value in aws.environ().items():
            monkeypatch.setenv(name, value)
        yield World(aws)
