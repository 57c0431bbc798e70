"""What CloudFormation makes anew when a property of a resource changes."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

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

    Args:
        type: The resource's type.
        path: The property, ``Policies[0].PolicyName``.
    """
    whole = _PLACE.sub("", path.removesuffix(" (order)"))
    parts = whole.split(".")
    begins = {".".join(parts[: place + 1]) for place in range(len(parts))}
    known = {path.replace(".*", "") for path in create_only().get(type, frozenset())}
    return bool(known & begins) or any(path.startswith(f"{whole}.") for path in known)
