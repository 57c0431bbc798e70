"""EventBridge: one-time schedules that stop a task; rules, whether they are on, and where they send what they match."""

import json
import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.fake_aws.errors import AwsError
from tests.fake_aws.world import World

AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
NAME = re.compile(r"[0-9a-zA-Z_.-]{1,64}")
STOP = "arn:aws:scheduler:::aws-sdk:ecs:stopTask"


def create_schedule(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """CreateSchedule. It takes only what stops a task once: ``at(...)`` and ecs:stopTask with a good input."""
    key = _key(world, body)
    if key in world.schedules:
        raise AwsError("ConflictException", f"Schedule {key[1]} already exists.", 409)
    if body.get("FlexibleTimeWindow", {}).get("Mode") != "OFF":
        raise _invalid("FlexibleTimeWindow must have the mode OFF for a one-time schedule")
    due = _due(body)
    _check_target(body.get("Target", {}))
    world.schedules[key] = {"request": body, "due": due, "created": world.clock()}
    return {"ScheduleArn": world.arn("scheduler", "schedule/{}/{}".format(*key))}


def get_schedule(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetSchedule."""
    key = _existing(world, body)
    schedule = world.schedules[key]
    return {
        **schedule["request"],
        "GroupName": key[0],
        "Arn": world.arn("scheduler", "schedule/{}/{}".format(*key)),
        "CreationDate": schedule["created"],
        "State": schedule["request"].get("State", "ENABLED"),
    }


def delete_schedule(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DeleteSchedule."""
    del world.schedules[_existing(world, body)]
    return {}


def _key(world: World, body: dict[str, Any]) -> tuple[str, str]:
    group, name = body.get("GroupName", "default"), body["Name"]
    if not NAME.fullmatch(name):
        raise _invalid(f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint")
    if group not in world.schedule_groups:
        raise AwsError("ResourceNotFoundException", f"Schedule group {group} does not exist.", 404)
    return group, name


def _existing(world: World, body: dict[str, Any]) -> tuple[str, str]:
    key = _key(world, body)
    if key not in world.schedules:
        raise AwsError("ResourceNotFoundException", f"Schedule {key[1]} does not exist.", 404)
    return key


def _due(body: dict[str, Any]) -> float:
    match = AT.fullmatch(body.get("ScheduleExpression", ""))
    if not match:
        raise _invalid(f"Invalid Schedule Expression {body.get('ScheduleExpression')}.")
    zone = ZoneInfo(body.get("ScheduleExpressionTimezone", "UTC"))
    return datetime.fromisoformat(match[1]).replace(tzinfo=zone).timestamp()


def _check_target(target: dict[str, Any]) -> None:
    if target.get("Arn") != STOP:
        raise _invalid(f"{target.get('Arn')} is not a target this server knows")
    if not str(target.get("RoleArn", "")).startswith("arn:"):
        raise _invalid("The execution role is missing")
    try:
        sent = json.loads(target.get("Input", ""))
    except ValueError:
        sent = None
    if not isinstance(sent, dict) or not {"Cluster", "Task"} <= sent.keys():
        raise _invalid("Invalid RequestJson provided. Reason: the input needs Cluster and Task")


def _invalid(text: str) -> AwsError:
    return AwsError("ValidationException", text)


def get_schedule_group(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetScheduleGroup."""
    if body["Name"] not in world.schedule_groups:
        raise AwsError("ResourceNotFoundException", f"Schedule group {body['Name']} does not exist.", 404)
    return {"Name": body["Name"], "State": "ACTIVE", "Arn": world.arn("scheduler", f"schedule-group/{body['Name']}")}


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
