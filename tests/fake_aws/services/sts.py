"""STS: who the caller is. Assumed credentials carry the account of their role in the access key."""

import re
from datetime import UTC, datetime
from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.world import World

ASSUMED = re.compile(r"ASIA(\d{12})")
ROLE = re.compile(r"arn:aws:iam::(\d{12}):role/(?:.*/)?([^/]+)")


def get_caller_identity(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetCallerIdentity. ``_key`` in the body is the access key of the request's signature."""
    assumed = ASSUMED.match(body.get("_key", ""))
    account = assumed[1] if assumed else world.account
    arn = f"arn:aws:sts::{account}:assumed-role/batches-runner/{world.session}"
    return {"Arn": arn, "UserId": f"AROATEST:{world.session}", "Account": account}


def assume_role(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """AssumeRole."""
    role = ROLE.fullmatch(body["RoleArn"])
    if not role:
        raise AwsError("ValidationError", f"{body['RoleArn']} is invalid")
    world.assumed += 1
    life = world.role_life or int(body.get("DurationSeconds", 3600))
    expires = datetime.fromtimestamp(world.clock() + life, UTC)
    session = body["RoleSessionName"]
    return {
        "Credentials": {
            "AccessKeyId": f"ASIA{role[1]}",
            "SecretAccessKey": "secret",
            "SessionToken": f"token-{world.assumed}",
            "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": f"AROATEST:{session}",
            "Arn": f"arn:aws:sts::{role[1]}:assumed-role/{role[2]}/{session}",
        },
    }
