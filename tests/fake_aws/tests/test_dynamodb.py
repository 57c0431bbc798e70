"""Items of DynamoDB, read and changed as the alerts' function does."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fake_aws import faults
from tests.fake_aws.account import Account, code_of

NAME = "batches-staging-alerts"
RECORD = {"kind": {"S": "record"}, "name": {"S": "daily-report"}}
VERSION = {"#version": "version"}


@pytest.fixture(autouse=True)
def table(aws: Account) -> None:
    aws.server.put_table(NAME, {"kind": "record", "name": "daily-report", "version": 3, "last": "{}", "state": "old"})


def read(aws: Account) -> dict[str, Any]:
    found: dict[str, Any] = aws.dynamodb.get_item(TableName=NAME, Key=RECORD)["Item"]
    return found


def test_an_item_is_read_as_far_as_was_asked(aws: Account) -> None:
    asked = {"TableName": NAME, "ProjectionExpression": "#last", "ExpressionAttributeNames": {"#last": "last"}}
    assert aws.dynamodb.get_item(Key=RECORD, **asked)["Item"] == {"last": {"S": "{}"}}
    assert "Item" not in aws.dynamodb.get_item(Key={**RECORD, "name": {"S": "other"}}, **asked)
    assert code_of(aws.dynamodb.get_item, TableName="other", Key=RECORD) == "ResourceNotFoundException"


def test_a_batch_of_items_comes_in_an_order_of_its_own_and_some_another_time(aws: Account) -> None:
    table = aws.server.put_table(NAME, *({"kind": "record", "name": name} for name in "abc"))
    table.answered = 2
    keys = [{"kind": {"S": "record"}, "name": {"S": name}} for name in "abcd"]
    found = aws.dynamodb.batch_get_item(RequestItems={NAME: {"Keys": keys}})
    assert [item["name"]["S"] for item in found["Responses"][NAME]] == ["b", "a"]
    again = aws.dynamodb.batch_get_item(RequestItems=found["UnprocessedKeys"])
    assert ([item["name"]["S"] for item in again["Responses"][NAME]], again["UnprocessedKeys"]) == (["c"], {})
    assert code_of(aws.dynamodb.batch_get_item, RequestItems={NAME: {"Keys": [keys[0]] * 2}}) == "ValidationException"
    many = [{"kind": {"S": "record"}, "name": {"S": str(number)}} for number in range(101)]
    assert code_of(aws.dynamodb.batch_get_item, RequestItems={NAME: {"Keys": many}}) == "ValidationException"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("attribute_not_exists(kind)", False),
        ("attribute_exists(kind)", True),
        ("version = :v", True),
        ("version <> :v", False),
        ("version > :text", False),
        ("version >= :v AND version < :w", True),
        ("attribute_not_exists(kind) OR version BETWEEN :v AND :w", True),
        ("NOT (version = :v OR gone = :v) OR gone > :v", False),
        ("begins_with(#state, :text)", True),
        ("gone <> :v", True),
    ],
)
def test_a_change_is_made_if_its_condition_holds(aws: Account, condition: str, holds: bool) -> None:
    aws.server.put_table(NAME, {"kind": "record", "name": "daily-report", "version": 10, "state": "old news.."})
    values: dict[str, Any] = {":v": {"N": "10"}, ":w": {"N": "11"}, ":text": {"S": "old"}}
    used: dict[str, Any] = {
        "ExpressionAttributeValues": {name: value for name, value in values.items() if name in condition},
        "ExpressionAttributeNames": {"#state": "state"} if "#state" in condition else {},
    }
    request = {"TableName": NAME, "Item": RECORD, "ConditionExpression": condition}
    request |= {name: table for name, table in used.items() if table}
    if holds:
        aws.dynamodb.put_item(**request)
        assert read(aws) == RECORD
    else:
        assert code_of(aws.dynamodb.put_item, **request) == "ConditionalCheckFailedException"
        assert "version" in read(aws)


def test_a_failed_condition_can_show_the_item(aws: Account) -> None:
    with pytest.raises(ClientError) as caught:
        aws.dynamodb.delete_item(
            TableName=NAME,
            Key=RECORD,
            ConditionExpression="version = :v",
            ExpressionAttributeValues={":v": {"N": "4"}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert caught.value.response["Item"]["version"] == {"N": "3"}  # type: ignore[typeddict-item]
    aws.dynamodb.delete_item(TableName=NAME, Key=RECORD)
    assert "Item" not in aws.dynamodb.get_item(TableName=NAME, Key=RECORD)


def test_an_update_reads_the_item_as_it_was(aws: Account) -> None:
    updated = aws.dynamodb.update_item(
        TableName=NAME,
        Key=RECORD,
        UpdateExpression="SET version = version + :one, tries = version REMOVE #x",
        ExpressionAttributeNames={"#x": "last"},
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    assert (updated["version"], updated["tries"]) == ({"N": "4"}, {"N": "3"})
    assert "last" not in updated


@pytest.mark.parametrize(
    "request_",
    [
        {"ConditionExpression": "name = :v", "ExpressionAttributeValues": {":v": {"S": "x"}}},
        {"ConditionExpression": "version = :v"},
        {"ConditionExpression": "version = :v", "ExpressionAttributeValues": {":v": {"N": "1"}, ":w": {"N": "1"}}},
        {"ConditionExpression": "version = ", "ExpressionAttributeValues": {":v": {"N": "1"}}},
        {"ConditionExpression": "is_new(version)"},
        {"ConditionExpression": "attribute_exists(version)", "ExpressionAttributeNames": VERSION},
        {"Item": {"kind": {"S": "record"}}},
        {"Item": {**RECORD, "name": {"S": ""}}},
        {"Item": {**RECORD, "state": {"S": "x" * 410_000}}},
    ],
)
def test_a_request_that_aws_would_refuse(aws: Account, request_: dict[str, Any]) -> None:
    assert code_of(aws.dynamodb.put_item, **{"TableName": NAME, "Item": RECORD, **request_}) == "ValidationException"


def names(found: dict[str, Any]) -> list[str]:
    return [item["name"]["S"] for item in found["Items"]]


def test_a_query_reads_a_part_of_one_partition_in_its_order_page_by_page(aws: Account) -> None:
    items = [{"kind": "pending", "name": f"2027-01-15T08:0{minute}", "n": minute} for minute in (3, 1, 2, 4)]
    aws.server.put_table(NAME, {"kind": "record", "name": "x"}, *items)
    asked: dict[str, Any] = {
        "TableName": NAME,
        "KeyConditionExpression": "kind = :kind AND #name <= :now",
        "ExpressionAttributeNames": {"#name": "name"},
        "ExpressionAttributeValues": {":kind": {"S": "pending"}, ":now": {"S": "2027-01-15T08:03"}},
        "Limit": 2,
    }
    first = aws.dynamodb.query(**asked)
    assert names(first) == ["2027-01-15T08:01", "2027-01-15T08:02"]
    second = aws.dynamodb.query(**asked, ExclusiveStartKey=first["LastEvaluatedKey"])
    assert (names(second), "LastEvaluatedKey" in second) == (["2027-01-15T08:03"], False)
    assert names(aws.dynamodb.query(**asked, ScanIndexForward=False))[0] == "2027-01-15T08:03"
    between = {**asked, "KeyConditionExpression": "kind = :kind AND #name BETWEEN :now AND :now"}
    assert names(aws.dynamodb.query(**between)) == ["2027-01-15T08:03"]
    filtered = aws.dynamodb.query(
        **{**asked, "ExpressionAttributeValues": {**asked["ExpressionAttributeValues"], ":n": {"N": "2"}}},
        FilterExpression="n = :n",
    )
    assert (names(filtered), filtered["ScannedCount"]) == (["2027-01-15T08:02"], 2)
    without = {**asked, "KeyConditionExpression": "#name <= :now AND n = :kind"}
    assert code_of(aws.dynamodb.query, **without) == "ValidationException"


def transaction(version: str, *more: dict[str, Any]) -> list[dict[str, Any]]:
    put = {
        "TableName": NAME,
        "Item": {**RECORD, "version": {"N": "4"}},
        "ConditionExpression": "version = :v",
        "ExpressionAttributeValues": {":v": {"N": version}},
    }
    claim = {"kind": {"S": "claim"}, "name": {"S": "arn"}}
    first = {"TableName": NAME, "Item": claim, "ConditionExpression": "attribute_not_exists(kind)"}
    return [{"Put": first}, {"Put": put}, *more]


def reasons(caught: pytest.ExceptionInfo[ClientError]) -> list[str]:
    assert caught.value.response["Error"]["Code"] == "TransactionCanceledException"
    return [reason["Code"] for reason in caught.value.response["CancellationReasons"]]


def test_a_transaction_is_made_whole_or_not_at_all(aws: Account) -> None:
    with pytest.raises(ClientError) as caught:
        aws.dynamodb.transact_write_items(TransactItems=transaction("7"))
    assert reasons(caught) == ["None", "ConditionalCheckFailed"]
    assert len(aws.server.world.tables[NAME].items) == 1

    aws.dynamodb.transact_write_items(TransactItems=transaction("3"))
    assert read(aws)["version"] == {"N": "4"}
    with pytest.raises(ClientError) as caught:
        aws.dynamodb.transact_write_items(TransactItems=transaction("3"))
    assert reasons(caught) == ["ConditionalCheckFailed", "ConditionalCheckFailed"]
    twice = transaction("4", {"Delete": {"TableName": NAME, "Key": RECORD}})
    assert code_of(aws.dynamodb.transact_write_items, TransactItems=twice) == "ValidationException"


def test_a_transaction_whose_answer_was_lost_is_made_once(aws: Account) -> None:
    token = {"ClientRequestToken": "the-same"}
    aws.dynamodb.transact_write_items(TransactItems=transaction("3"), **token)
    aws.dynamodb.transact_write_items(TransactItems=transaction("3"), **token)
    other = transaction("4")
    assert (
        code_of(aws.dynamodb.transact_write_items, TransactItems=other, **token)
        == "IdempotentParameterMismatchException"
    )
    aws.clock.advance(601)
    assert (
        code_of(aws.dynamodb.transact_write_items, TransactItems=transaction("3"), **token)
        == "TransactionCanceledException"
    )


def test_a_write_meets_somebody_elses_transaction_or_a_table_that_throttles(aws: Account) -> None:
    aws.server.faults("TransactWriteItems", faults.conflict(), faults.throttled())
    with pytest.raises(ClientError) as caught:
        aws.dynamodb.transact_write_items(TransactItems=transaction("3"))
    assert reasons(caught) == ["TransactionConflict", "None"]
    assert code_of(aws.dynamodb.transact_write_items, TransactItems=transaction("3")) == "ThrottlingException"
    aws.server.faults("PutItem", faults.conflict())
    assert code_of(aws.dynamodb.put_item, TableName=NAME, Item=RECORD) == "TransactionConflictException"
    assert read(aws)["version"] == {"N": "3"}
