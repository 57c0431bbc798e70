"""Messages, measurements and functions, as the alerts' function and its callers use them."""

import json
from typing import Any

import pytest

from tests.fake_aws.account import Account, client, code_of

TOPIC = "arn:aws:sns:eu-west-1:111111111111:batches-staging-messages"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/111111111111/batches-staging-events-dead-letters"


def test_a_message_is_published_with_its_attributes(aws: Account) -> None:
    aws.server.world.topics.add(TOPIC)
    sns = client("sns", aws.server.url)
    owner = {"owner": {"DataType": "String", "StringValue": "finance"}}
    sns.publish(TopicArn=TOPIC, Subject="exit 3", Message="text & more", MessageAttributes=owner)
    (sent,) = aws.server.world.published
    assert (sent["subject"], sent["text"], sent["attributes"]) == ("exit 3", "text & more", {"owner": "finance"})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"TopicArn": TOPIC + "x"}, "NotFound"),
        ({"Subject": "two\nlines"}, "InvalidParameter"),
        ({"Subject": "x" * 101}, "InvalidParameter"),
        ({"Message": "x" * 262_145}, "InvalidParameter"),
        ({"Message": "{}", "MessageStructure": "json"}, "InvalidParameter"),
        ({"MessageAttributes": {"owner": {"DataType": "String", "StringValue": ""}}}, "ParameterValueInvalid"),
    ],
)
def test_a_message_that_sns_refuses(aws: Account, changes: dict[str, Any], code: str) -> None:
    aws.server.world.topics.add(TOPIC)
    publish = client("sns", aws.server.url).publish
    assert code_of(publish, **{"TopicArn": TOPIC, "Message": "text", **changes}) == code


def test_a_queue_keeps_what_was_sent(aws: Account) -> None:
    aws.server.world.queues[QUEUE] = []
    sqs = client("sqs", aws.server.url)
    why = {"why": {"DataType": "String", "StringValue": "no such channel"}}
    sqs.send_message(QueueUrl=QUEUE, MessageBody="{}", MessageAttributes=why)
    assert aws.server.world.queues[QUEUE][0]["MessageAttributes"] == why
    assert "NonExistentQueue" in code_of(sqs.send_message, QueueUrl=QUEUE + "x", MessageBody="{}")


@pytest.mark.parametrize("count", [1, 500])
def test_measurements_are_kept(aws: Account, count: int) -> None:
    aws.server.world.metrics.clear()
    data = [{"MetricName": "Runs", "Value": 1, "Dimensions": [{"Name": "batch", "Value": "x" * 40}]}] * count
    client("cloudwatch", aws.server.url).put_metric_data(Namespace="Batchwright", MetricData=data)
    assert len(aws.server.world.metrics) == count
    assert aws.server.world.metrics[0]["Namespace"] == "Batchwright"


def test_a_function_answers_what_it_was_given(aws: Account) -> None:
    aws.server.world.functions["batches-staging-alerts-test"] = ("", {"told": ["Slack #batches"]})
    function = client("lambda", aws.server.url)
    answered = function.invoke(FunctionName="batches-staging-alerts-test", Payload=json.dumps({"by": "alice"}))
    assert (json.load(answered["Payload"]), "FunctionError" in answered) == ({"told": ["Slack #batches"]}, False)
    assert aws.server.calls_of("Invoke")[0].body["Payload"] == {"by": "alice"}

    aws.server.world.functions["batches-staging-alerts-test"] = ("Unhandled", {"errorMessage": "boom"})
    assert function.invoke(FunctionName="batches-staging-alerts-test")["FunctionError"] == "Unhandled"
    assert code_of(function.invoke, FunctionName="other") == "ResourceNotFoundException"
