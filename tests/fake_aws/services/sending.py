"""Where messages and measurements go: SNS's topics, SQS's queues, CloudWatch's metrics; and Lambda's functions.

A function answers what a test has given it; no code is executed.
"""

import hashlib
import json
import uuid
from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.world import World

SUBJECT = 100
TEXT = 256 * 1024
"""Characters of a subject and bytes of a message (SNS API reference, Publish, 2026-11)."""
BODY = 1024 * 1024
"""Bytes of a message in a queue (SQS quotas, 2026-11)."""


def publish(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """Publish to a topic. ``world.published`` keeps what was sent, its attributes as plain texts."""
    topic, text, subject = body["TopicArn"], body["Message"], body.get("Subject", "message")
    if topic not in world.topics:
        raise AwsError("NotFound", "Topic does not exist", 404)
    if len(text.encode()) > TEXT:
        raise AwsError("InvalidParameter", "Invalid parameter: Message too long")
    if not (1 <= len(subject) <= SUBJECT and subject.isascii() and subject.isprintable()):
        raise AwsError("InvalidParameter", "Invalid parameter: Subject")
    if body.get("MessageStructure") == "json" and "default" not in json.loads(text):
        raise AwsError(
            "InvalidParameter", "Invalid parameter: Message Structure - No default entry in JSON message body"
        )
    attributes = {}
    for key, name in body.items():
        if key.startswith("MessageAttributes.entry.") and key.endswith(".Name"):
            value = body.get(key.removesuffix("Name") + "Value.StringValue", "")
            if not value:
                text = f"The message attribute '{name}' must contain non-empty message attribute value"
                raise AwsError("ParameterValueInvalid", text)
            attributes[name] = value
    world.published.append({"topic": topic, "subject": body.get("Subject", ""), "text": text, "attributes": attributes})
    return {"MessageId": str(uuid.uuid4())}


def list_subscriptions_by_topic(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """ListSubscriptionsByTopic, of those that are not confirmed."""
    endpoints = [{"SubscriptionArn": "PendingConfirmation", "Endpoint": address} for address in world.unconfirmed]
    return {
        "Subscriptions": [{**endpoint, "TopicArn": body["TopicArn"], "Protocol": "email"} for endpoint in endpoints]
    }


def send_message(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """SendMessage. ``world.queues`` keeps the requests."""
    if body["QueueUrl"] not in world.queues:
        text = "The specified queue does not exist."
        raise AwsError("AWS.SimpleQueueService.NonExistentQueue", text)
    text = body["MessageBody"]
    if not 1 <= len(text.encode()) <= BODY:
        raise AwsError("InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter")
    world.queues[body["QueueUrl"]].append(body)
    # SQS's way to notice a damaged message.
    return {"MessageId": str(uuid.uuid4()), "MD5OfMessageBody": hashlib.md5(text.encode()).hexdigest()}


def put_metric_data(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """PutMetricData. ``world.metrics`` keeps each measurement with its namespace."""
    world.metrics += [{"Namespace": body["Namespace"], **datum} for datum in body["MetricData"]]
    return {}


def invoke(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """Invoke. ``world.functions`` has the answers: ``FunctionError`` or nothing, and the payload."""
    name = body["FunctionName"].rpartition(":")[2]
    if name not in world.functions:
        text = f"Function not found: {world.arn('lambda', f'function:{name}')}"
        raise AwsError("ResourceNotFoundException", text, 404)
    error, payload = world.functions[name]
    return {"FunctionError": error, "Payload": payload}
