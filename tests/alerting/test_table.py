"""The table: what is written at once, and what is refused since something else has written meanwhile."""

from functools import partial

import pytest

from batchwright_runner.alerting.table import IN_HAND, LEASE_SECONDS, AlertTable, ConflictError
from batchwright_runner.contract.alerting.record import AlertRecord
from tests.alerting.direct import call
from tests.fake_aws.server import AwsServer
from tests.runner.contract.alerting.support import NOW


@pytest.fixture
def table() -> AlertTable:
    """An empty table."""
    aws = AwsServer()
    aws.put_table("alerts")
    return AlertTable(partial(call, aws.world), "alerts")


def keep(table: AlertTable, claim: str, record: AlertRecord) -> bool:
    return table.commit(claim, NOW, record=("daily-report", record))


def test_one_tick_goes_on_at_a_time(table: AlertTable) -> None:
    assert table.lease(NOW) == (NOW, NOW)
    assert table.lease(NOW + LEASE_SECONDS) is None
    later = NOW + LEASE_SECONDS + 1  # that tick has come to nothing
    assert table.lease(later) == (later, later)

    table.release(NOW, later)
    assert table.lease(later + 1) == (NOW, later)


def test_a_claim_that_is_in_hand_is_left_to_that_process_for_a_minute(table: AlertTable) -> None:
    assert table.take("end", NOW)
    with pytest.raises(ConflictError):
        table.take("end", NOW + IN_HAND)
    assert table.take("end", NOW + IN_HAND + 1)  # it has died
    assert keep(table, "end", AlertRecord())
    assert not table.take("end", NOW + 9000)


def test_a_claim_is_made_once(table: AlertTable) -> None:
    assert keep(table, "end", AlertRecord())
    assert not keep(table, "end", table.record("daily-report")[0])


def test_a_record_is_written_over_the_version_that_was_read_and_no_other(table: AlertTable) -> None:
    keep(table, "first", AlertRecord())
    with pytest.raises(ConflictError):
        keep(table, "second", AlertRecord())
    read, _ = table.record("daily-report")
    keep(table, "third", read)
    with pytest.raises(ConflictError):
        keep(table, "fourth", read)

    assert table.record("daily-report")[0].version == 2
