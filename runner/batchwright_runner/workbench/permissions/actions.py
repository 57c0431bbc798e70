"""AWS's list of IAM actions of the services that a batch has to do with, as ``docs/generate_actions.py`` writes it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

_WILDCARDS = {"*": ".*", "?": "."}
"""What stands for any text, and for any character, in an action or an ARN."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service."""

    # What its actions begin with: ``s3``
    prefix: str
    name: str
    # What the SDKs call it: ``S3``, ``SESv2``
    ids: tuple[str, ...]
    anywhere: frozenset[str]
    # Action, without the prefix, to AWS's access level: Read, List, Write, Tagging, Permissions management
    levels: Mapping[str, str]


@lru_cache(maxsize=1)
def services() -> Mapping[str, Service]:
    """The services by prefix."""
    data = json.loads(resources.files(__package__).joinpath("actions.json").read_text(encoding="utf-8"))
    return {
        prefix: Service(
            prefix,
            facts["name"],
            tuple(facts["ids"]),
            frozenset(facts["anywhere"].split()),
            {action: level for level, actions in facts["levels"].items() for action in actions.split()},
        )
        for prefix, facts in data.items()
    }


@lru_cache(maxsize=1)
def by_id() -> Mapping[str, Service]:
    """The services by what the SDKs call them."""
    return {id.casefold(): service for service in services().values() for id in service.ids}


def service_of(action: str) -> str:
    """The prefix of an action, in small letters; empty for a bare ``*``."""
    return action.partition(":")[0].lower() if ":" in action else ""


def service_name(prefix: str) -> str:
    """The service's name for people."""
    service = services().get(prefix)
    return service.name if service else prefix or "every service"


def is_wild(text: str) -> bool:
    """Whether an action or an ARN stands for several."""
    return not _WILDCARDS.keys().isdisjoint(text)


def known(action: str) -> str:
    """The action as AWS spells it; empty where the list does not have it."""
    service = services().get(service_of(action))
    wanted = action.partition(":")[2].lower()
    levels = service.levels if service else ()
    return next((f"{service_of(action)}:{level}" for level in levels if level.lower() == wanted), "")


def no_resource(action: str) -> bool:
    """Whether AWS's list has no resource type for an action, so that a policy can allow it on ``*`` alone."""
    service = services().get(service_of(action))
    return service is not None and action.partition(":")[2] in service.anywhere


def expand(action: str) -> list[str]:
    """The known actions that an action of a policy means. One without a wildcard means itself."""
    if not is_wild(action):
        return [known(action) or action]
    names = (f"{service.prefix}:{name}" for service in services().values() for name in service.levels)
    return [*filter(pattern(action).fullmatch, names)]


def levels_of(*actions: str) -> list[str]:
    """The access levels of what actions of a policy mean; empty where that is not known."""
    names = [name for action in actions for name in expand(action) if service_of(name) in services()]
    levels = {services()[service_of(name)].levels.get(name.partition(":")[2], "") for name in names}
    return [level for level in ("Read", "List", "Write", "Tagging", "Permissions management") if level in levels]


@lru_cache(maxsize=4096)
def pattern(text: str) -> re.Pattern[str]:
    """What an action of a policy matches. IAM does not tell capitals from small letters in actions."""
    parts = (_WILDCARDS.get(character) or re.escape(character) for character in text)
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)
