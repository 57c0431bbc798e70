"""EventBridge: rules, and whether they are on."""

from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.world import World


def describe_rule(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeRule on the default bus."""
    name = body["Name"]
    if name not in world.rules:
        raise AwsError("ResourceNotFoundException", f"Rule {name} does not exist on EventBus default.")
    return {"Name": name, "Arn": world.arn("events", f"rule/{name}"), "State": world.rules[name]}
