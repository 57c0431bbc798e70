"""EventBridge: rules, whether they are on, and where they send what they match."""

from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.world import World


def describe_rule(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeRule on the default bus."""
    name = body["Name"]
    if name not in world.rules:
        raise AwsError("ResourceNotFoundException", f"Rule {name} does not exist on EventBus default.")
    return {"Name": name, "Arn": world.arn("events", f"rule/{name}"), "State": world.rules[name]}


def list_targets_by_rule(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """ListTargetsByRule on the default bus, in one page."""
    name = body["Rule"]
    if name not in world.rules:
        raise AwsError("ResourceNotFoundException", f"Rule {name} does not exist on EventBus default.")
    return {"Targets": [{"Id": str(at), "Arn": arn} for at, arn in enumerate(world.targets.get(name, []))]}
