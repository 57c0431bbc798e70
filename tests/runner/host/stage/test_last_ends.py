"""The last ends of batches, read from the alerts' table."""

from collections.abc import Mapping
from typing import Any

import pytest

from batchwright_runner.contract.last import Last
from batchwright_runner.contract.names import StageNames
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.stage.last_ends import AT_ONCE, Ask, last_end, last_ends
from tests.fake_aws.errors import AwsError
from tests.fake_aws.services import dynamodb
from tests.fake_aws.world import World

OF = StageNames("batches", "staging")
CALLS = {"get_item": dynamodb.get_item, "batch_get_item": dynamodb.batch_get_item}


def table(*names: str, answered: int = AT_ONCE) -> tuple[Ask, list[str]]:
    """What answers for the alerts' table with a record of each batch, and what is asked of it."""
    world, operations = World(clock=lambda: 0.0), list[str]()
    found = world.tables["batches-staging-alerts"] = dynamodb.DynamoTable(("kind", "name"), answered=answered)
    for name in names:
        key = {"kind": {"S": "record"}, "name": {"S": name}}
        found.items["record", name] = {**key, "last": {"S": Last(run=name).to_json()}, "state": {"S": "{}"}}

    def ask(service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        operations.append(f"{service}:{operation}")
        try:
            return CALLS[operation](world, parameters)
        except AwsError as error:
            raise ApiError(error.code, error.message) from error

    return ask, operations


def test_one_batchs_last_end_is_read_or_there_is_none() -> None:
    ask, _ = table("hello")

    assert last_end(ask, OF, "hello") == Last(run="hello")
    assert last_end(ask, OF, "other") is None


@pytest.mark.parametrize(("answered", "calls"), [(AT_ONCE, 3), (90, 3), (50, 5)])
def test_many_are_read_a_hundred_at_once_and_what_a_busy_table_leaves_is_asked_again(answered: int, calls: int) -> None:
    names = [f"batch-{number}" for number in range(250)]
    ask, operations = table(*names[:-1], answered=answered)

    assert dict(last_ends(ask, OF, [*names, names[0]])) == {name: Last(run=name).to_json() for name in names[:-1]}
    assert operations == ["dynamodb:batch_get_item"] * calls


def test_a_stage_without_alerts_knows_no_last_ends() -> None:
    ask, _ = table()

    assert last_end(ask, StageNames("batches", "production"), "hello") is None
    assert list(last_ends(ask, StageNames("batches", "production"), ["hello"])) == []
