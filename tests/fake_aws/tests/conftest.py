"""Fixtures of the server's own tests."""

from collections.abc import Iterator

import pytest

from tests.fake_aws.account import BEGINNING, Account, Clock
from tests.fake_aws.server import AwsServer


@pytest.fixture(scope="package")
def shared() -> Iterator[Account]:
    clock = Clock()
    with AwsServer(clock=clock) as server:
        account = Account(server, clock)
        yield account
        account.close()


@pytest.fixture
def aws(shared: Account) -> Account:
    """The account as if new: a sample batch is deployed, nothing has run, nothing is wrong."""
    shared.clock.now = BEGINNING
    shared.server.clear()
    shared.server.world.tags_guard_stop = False
    shared.deploy()
    return shared
