"""What the change of a property means: that the resource is replaced, or that someone may do more. Pure."""

import json
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

NOT_COMPARED = "has another policy, which is not compared"


class Exposure(NamedTuple):
    """A property whose change is broader, since what it leads to is not compared."""

    # The types of resources, a pattern; empty for the template itself
    types: str
    # What the property, or a part of it, is called: patterns
    names: tuple[str, ...]
    says: str
    # So is a value where there was none
    come: bool = True
    gone: bool = False
    new: bool = False


_ANY = "?*"
_ROLES = ("*RoleArn", "*RoleARN", "Role", "ServiceRole", "IamInstanceProfile")
_POLICIES = ("PolicyDocument", "PolicyText", "*ResourcePolicy", "KeyPolicy", "*AccessPolic*", "*SystemPolicy", "Policy")
_MANAGED = ("Policies", "ManagedPolic*", "CustomerManagedPolic*")
_HOLDERS = ("Roles", "RoleName", "Users", "UserName", "Groups", "GroupName")
_SUBJECTS = ("Bucket", "Queues", "Topics", "SecretId", "EventBusName", "ResourceArn")
EXPOSURES = (
    Exposure(_ANY, ("PermissionsBoundary",), "has another permissions boundary", come=False, gone=True),
    Exposure("AWS::IAM::User", ("Groups",), "is in other groups", new=True),
    Exposure("AWS::IAM::UserToGroupAddition", ("Users", "GroupName"), "puts users into a group", new=True),
    Exposure("AWS::IAM::*Policy", _HOLDERS, "is attached to others"),
    Exposure("AWS::IAM::InstanceProfile", ("Roles",), "acts with another role"),
    Exposure("AWS::SSO::Assignment", ("PrincipalId",), "lets others sign in", new=True),
    Exposure("AWS::IAM::*Provider", ("*",), "lets others sign in", gone=True),
    Exposure("AWS::Lambda::*Permission", ("Principal",), "lets others use it", gone=True, new=True),
    Exposure("AWS::Lambda::*Permission", ("*",), "lets others use it", gone=True),
    Exposure("AWS::Lambda::Url", ("AuthType",), "lets others call it", gone=True, new=True),
    Exposure("AWS::Events::EventBusPolicy", ("Principal", "Condition"), "lets others use it", gone=True, new=True),
    Exposure("AWS::RAM::ResourceShare", ("Principals", "ResourceArns"), "lets others use it", new=True),
    Exposure("?*Policy", _SUBJECTS, "is the policy of others"),
    Exposure(_ANY, _ROLES, "acts with another role"),
    Exposure(_ANY, _POLICIES, NOT_COMPARED, gone=True, new=True),
    Exposure(_ANY, _MANAGED, NOT_COMPARED, new=True),
    Exposure(_ANY, ("PublicAccessBlock*", "BlockPublic*"), "may be open to the public", come=False, gone=True),
    Exposure(_ANY, ("AccessControl", "PubliclyAccessible"), "may be open to the public", gone=True, new=True),
    Exposure(_ANY, ("Scheme", "AuthorizationType"), "may be open to the public", gone=True),
    Exposure(_ANY, ("Condition",), "permissions may depend on it", come=False, gone=True),
    Exposure("AWS::CloudFormation::Stack", ("Parameters",), "permissions may depend on it", gone=True),
    Exposure("", ("Conditions", "Mappings", "Parameters"), "permissions may depend on it", gone=True),
)


def exposed(kind: str, path: str, old: object, new: object, *, is_new: bool = False) -> str:
    """What the change of a property means for who may do what; empty for nothing.

    `kind`: the resource's type; empty for the template itself.
    `path`: the property, ``ContainerDefinitions[main].Role``.
    """
    if isinstance(old, list) and isinstance(new, list) and all(item in old for item in new):
        return ""
    names = [part.partition("[")[0].partition(" ")[0] for part in path.split(".")]
    for exposure in EXPOSURES:
        counts = exposure.new if is_new else exposure.come if not old else exposure.gone if not new else True
        is_named = any(fnmatchcase(name, pattern) for name in names for pattern in exposure.names)
        if counts and is_named and fnmatchcase(kind, exposure.types):
            return exposure.says
    return ""


HARMLESS = frozenset({"AWS::ECS::TaskDefinition", "AWS::Lambda::Version", "AWS::Lambda::LayerVersion"})
"""Types of which a replacement is a new revision, and what uses the old one is not disturbed."""

_PLACE = re.compile(r"\[[^\]]*\]")


@lru_cache(maxsize=1)
def create_only() -> Mapping[str, frozenset[str]]:
    """Type to the properties that only a new resource can have otherwise, ``VolumeSpecification.Size``."""
    text = resources.files(__package__).joinpath("replacement.json").read_text(encoding="utf-8")
    return {type: frozenset(paths.split()) for type, paths in json.loads(text).items()}  # noqa: A001 - CloudFormation's word


def replacing(type: str, path: str) -> bool:  # noqa: A002 - CloudFormation's word
    """Whether a change of a property replaces the resource.

    `path`: the property, ``Policies[0].PolicyName``.
    """
    whole = _PLACE.sub("", path.removesuffix(" (order)"))
    parts = whole.split(".")
    begins = {".".join(parts[: place + 1]) for place in range(len(parts))}
    known = {path.replace(".*", "") for path in create_only().get(type, frozenset())}
    return bool(known & begins) or any(path.startswith(f"{whole}.") for path in known)
