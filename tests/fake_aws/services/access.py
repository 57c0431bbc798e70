"""IAM's roles, KMS's keys, the secrets of Secrets Manager."""

import base64
import json
from typing import Any
from urllib.parse import quote

from tests.fake_aws.errors import AwsError
from tests.fake_aws.services.roles import Role
from tests.fake_aws.world import World


def get_role(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetRole."""
    name = body["RoleName"]
    role = _role(world, name)
    return {
        "Role": {
            "Path": "/",
            "RoleName": name,
            "RoleId": "AROATEST",
            "Arn": f"arn:aws:iam::{world.account}:role/{name}",
            "CreateDate": "2026-11-01T00:00:00Z",
            "AssumeRolePolicyDocument": quote(json.dumps(role.trust)),
        }
    }


def _role(world: World, name: str) -> Role:
    if name not in world.roles:
        raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)
    return world.roles[name]


def describe_key(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeKey."""
    name = body["KeyId"]
    if name not in world.keys:
        raise AwsError("NotFoundException", f"Alias {name} is not found.")
    state = world.keys[name]
    return {
        "KeyMetadata": {
            "KeyId": "00000000-0000-0000-0000-000000000000",
            "Arn": f"arn:aws:kms:{world.region}:{world.account}:key/00000000-0000-0000-0000-000000000000",
            "KeyState": state,
            "Enabled": state == "Enabled",
        }
    }


def describe_secret(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeSecret."""
    secret_id = body["SecretId"]
    # A part of an ARN, without the six characters that Secrets Manager adds, means the secret too.
    arn = next((secret for secret in world.secrets if secret in (secret_id, f"{secret_id}{secret[-7:]}")), "")
    if not arn:
        raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    deleted = world.secrets[arn]
    return {"ARN": arn, "Name": arn.rpartition(":")[2], **({"DeletedDate": deleted} if deleted else {})}


def get_secret_value(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetSecretValue: the current version's text, or that of another stage label."""
    arn, label = body["SecretId"], body.get("VersionStage", "AWSCURRENT")
    if world.secrets.get(arn):
        text = "You can't perform this operation on the secret because it was marked for deletion."
        raise AwsError("InvalidRequestException", text)
    if (arn, label) not in world.secret_texts:
        raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret value.")
    value = world.secret_texts[arn, label]
    shown = {"SecretString": value} if isinstance(value, str) else {"SecretBinary": base64.b64encode(value).decode()}
    return {"ARN": arn, "Name": arn.rpartition(":")[2], "VersionStages": [label], **shown}
