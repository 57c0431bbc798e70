"""By which region's prices a batch is priced. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Priced:
    """The region whose prices are taken.

    Attributes:
        region: The region; empty for that of the manifest.
        why: Why it is that one, where no stage was asked for; empty for that of the manifest.
    """

    region: str = ""
    why: str = ""


def of_stages(stages: object, otherwise: str) -> Priced:
    """The region of a batch that was asked for in no stage: that of the project's first stage.

    Args:
        stages: The stages of cdk.json, as they are written there: name to an object with ``region``.
        otherwise: The region where none of them says one.
    """
    known = {str(name): region for name, stage in _mapping(stages).items() if (region := _mapping(stage).get("region"))}
    if not known:
        return Priced(otherwise, f"{otherwise} is assumed: cdk.json says no stage's region")
    region = str(next(iter(known.values())))
    here = [name for name, one in known.items() if one == region]
    told = f"{region}, where {' and '.join(here)} {'is' if len(here) == 1 else 'are'}"
    others = [f"{name} is in {one}" for name, one in known.items() if one != region]
    return Priced(region, f"{told}; {', '.join(others)}: add -s STAGE" if others else told)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
